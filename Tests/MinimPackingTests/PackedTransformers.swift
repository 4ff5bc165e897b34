// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimLearning
import MinimModels
import MinimPacking
import MinimSeries
import MinimTensor
import Testing

/// A transformer detector at its random start, with norms other than the plain ones, over the machine sample.
struct PackedTransformer: Sendable, CustomTestStringConvertible {
  /// What it is, in a few words.
  let testDescription: String
  let configuration: StepTransformerDetector.Configuration

  private init(
    _ name: String, window: Int = 15, width: Int = 16, heads: Int = 2, layers: Int = 2,
    feed: Int = 20, norm: TransformerNorm = .none,
    positions: TransformerConfiguration.Positions = .sinusoid,
    looks: TransformerConfiguration.Looks = .everywhere, predicts: Bool = false,
    _ binarisation: Binarisation? = nil
  ) {
    testDescription = name
    configuration = .init(
      encoder: .init(
        inputs: 4, width: width, heads: heads, layers: layers, feedForward: feed, steps: window,
        norm: norm, positions: positions, looks: looks), predicts: predicts,
      binarisation: binarisation)
  }

  /// Those whose earlier rows go through the encoder once.
  static let sets = [
    Self("set", window: 17, width: 18, heads: 3, norm: .token, positions: .none, looks: .lastStep),
    Self("set of two, predicts", window: 2, positions: .none, looks: .lastStep, predicts: true),
    Self(
      "binary set", window: 50, feed: 33, positions: .none, looks: .lastStep,
      Binarisation(keep: 0.5, seed: 5)),
    Self(
      "binary set of normal weights, predicts", width: 22, layers: 3, positions: .none,
      looks: .lastStep, predicts: true, Binarisation(keep: 0.25, weights: .kaimingNormal)),
  ]

  static let all =
    sets + [
      Self("dense"), Self("one row", window: 1),
      Self("dense, learned", window: 50, width: 10, heads: 1, norm: .token, positions: .learned),
      Self("dense, nowhere", window: 17, width: 12, heads: 3, positions: .none),
      Self("more rows than a tile", window: 300, width: 4, heads: 1, layers: 1, feed: 5),
      Self("last step", window: 17, width: 6, heads: 3, feed: 7, looks: .lastStep),
      Self(
        "last step, learned, predicts", norm: .token, positions: .learned, looks: .lastStep,
        predicts: true),
      Self("predicts", width: 14, heads: 1, predicts: true),
      Self("predicts from one", window: 2, norm: .token, positions: .learned, predicts: true),
      Self(
        "binary", window: 15, width: 20, positions: .learned,
        Binarisation(keep: 0.1, trainsBiases: true, seed: 9)),
      Self(
        "binary, normal weights", norm: .token, Binarisation(keep: 0.5, weights: .kaimingNormal)),
      Self("binary, predicts", layers: 1, predicts: true, Binarisation(keep: 0.25)),
      Self(
        "binary but for its ends", width: 18, heads: 3, looks: .lastStep,
        Binarisation(keep: 0.25, trainsBiases: true, dense: ["encoder.embedding", "decoder"])),
      Self(
        "binary but for a layer", looks: .lastStep,
        Binarisation(keep: 0.5, dense: ["encoder.layers.0"])),
    ]

  static func named(_ name: String) -> Self? { all.first { $0.testDescription == name } }

  /// The detector, and what it is packed with.
  func made() throws -> MadeTransformer { try MadeTransformer(configuration) }
}

/// A detector with rows to pack it by.
struct MadeTransformer {
  let train: Recording
  let test: Recording
  let scaler: RangeScaler
  var detector: StepTransformerDetector

  init(_ configuration: StepTransformerDetector.Configuration) throws {
    var generator = SeededGenerator(seed: 7)
    let problem = MachineSample.problem(
      trainRows: 200, testRows: 100, segments: 1, using: &generator)
    train = problem.train
    test = problem.test ?? problem.train
    scaler = try RangeScaler(train)
    detector = StepTransformerDetector(configuration, using: &generator)
    detector.visitParameters(under: .root) { path, tensor in
      if path.description.contains("norm") {
        tensor = tensor + .uniform(in: -0.4...0.4, shape: tensor.shape, using: &generator)
      }
    }
  }

  func packed(_ precision: Precision = .float32, bare: Bool = false) throws -> PackedDetector {
    let scores = detector.scores(of: try scaler.apply(to: train).recording).scores
    return try pack(
      detector, scaler: scaler, trainedOn: train, calibration: Array(scores[120...]),
      precision: precision, bare: bare)
  }

  /// The parts of the test rows' channels by the network, magnitudes of signs as float16.
  func testParts() throws -> [Float] {
    var network = detector.network.effective
    let configuration = detector.configuration
    network.visitParameters(under: .root) { path, tensor in
      guard configuration.binarisation != nil, tensor.rank > 1 else { return }
      let sizes = Set(tensor.scalars.filter { $0 != 0 }.map(abs))
      guard sizes.count == 1, let size = sizes.first else { return }
      let rounded = Float(Float16(size))
      tensor = Tensor(
        tensor.scalars.map { $0 == 0 ? 0 : $0 > 0 ? rounded : -rounded }, shape: tensor.shape)
    }
    let rows = try scaler.apply(to: test).recording
    let windows = Windows(rows, for: configuration).tensor(of: 0..<rows.count)
      .reshaped(to: [rows.count, configuration.window, rows.channels])
    return zip(network(windows).scalars, rows.values).map { ($0 - $1) * ($0 - $1) }
  }
}

/// A classifier with norms other than the plain ones, calibrated on the cases to learn from.
func calibrated<Model: StoredClassifier<Float>>(
  _ model: Model, _ cases: LearningCases, using generator: inout SeededGenerator
) -> Model {
  var model = model
  model.visitParameters(under: .root) { path, tensor in
    if path.description.contains("norm") {
      tensor = tensor + .uniform(in: -0.4...0.4, shape: tensor.shape, using: &generator)
    }
  }
  let (series, lengths) = cases.train.batch(Array(0..<cases.train.caseCount))
  model.calibrate(series, lengths: lengths)
  return model
}
