// SPDX-License-Identifier: Apache-2.0
import MinimDistillation
import MinimTensor
import Testing

@Suite struct MemKDTests {
  // The hand vectors of the specification: four steps of a student of width 2 and a teacher of width 3.
  static let student = Tensor<Double>([1, 0, 1, 1, 0, 1, 0, 3], shape: [1, 4, 2])
  static let teacher = Tensor<Double>([2, 0, 0, 2, 2, 0, 0, 2, 1, 0, 2, 4], shape: [1, 4, 3])

  private func short(_ discrepancy: Discrepancy, lengths: [Int]? = nil) -> Tensor<Double> {
    var generator = SeededGenerator(seed: 1)
    return MemKD(discrepancy: discrepancy, terms: .short).loss(
      student: Self.student, teacher: Self.teacher, lengths: lengths, using: &generator)
  }

  @Test(arguments: [
    (Discrepancy.startNorm, 0.07340047), (.bothNorms, 0.00058866), (.meanNorm, 0.01179303),
  ])
  func shortTermAsComputedByHand(_ discrepancy: Discrepancy, _ expected: Double) {
    #expect(abs(short(discrepancy).item - expected) < 1e-7)
  }

  @Test func gradientAsComputedByHand() {
    let variable = Self.student.variable()
    var generator = SeededGenerator(seed: 1)
    let loss = MemKD(terms: .short).loss(
      student: variable, teacher: Self.teacher, using: &generator)
    let expected = [
      0, 0, -0.00983617, 0.00983617, 0.01967233, -0.65835919, 0, 0.21945306,
    ]
    for (found, wanted) in zip(gradients(of: loss, for: [variable])[0].scalars, expected) {
      #expect(abs(found - wanted) < 1e-7)
    }
  }

  /// Of four steps only k = 2 and k = 3 are long; many draws of one k have a mean that a formula gives.
  @Test func longTermDrawsFromTheLongSet() {
    // k = 2: differences of δ at t = 1, 2; k = 3: at t = 1. One span, many starts.
    func square(_ x: Double) -> Double { x * x / 2 }
    let two = [1.41421356 - 1.5, 1.58113883 - 1.58113883].map(square)
    let three = square(10.0.squareRoot() - (4.0 + 4 + 16).squareRoot() / 2)
    var generator = SeededGenerator(seed: 5)
    var sawTwo = false, sawThree = false
    for _ in 0..<20 {
      let loss = MemKD(terms: .long, spans: 1, starts: 4000).loss(
        student: Self.student, teacher: Self.teacher, using: &generator
      ).item
      if abs(loss - (two[0] + two[1]) / 2) < 2e-4 { sawTwo = true }
      if abs(loss - three) < 1e-7 { sawThree = true }
    }
    #expect(sawTwo && sawThree)
  }

  @Test(arguments: Discrepancy.allCases.filter { !$0.needsRegressor }) func gradientCheck(
    _ discrepancy: Discrepancy
  ) throws {
    var random = SeededGenerator(seed: 3)
    let student = Tensor<Double>.normal(shape: [3, 7, 4], using: &random)
    let teacher = Tensor<Double>.normal(shape: [3, 7, 9], using: &random)
    for lengths in [nil, [7, 4, 2]] as [[Int]?] {
      let start = random
      try checkGradients(at: [student]) { inputs in
        var generator = start
        let memkd = MemKD(discrepancy: discrepancy, spans: 3, starts: 4)
        return [
          memkd.loss(student: inputs[0], teacher: teacher, lengths: lengths, using: &generator)
        ]
      }
    }
  }

  @Test func gradientCheckOfTheVectorForm() throws {
    var random = SeededGenerator(seed: 3)
    let student = Tensor<Double>.normal(shape: [3, 7, 2], using: &random)
    let teacher = Tensor<Double>.normal(shape: [3, 7, 4], using: &random)
    let map = [[4, 2], [4]].map { Tensor<Double>.normal(shape: $0, using: &random) }
    let start = random
    try checkGradients(at: [student] + map) { inputs in
      var generator = start
      return [
        MemKD(discrepancy: .vector, spans: 3, starts: 4).loss(
          student: inputs[0], teacher: teacher,
          regressor: Regressor(weight: inputs[1], bias: inputs[2]), lengths: [7, 4, 2],
          using: &generator)
      ]
    }
  }

  @Test func termsChooseTheSets() {
    var generator = SeededGenerator(seed: 1)
    func sets(_ memkd: MemKD) -> [[Span]] { memkd.spanSets(steps: 50, using: &generator) }
    #expect(sets(MemKD()).map(\.count) == [49, 8 * 16])
    #expect(sets(MemKD(terms: .short)).map(\.count) == [49])
    let long = sets(MemKD(terms: .long, spans: 5, starts: 3))
    #expect(long.map(\.count) == [15])
    #expect(Set(long[0].map(\.length)).count == 5)
    let all = sets(MemKD(terms: .long, spans: 4, starts: nil))[0]
    for (length, spans) in Dictionary(grouping: all, by: \.length) {
      #expect(spans.map(\.start).sorted() == Array(0..<(50 - length)))
    }
  }

  @Test func aFixedSetStaysAndLeavesTheGeneratorAlone() {
    var generator = SeededGenerator(seed: 1)
    let before = generator
    let fixed = MemKD(fixedSeed: 4)
    let first = fixed.spanSets(steps: 50, using: &generator)
    #expect(fixed.spanSets(steps: 50, using: &generator) == first)
    #expect(generator == before)
    #expect(MemKD(fixedSeed: 5).spanSets(steps: 50, using: &generator) != first)
    let drawn = MemKD().spanSets(steps: 50, using: &generator)
    #expect(MemKD().spanSets(steps: 50, using: &generator) != drawn)
  }

  /// Of one span each time, k falls below 14 in a quarter of uniform draws and in more than half of the others.
  @Test func logUniformSpansAreShorter() {
    var generator = SeededGenerator(seed: 1)
    func share(_ draw: MemKD.SpanDraw) -> Double {
      let memkd = MemKD(terms: .long, spans: 1, starts: 1, spanDraw: draw)
      let short = (0..<4000).filter { _ in
        memkd.spanSets(steps: 51, using: &generator)[0][0].length < 14
      }
      return Double(short.count) / 4000
    }
    func harmonic(_ range: ClosedRange<Int>) -> Double { range.reduce(0) { $0 + 1 / Double($1) } }
    #expect(abs(share(.uniform) - 12.0 / 49) < 0.03)
    #expect(abs(share(.logUniform) - harmonic(2...13) / harmonic(2...50)) < 0.03)
  }

  @Test func paddedStepsCountForNothing() {
    let cut = short(.startNorm, lengths: [2]).item
    // Only t = 1 is left: δˢ = 1, δᵗ = 1.
    #expect(abs(cut) < 1e-7)
    let variable = Self.student.variable()
    var generator = SeededGenerator(seed: 1)
    let loss = MemKD().loss(
      student: variable, teacher: Self.teacher, lengths: [3], using: &generator)
    #expect(gradients(of: loss, for: [variable])[0].scalars.suffix(2) == [0, 0])
  }

  @Test func tooFewStepsGiveZero() {
    var generator = SeededGenerator(seed: 1)
    let one = Tensor<Float>(zeros: [2, 1, 3])
    #expect(MemKD().loss(student: one, teacher: one, using: &generator).item == 0)
  }
}

@Suite struct LogitDistillationTests {
  @Test func lossAndGradientAsComputedByHand() {
    let student = Tensor<Double>([1, 0, -1, 0.5, 2, 0], shape: [2, 3]).variable()
    let teacher = Tensor<Double>([2, 1, -1, 0, 3, 1], shape: [2, 3])
    let loss = LogitDistillation().loss(student: student, teacher: teacher)
    #expect(abs(loss.item - 0.14883818) < 1e-7)
    let expected = [
      -0.04997006, -0.03891672, 0.08888677, 0.14481349, -0.09014051, -0.05467298,
    ]
    for (found, wanted) in zip(gradients(of: loss, for: [student])[0].scalars, expected) {
      #expect(abs(found - wanted) < 1e-7)
    }
  }
}
