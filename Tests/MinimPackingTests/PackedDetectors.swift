// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimHost
import MinimLearning
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// A detector trained on the machine sample, as it is packed.
struct PackedDetectors {
  /// The presets that there are operations for.
  static let names = ["pca", "onlad", "usad", "lstm-ae", "iforest", "gon", "gon-free"]

  let problem: DetectionProblem
  let scaler: RangeScaler
  let detector: any Detector
  /// Scores of the last 300 training rows, which no detector learned from.
  let calibration: [Double]

  init(_ name: String, rows: Int = 1200, epochs: Int = 2, window: Int? = nil) throws {
    var generator = SeededGenerator(seed: 3)
    problem = MachineSample.problem(
      trainRows: rows, testRows: 800, segments: 5, using: &generator)
    scaler = try RangeScaler(problem.train)
    let train = try scaler.apply(to: problem.train).recording
    let preset = try #require(DetectorPreset.named(name))
    let hidden = ["gon", "gon-free"].contains(name) ? 16 : nil
    var made = try #require(
      preset.detector(
        channels: train.channels, sizes: DetectorSizes(window: window, hidden: hidden),
        using: &generator))
    var plan = preset.plan
    plan.epochs = min(plan.epochs, epochs)
    func fit(_ detector: inout some Detector) throws {
      let configuration = detector.configuration
      try detector.fit(
        Windows(train.rows(0..<rows - 300), for: configuration),
        held: Windows(train.rows(rows - 300..<rows), for: configuration), plan: plan,
        progress: Progress("test", total: plan.epochs, unit: "epoch", quiet: true))
    }
    try fit(&made)
    detector = made
    calibration = Array(made.scores(of: train).scores[(rows - 300)...])
  }

  func packed(
    _ precision: Precision = .float32, alarm: AlarmChoice = AlarmChoice(), bare: Bool = false
  ) throws -> PackedDetector {
    try pack(
      detector, scaler: scaler, trainedOn: problem.train, calibration: calibration,
      precision: precision, alarm: alarm, bare: bare)
  }

  /// The test rows' scores by the detector itself.
  func testScores() throws -> RowScores {
    detector.scores(of: try scaler.apply(to: try #require(problem.test)).recording)
  }
}

/// What a packed detector says of each row, from the beginning of a stream.
struct StreamedDetector {
  var scores: [Float] = []
  var thresholds: [Double] = []
  var alarms: [Bool] = []
  /// The three channels of the largest parts of each row.
  var channels: [[Int]] = []
  /// The parts of each row.
  var parts: [[Float]] = []

  init(_ session: inout DetectorSession<PlainKernels>, _ rows: Recording) {
    for row in 0..<rows.count {
      let sample = Array(rows.row(row))
      #expect(session.step(sample) == .ready)
      scores.append(session.score)
      thresholds.append(session.threshold)
      alarms.append(session.isAlarm)
      var places = [0, 0, 0]
      let found = places.withUnsafeMutableBufferPointer { session.responsibleChannels($0) }
      channels.append(Array(places[..<found]))
      parts.append(
        session.parts.map { Array(UnsafeBufferPointer(start: $0, count: rows.channels)) } ?? [])
    }
  }
}

/// Calls `body` with a detector session of a model file.
func withDetectorSession<Result>(
  _ bytes: [UInt8], _ body: (inout DetectorSession<PlainKernels>) throws -> Result
) throws -> Result {
  try withAlignedBytes(bytes) { bytes in
    let model = try Model(bytes)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: model.detectorMemoryBytes, alignment: 8)
    defer { memory.deallocate() }
    var session = try DetectorSession<PlainKernels>(model, memory: memory)
    return try body(&session)
  }
}
