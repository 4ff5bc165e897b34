// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimSeries
import MinimTensor
import Testing

/// Long-term accumulators beside PyTorch's recurrent layers, and what must hold of β.
@Suite struct LongTermAccumulatorTests {
  static let cells = [RecurrentCell.rnn, .lstm, .gru]

  private func made(
    _ cell: RecurrentCell, _ form: LongTermMemory.Form, channels: Int = 3
  ) -> LongTermAccumulator {
    var generator = SeededGenerator(seed: 4)
    return LongTermAccumulator(
      LongTermMemory(cell: cell, form: form), channels: channels, using: &generator)
  }

  @Test(arguments: cells, LongTermMemory.Form.allCases)
  func isPyTorchs(_ cell: RecurrentCell, _ form: LongTermMemory.Form) throws {
    let name = "\(cell.rawValue) \(form.rawValue)"
    let golden = try #require(try GoldenMSCRED.read.get().accumulators[name])
    let memory = made(cell, form).filledByName()
    let units = form == .history ? 3 : 10, cases = form == .shared ? 6 : 2
    let (matrices, state) = memory(
      GoldenMSCRED.numbers("rows", [2 * 14 * 3]).reshaped(to: [2, 14, 3]) * 3,
      after: .init(
        hidden: GoldenMSCRED.numbers("hidden", [cases, units]),
        cell: cell == .lstm ? GoldenMSCRED.numbers("cell", [cases, units]) : nil),
      at: [10, 11, 14], carry: 12)
    golden.matrices.expect(matrices, within: 1e-5, "β")
    golden.hidden.expect(state.hidden, within: 1e-5, "hidden state")
    #expect((state.cell == nil) == (golden.cell == nil))
    if let cell = state.cell { golden.cell?.expect(cell, within: 1e-5, "cell state") }
  }

  /// β symmetric, none of its eigenvalues below zero, at most ten of them above.
  @Test(arguments: LongTermMemory.Form.allCases)
  func matricesAreOfRankTenAtMost(_ form: LongTermMemory.Form) {
    let channels = 13, memory = made(.gru, form, channels: channels)
    var generator = SeededGenerator(seed: 8)
    let rows = Tensor<Float>.normal(deviation: 1, shape: [1, 40, channels], using: &generator)
    let matrices = memory(rows, after: nil, at: [25, 40], carry: 40).matrices
    for place in 0..<2 {
      let values = matrices.sliced(place..<place + 1, along: 1).scalars.map(Double.init)
      for i in 0..<channels {
        for j in 0..<channels {
          #expect(abs(values[i * channels + j] - values[j * channels + i]) < 1e-6)
        }
      }
      // Pivots of Gaussian elimination, the largest of the diagonal first: ten that count.
      var rest = values, pivots: [Double] = []
      for _ in 0..<channels {
        let pivot =
          (0..<channels).max { rest[$0 * (channels + 1)] < rest[$1 * (channels + 1)] } ?? 0
        let height = rest[pivot * (channels + 1)]
        pivots.append(height)
        guard height > 1e-12 else { break }
        let row = (0..<channels).map { rest[pivot * channels + $0] }
        for i in 0..<channels {
          for j in 0..<channels { rest[i * channels + j] -= row[i] * row[j] / height }
        }
      }
      #expect(pivots[0] > 1e-4)
      #expect(pivots.dropFirst(form == .projected ? 1 : 10).allSatisfy { abs($0) < 1e-6 })
      #expect(rest.allSatisfy { abs($0) < 1e-6 }, "β has a part below zero")
    }
  }

  /// In parts, each from the state before it, as in one pass.
  @Test(arguments: cells, LongTermMemory.Form.allCases)
  func chunksAreOnePass(_ cell: RecurrentCell, _ form: LongTermMemory.Form) {
    let memory = made(cell, form)
    var generator = SeededGenerator(seed: 8)
    let rows = Tensor<Float>.normal(deviation: 1, shape: [2, 60, 3], using: &generator)
    let whole = memory(rows, after: nil, at: [20, 45, 60], carry: 60)
    var state: LongTermAccumulator.State?
    // The state stays ten rows behind, so that the last ten are at hand.
    for (place, range) in [0..<20, 10..<45, 35..<60].enumerated() {
      let part = memory(
        rows.sliced(range, along: 1), after: state, at: [range.count], carry: range.count - 10)
      state = part.state
      let expected = whole.matrices.sliced(place..<place + 1, along: 1)
      #expect((part.matrices - expected).absolute().max().item < 1e-6)
      // Without a state the last rows give something else.
      let few = form == .history ? 10 : 2
      let alone = memory(
        rows.sliced(range.upperBound - few..<range.upperBound, along: 1), after: nil, at: [few],
        carry: few)
      #expect((alone.matrices - expected).absolute().max().item > 1e-3)
    }
    let rest = memory(rows.sliced(50..<60, along: 1), after: state, at: [], carry: 10)
    #expect(rest.matrices.shape == [2, 0, 3, 3])
    #expect((rest.state.hidden - whole.state.hidden).absolute().max().item < 1e-6)
  }

  /// The loss of each target, and its gradients by the accumulator's weights.
  @Test(arguments: MSCRED.Target.allCases) func lossesArePyTorchs(_ target: MSCRED.Target) throws {
    let golden = try #require(try GoldenMSCRED.read.get().training[target.rawValue])
    var generator = SeededGenerator(seed: 1)
    let detector = MSCRED(
      .init(
        channels: 3, span: 10, widths: [2], memory: LongTermMemory(cell: .gru), target: target),
      using: &generator)
    #expect(detector.configuration.window == 14)
    let tracked = detector.filledByName().tracked()
    let rows = GoldenMSCRED.numbers("rows", [2 * 14 * 3], as: Float.self)
      .reshaped(to: [2, 14, 3])
    let (inputs, targets) = tracked.samples(of: rows * 3, after: nil)
    let loss = Tensor.meanSquaredError(tracked.network(inputs).matrices, targets)
    #expect(abs(Double(loss.item) - golden.loss) < 1e-6)
    let found = gradients(of: loss, for: tracked.parameters)
    var seen = 0
    for (named, gradient) in zip(tracked.namedParameters, found) {
      guard let expected = golden.gradients[named.name] else { continue }
      expected.expect(gradient, within: 2e-4, ofAtLeast: 0, named.name)
      seen += 1
    }
    #expect(seen == 4)
  }

  /// A memory of zeros adds nothing.
  @Test func zeroStatesAddNothing() {
    var generator = SeededGenerator(seed: 1)
    var configuration = MSCRED.Configuration(channels: 2, span: 20, widths: [2])
    let plain = MSCRED(configuration, using: &generator)
    configuration.memory = LongTermMemory(cell: .rnn)
    var remembering = MSCRED(configuration, using: &generator)
    remembering = remembering.replacingParameters(
      plain.parameters
        + remembering.parameters.dropFirst(plain.parameters.count).map { Tensor(zeros: $0.shape) })
    let values = Tensor<Float>.uniform(in: 0...1, shape: [80], using: &generator).scalars
    let recording = Recording(name: "r", channels: 2, values: values)
    #expect(remembering.scores(of: recording) == plain.scores(of: recording))
  }
}
