// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimTensor
import Testing

/// A teacher for 2 channels, 16 rows and 3 to come, at a size at which gradients are checked quickly.
enum CheckedTeacher: String, CaseIterable, CustomTestStringConvertible {
  case inverted, patches, convolutions

  var testDescription: String { rawValue }

  func make<S: TensorScalar>(_: S.Type, dropout: Double = 0, seed: UInt64 = 1) -> any Forecaster<S>
  {
    var generator = SeededGenerator(seed: seed)
    return switch self {
    case .inverted:
      InvertedTransformer<S>(
        .init(
          channels: 2, lookback: 16, horizon: 3, width: 4, layers: 2, heads: 2, feedForward: 6,
          dropout: dropout), using: &generator)
    case .patches:
      PatchTransformer<S>(
        .init(
          channels: 2, lookback: 16, horizon: 3, width: 4, layers: 2, heads: 2, feedForward: 6,
          dropout: dropout), using: &generator)
    case .convolutions:
      ModernTCN<S>(
        .init(
          channels: 2, lookback: 16, horizon: 3, width: 3, ratio: 2, blocks: 2, dropout: dropout),
        using: &generator)
    }
  }

  /// The numbers that a pass in training of two windows with marks may drop.
  var droppable: Int {
    switch self {
    case .inverted: 2 * 6 * (4 + 2 * (4 + 6 + 4))
    case .patches: 4 * (2 * (4 + 2 * (4 + 6 + 4)) + 3)
    case .convolutions: 2 * 2 * (2 * 2 * 3 * 4 + 2 * 3 * 4) * 2
    }
  }
}

/// What every teacher must do.
@Suite struct TeacherTests {
  private func windows<S: TensorScalar>(_: S.Type, _ count: Int = 2) -> LookBack<S> {
    var generator = SeededGenerator(seed: 5)
    let values = Tensor<S>.normal(deviation: 2, shape: [count, 2, 16], using: &generator) + 3
    let marks = Tensor<S>.uniform(in: -0.5...0.5, shape: [count, 4, 16], using: &generator)
    return LookBack(values: values, marks: marks, steps: Array(0..<count))
  }

  /// By every parameter, in use and in training with the same numbers dropped each time.
  @Test(arguments: CheckedTeacher.allCases, [false, true])
  func passesItsGradientCheck(_ teacher: CheckedTeacher, training: Bool) throws {
    func check<F: Forecaster<Double>>(_ model: F) throws {
      let windows = windows(Double.self)
      try checkGradients(at: model.parameters) { inputs in
        var copy = model
        var place = 0
        copy.visitParameters(under: .root) { _, tensor in
          tensor = inputs[place]
          place += 1
        }
        var generator = SeededGenerator(seed: 3)
        let pass = copy.pass(windows, training: training, using: &generator)
        return [pass.output] + (pass.feature.map { [$0] } ?? [])
      }
    }
    try check(teacher.make(Double.self, dropout: 0.2))
  }

  @Test(arguments: CheckedTeacher.allCases) func sameSeedSameBits(_ teacher: CheckedTeacher) {
    let model = teacher.make(Float.self, dropout: 0.3)
    #expect(model.parameters == teacher.make(Float.self, dropout: 0.3).parameters)
    #expect(model.parameters != teacher.make(Float.self, dropout: 0.3, seed: 2).parameters)
    func output(_ seed: UInt64) -> Tensor<Float> {
      var generator = SeededGenerator(seed: seed)
      return model.pass(windows(Float.self), training: true, using: &generator).output
    }
    #expect(output(1) == output(1) && output(1) != output(2))
  }

  /// Passes in use, or where nothing is dropped, leave the generator alone; others draw once for each number that
  /// may be dropped.
  @Test(arguments: CheckedTeacher.allCases) func dropsInTrainingAlone(_ teacher: CheckedTeacher) {
    let dropping = teacher.make(Float.self, dropout: 0.3), plain = teacher.make(Float.self)
    let windows = windows(Float.self), fresh = SeededGenerator(seed: 4)
    var generator = fresh
    let used = dropping.pass(windows, training: false, using: &generator).output
    #expect(used == plain.pass(windows, training: false, using: &generator).output)
    let whole = plain.pass(windows, training: true, using: &generator).output
    #expect(generator == fresh)
    #expect(dropping.pass(windows, training: true, using: &generator).output != whole)
    var moved = fresh
    for _ in 0..<teacher.droppable { _ = moved.nextUniform() }
    #expect(generator == moved)
  }

  /// Windows moved and scaled, to which a teacher answers in their own units; and flat ones, which have no deviation.
  @Test(arguments: CheckedTeacher.allCases) func answersInTheUnitsOfItsRows(
    _ teacher: CheckedTeacher
  ) {
    let model = teacher.make(Double.self), windows = windows(Double.self)
    let moved = model(
      LookBack(values: windows.values * 7 - 40, marks: windows.marks, steps: windows.steps))
    #expect((moved.output - (model(windows).output * 7 - 40)).absolute().max().item < 1e-3)
    let flat = LookBack(values: Tensor<Double>(repeating: 5, shape: [1, 2, 16]), steps: [0])
    #expect((model(flat).output - 5).absolute().max().item < 0.02)
  }

  /// Only the inverted transformer reads the calendar.
  @Test(arguments: CheckedTeacher.allCases) func marksAreSeenByOne(_ teacher: CheckedTeacher) {
    let model = teacher.make(Float.self), windows = windows(Float.self)
    let without = model(LookBack(values: windows.values, steps: windows.steps)).output
    #expect((model(windows).output == without) == (teacher != .inverted))
  }

  /// Parameters and buffers, also of a merged network, through the bytes of a file.
  @Test(arguments: CheckedTeacher.allCases) func savesAndLoads(_ teacher: CheckedTeacher) throws {
    func check<F: Forecaster<Float>>(_ model: F) throws {
      let file = SafetensorsFile(entries: model.entries())
      let bytes = try file.encoded()
      let text = try JSONEncoder().encode(model.configuration)
      let configuration = try JSONDecoder().decode(F.Configuration.self, from: text)
      #expect(configuration == model.configuration)
      var generator = SeededGenerator(seed: 9)
      let other = F(configuration, using: &generator), windows = windows(Float.self, 3)
      #expect(other(windows).output != model(windows).output)
      let loaded = try other.loading(from: SafetensorsFile(bytes: bytes))
      #expect(loaded(windows).output == model(windows).output)
      #expect(
        model.configuration.storedCount
          == Double(file.entries.reduce(0) { $0 + $1.shape.reduce(1, *) }))
      for index in file.entries.indices {
        var damaged = file
        damaged.entries.remove(at: index)
        #expect(throws: SafetensorsError.self) { try other.loading(from: damaged) }
      }
    }
    var model = teacher.make(Float.self)
    model.calibrate(windows(Float.self, 5))
    try check(model)
    if let network = model as? ModernTCN<Float> { try check(network.merged()) }
  }

  /// Buffers of any numbers go into kernels and biases.
  @Test func mergedIsTheSameNetwork() {
    func worst<S: TensorScalar>(_: S.Type, of ratio: Int) -> S {
      var generator = SeededGenerator(seed: 6)
      var network = ModernTCN<S>(
        .init(
          channels: 3, lookback: 70, horizon: 5, width: 4, ratio: ratio, blocks: 2, dropout: 0.5),
        using: &generator)
      network.visitParameters(under: .root) { path, tensor in
        if path.description.contains("norm") {
          tensor = tensor + .normal(deviation: 0.3, shape: tensor.shape, using: &generator)
        }
      }
      network.visitBuffers(under: .root) { _, tensor in
        tensor = tensor + .uniform(in: 0...2, shape: tensor.shape, using: &generator)
      }
      let values = Tensor<S>.normal(shape: [4, 3, 70], using: &generator)
      let windows = LookBack(values: values, steps: [0, 1, 2, 3]), merged = network.merged()
      #expect(merged.configuration.isMerged && merged.configuration.isValid)
      #expect(merged.stem.norm == nil)
      #expect(
        merged.blocks.allSatisfy { $0.small == nil && $0.norm == nil && $0.large.norm == nil })
      #expect(merged.merged()(windows).output == merged(windows).output)
      let whole = network(windows), one = merged(windows)
      #expect(whole.output.absolute().max().item > 0.5)
      guard let feature = whole.feature, let other = one.feature else { return .infinity }
      return Swift.max(
        (feature - other).absolute().max().item,
        (whole.output - one.output).absolute().max().item)
    }
    #expect(worst(Double.self, of: 2) < 1e-12)
    #expect(worst(Float.self, of: 1) < 1e-5)
  }

  @Test func impossibleSizesAreNotValid() {
    typealias Inverted = InvertedTransformer<Float>.Configuration
    typealias Patches = PatchTransformer<Float>.Configuration
    typealias Network = ModernTCN<Float>.Configuration
    #expect(Inverted(channels: 65_532, lookback: 1, horizon: 1).isValid)
    #expect(!Inverted(channels: 65_533, lookback: 1, horizon: 1).isValid)
    #expect(!Inverted(channels: 0, lookback: 1, horizon: 1).isValid)
    #expect(!Inverted(channels: .max, lookback: 1, horizon: 1).isValid)
    #expect(!Inverted(channels: 1, lookback: 0, horizon: 1).isValid)
    #expect(!Inverted(channels: 1, lookback: 1, horizon: 0).isValid)
    #expect(!Inverted(channels: 1, lookback: 1, horizon: 1, heads: 3).isValid)
    #expect(!Inverted(channels: 1, lookback: 1, horizon: 1, dropout: 1).isValid)
    #expect(!Inverted(channels: 1, lookback: 1, horizon: 1, dropout: .nan).isValid)
    #expect(Patches(channels: 1, lookback: 8, horizon: 1).isValid)
    #expect(!Patches(channels: 0, lookback: 8, horizon: 1).isValid)
    #expect(!Patches(channels: 1, lookback: 7, horizon: 1).isValid)
    #expect(!Patches(channels: 1, lookback: 8, horizon: 0).isValid)
    #expect(!Patches(channels: 1, lookback: 8, horizon: 1, width: 512, heads: 3).isValid)
    #expect(!Patches(channels: 1, lookback: 8, horizon: 1, dropout: -0.1).isValid)
    #expect(Network(channels: 1, lookback: 4, horizon: 1).isValid)
    #expect(!Network(channels: 0, lookback: 4, horizon: 1).isValid)
    #expect(!Network(channels: 1, lookback: 3, horizon: 1).isValid)
    #expect(!Network(channels: 1, lookback: 4, horizon: 0).isValid)
    #expect(!Network(channels: 1, lookback: 4, horizon: 1, width: 0).isValid)
    #expect(!Network(channels: 1, lookback: 4, horizon: 1, ratio: 0).isValid)
    #expect(!Network(channels: 1, lookback: 4, horizon: 1, blocks: 0).isValid)
    #expect(!Network(channels: 1, lookback: 4, horizon: 1, dropout: 1).isValid)
  }
}
