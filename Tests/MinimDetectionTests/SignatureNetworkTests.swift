// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimTensor
import Testing

/// The autoencoder of signature matrices beside PyTorch's, and what must hold for any weights.
@Suite struct SignatureNetworkTests {
  private func network(
    _ widths: [Int], separable: Bool = false, recurs: Bool = true
  ) -> SignatureNetwork<Double> {
    var generator = SeededGenerator(seed: 1)
    return SignatureNetwork(
      widths: widths, separable: separable, recurs: recurs, using: &generator)
  }

  private func check(
    _ name: String, count: Int, extent: Int, _ network: SignatureNetwork<Double>
  ) throws {
    let golden = try #require(try GoldenMSCRED.read.get().networks[name])
    let samples =
      GoldenMSCRED.numbers("samples", [count, 5, 3, extent * extent], as: Double.self)
      .reshaped(to: [count, 5, 3, extent, extent]) * (16 * Double(extent))
    let input = samples.variable(), tracked = network.filledByName().tracked()
    let (output, attended) = tracked(input)
    golden.output.expect(output, within: 1e-9, "output")
    #expect(attended.count == golden.attended.count)
    for (level, (found, expected)) in zip(attended, golden.attended).enumerated() {
      expected.expect(found, within: 1e-9, "level \(level)")
    }
    let loss = attended.reduce(output.squared().sum()) { $0 + $1.squared().sum() }
    let found = gradients(of: loss, for: [input] + tracked.parameters)
    golden.input.expect(found[0], within: 1e-9, "gradient of the input")
    let names = tracked.namedParameters.map(\.name)
    #expect(Set(names) == Set(golden.gradients.keys))
    for (name, gradient) in zip(names, found.dropFirst()) {
      try #require(golden.gradients[name]).expect(gradient, within: 1e-9, name)
    }
  }

  @Test func twoLevelsOfOddExtent() throws {
    try check("odd", count: 2, extent: 5, network([2, 3]))
  }

  @Test func fourLevels() throws {
    try check("deep", count: 1, extent: 6, network([2, 3, 4, 5]))
  }

  @Test func separable() throws {
    try check("separable", count: 1, extent: 5, network([2, 3], separable: true))
  }

  @Test func stepsByThemselves() throws {
    try check("repeating", count: 2, extent: 5, network([2, 3], recurs: false))
  }

  /// Methods, gon 3.2, the column SAME.
  @Test(
    arguments: zip(
      [25, 30, 38, 55], [[25, 13, 7, 4], [30, 15, 8, 4], [38, 19, 10, 5], [55, 28, 14, 7]]))
  func extents(of extent: Int, levels: [Int]) {
    let network = network([1, 2, 1, 2])
    let codes = network.encoded(Tensor(zeros: [1, 3, extent, extent]))
    #expect(codes.map(\.shape) == zip([1, 2, 1, 2], levels).map { [1, $0, $1, $1] })
    let (output, attended) = network(Tensor(zeros: [1, 5, 3, extent, extent]))
    #expect(output.shape == [1, 3, extent, extent])
    #expect(attended.map(\.shape) == codes.map(\.shape))
  }

  @Test func attentionSharesOneOut() {
    var generator = SeededGenerator(seed: 3)
    let states = Tensor<Double>.normal(deviation: 1, shape: [4, 5, 20], using: &generator)
    let weights = SignatureNetwork.attention(over: states)
    #expect(weights.shape == [4, 1, 5])
    for sum in weights.sum(over: [2]).scalars { #expect(abs(sum - 1) < 1e-12) }
    #expect(weights.scalars.allSatisfy { $0 > 0 } && Set(weights.scalars).count == 20)
    // The last state is nearer to itself than to the others; large states leave but one.
    let large = SignatureNetwork.attention(over: states * 1e3).scalars
    #expect(stride(from: 4, to: 20, by: 5).allSatisfy { large[$0] == 1 })
    let equal = states.sliced(0..<1, along: 1) + Tensor(zeros: [1, 5, 1])
    #expect(SignatureNetwork.attention(over: equal).scalars.allSatisfy { abs($0 - 0.2) < 1e-15 })
  }

  /// Where the input is the same at each step a state that goes on is not what each step gives by itself.
  @Test func recurrenceIsSeenOfConstantInput() {
    let code = GoldenMSCRED.numbers("code", [1, 2, 16], as: Double.self)
    let codes = code.reshaped(to: [1, 1, 2, 4, 4]) + Tensor(zeros: [1, 5, 1, 1, 1])
    let recurrent = network([2]).filledByName().attended([codes])[0]
    let repeating = network([2], recurs: false).filledByName().attended([codes])[0]
    #expect((recurrent - repeating).absolute().max().item > 1e-3)
    // By themselves all five are equal, and the fifth state of the recurrence.
    let memory = network([2]).filledByName().memories[0]
    var state: ConvolutionalLSTMState<Double>?
    for _ in 0..<5 { state = memory.step(code.reshaped(to: [1, 2, 4, 4]), after: state) }
    let last = state?.hidden ?? code
    #expect((repeating - last).absolute().max().item < 1e-15)
  }
}
