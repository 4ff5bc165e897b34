// SPDX-License-Identifier: Apache-2.0
import MinimDistillation
import MinimTensor
import Testing

@Suite struct SoftDTWTests {
  private let x = Tensor<Double>([0, 1, 2], shape: [1, 3, 1])
  private let y = Tensor<Double>([0, 2], shape: [1, 2, 1])

  @Test(arguments: [(1, 0.12265356), (0.1, 0.93068301), (0.01, 0.99306853)])
  func valueAsSpecified(_ gamma: Double, _ expected: Double) {
    #expect((SoftDTW(gamma: gamma)(x, y).item - expected).magnitude < 1e-7)
  }

  @Test func ofItselfAndDivergenceAsSpecified() {
    #expect((SoftDTW()(x, x).item + 1.19042757).magnitude < 1e-7)
    #expect((SoftDTW()(y, y).item + 0.03597630).magnitude < 1e-7)
    #expect((SoftDTW(divergence: true)(x, y).item - 0.73585550).magnitude < 1e-7)
    #expect(SoftDTW(divergence: true)(x, x).item.magnitude < 1e-12)
  }

  @Test func gradientsAsSpecified() {
    let costs = Tensor<Double>([0, 4, 1, 1, 4, 0], shape: [1, 3, 2]).variable()
    let shares = gradients(of: costs.softDTW(gamma: 1).sum(), for: [costs])[0].scalars
    let expected = [1, 0.0076172, 0.57649778, 0.57649778, 0.0076172, 1]
    for (a, b) in zip(shares, expected) { #expect((a - b).magnitude < 1e-7) }
    let moving = x.variable()
    let byX = gradients(of: SoftDTW()(moving, y).sum(), for: [moving])[0].scalars
    for (a, b) in zip(byX, [-0.0304688, 0, 0.0304688]) { #expect((a - b).magnitude < 1e-7) }
  }

  @Test func countsPaths() {
    let none = Tensor<Double>(zeros: [1, 3, 2])
    #expect((none.softDTW(gamma: 1).item + 1.60943791).magnitude < 1e-8)
  }

  private func costs<S: TensorScalar>(_ shape: [Int], _ type: S.Type) -> Tensor<S> {
    var generator = SeededGenerator(seed: 2)
    return Tensor<S>.normal(shape: shape, using: &generator).squared()
  }

  @Test func gradientCheckOfBandAndLengths() throws {
    try checkGradients(at: [costs([3, 5, 5], Double.self)]) {
      [$0[0].softDTW(gamma: 0.7, band: 1, lengths: [5, 1, 3])]
    }
    try checkGradients(at: [costs([2, 4, 6], Double.self)]) { [$0[0].softDTW(gamma: 2, band: 2)] }
  }

  @Test func closedCellsHaveNoShareAndDoNotMatter() {
    let open = costs([1, 6, 6], Double.self)
    var changed = open
    changed.withUnsafeMutableScalars { $0[5] = .infinity }
    let variable = changed.variable()
    let value = variable.softDTW(gamma: 1, band: 2)
    #expect(value.item == open.softDTW(gamma: 1, band: 2).item)
    let shares = gradients(of: value.sum(), for: [variable])[0].scalars
    for (place, share) in shares.enumerated() {
      #expect((abs(place / 6 - place % 6) > 2) == (share == 0))
    }
  }

  @Test func infiniteCostsGiveNoNaN() {
    let row = Tensor<Float>([1, .infinity, 1, .infinity, .infinity, 1, 1, 1, 1], shape: [1, 3, 3])
    let costs = row.variable()
    let value = costs.softDTW(gamma: 1)
    #expect(!value.item.isNaN)
    #expect(gradients(of: value.sum(), for: [costs])[0].scalars.allSatisfy { !$0.isNaN })
  }

  @Test(arguments: ["generic", "neon", "avx2", "avx512"])
  func everyLevelAgreesWithDouble(_ level: String) {
    let before = kernelLevel
    defer { _ = useKernelLevel(before) }
    guard useKernelLevel(level) else { return }
    for shape in [[1, 1, 1], [5, 7, 3], [16, 20, 20], [35, 9, 30]] {
      let exact = costs(shape, Double.self).variable(), rough = costs(shape, Float.self).variable()
      let a = exact.softDTW(gamma: 0.5), b = rough.softDTW(gamma: 0.5)
      for (x, y) in zip(a.scalars, b.scalars) {
        #expect((x - Double(y)).magnitude < 2e-5 * max(1, x.magnitude))
      }
      let byExact = gradients(of: a.sum(), for: [exact])[0].scalars
      let byRough = gradients(of: b.sum(), for: [rough])[0].scalars
      for (x, y) in zip(byExact, byRough) { #expect((x - Double(y)).magnitude < 2e-4) }
    }
  }

  @Test func threadsChangeNoBit() {
    let before = threadCount
    defer { threadCount = before }
    let table = costs([50, 30, 30], Float.self).variable()
    func step() -> [Tensor<Float>] {
      let value = table.softDTW(gamma: 1)
      return [value.detached()] + gradients(of: value.sum(), for: [table])
    }
    threadCount = 1
    let one = step()
    threadCount = 3
    #expect(step() == one)
  }
}
