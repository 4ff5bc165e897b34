// SPDX-License-Identifier: Apache-2.0
import MinimDistillation
import MinimTensor
import Testing

/// Every loss against another implementation and against finite differences.
@Suite struct LossTests {
  @Test func everyRowHasReferenceValuesAndEveryReferenceARow() {
    #expect(Set(LossCases<Double>.rows.keys) == Set(GoldenLoss.all.keys))
    #expect(GoldenLoss.all.count == 50)
  }

  private func compare<S: TensorScalar>(_ name: String, _ type: S.Type, _ relative: Double) throws {
    let row = try #require(LossCases<S>.rows[name]), golden = try #require(GoldenLoss.all[name])
    var inputs = golden.inputs.map { ($0.tensor() as Tensor<S>).variable() }
    inputs[1] = inputs[1].detached()
    let loss = row(inputs)
    #expect(loss.shape == [])
    let difference = (Double(loss.item) - golden.value).magnitude
    #expect(difference <= relative * max(golden.value.magnitude, 0.1), "\(name)")
    inputs.remove(at: 1)
    for (found, expected) in zip(gradients(of: loss, for: inputs), golden.gradients) {
      #expect(found.shape == expected.shape)
      let scale = max(expected.values.map(\.magnitude).max() ?? 0, 1e-3)
      for (a, b) in zip(found.scalars, expected.values) {
        #expect((Double(a) - b).magnitude <= relative * scale, "\(name): \(a), \(b)")
      }
    }
  }

  @Test(arguments: GoldenLoss.all.keys.sorted())
  func agreesWithPyTorchInDouble(_ name: String) throws {
    try compare(name, Double.self, name.hasPrefix("memkd-n10") ? 1e-9 : 1e-10)
  }

  /// Of the sum of squares of a small state, Float's ε is a larger part.
  @Test(arguments: GoldenLoss.all.keys.sorted())
  func agreesWithPyTorchInFloat(_ name: String) throws {
    try compare(name, Float.self, name.hasPrefix("memkd-n6-squares") ? 2e-4 : 5e-5)
  }

  @Test(arguments: GoldenLoss.all.keys.sorted())
  func passesItsGradientCheck(_ name: String) throws {
    let row = try #require(LossCases<Double>.rows[name])
    let inputs = try #require(GoldenLoss.all[name]).inputs.map { $0.tensor() as Tensor<Double> }
    let trained = inputs.enumerated().filter { $0.offset != 1 }.map(\.element)
    try checkGradients(at: trained) { [row([$0[0], inputs[1]] + $0.dropFirst())] }
  }

  /// The teacher is a constant of every loss.
  @Test(arguments: GoldenLoss.all.keys.filter { !$0.hasPrefix("softDTW") }.sorted())
  func theTeacherGetsNoGradient(_ name: String) throws {
    let row = try #require(LossCases<Double>.rows[name])
    let inputs = try #require(GoldenLoss.all[name]).inputs.map {
      ($0.tensor() as Tensor<Double>).variable()
    }
    let found = gradients(of: row(inputs), for: [inputs[1]])[0]
    #expect(found.scalars.allSatisfy { $0 == 0 })
  }
}

/// The vectors of the specification.
@Suite struct SpecifiedLossTests {
  private func states(_ numbers: [Double], _ shape: Int...) -> Tensor<Double> {
    Tensor(numbers, shape: shape)
  }
  private func close(_ found: Tensor<Double>, _ expected: [Double], _ tolerance: Double = 1e-7) {
    #expect(found.count == expected.count)
    for (a, b) in zip(found.scalars, expected) {
      #expect((a - b).magnitude < tolerance, "\(a) \(b)")
    }
  }

  private let logits = Tensor<Double>([1, 0, -1, 0.5, 2, 0], shape: [2, 3])
  private let given = Tensor<Double>([2, 1, -1, 0, 3, 1], shape: [2, 3])

  @Test func decoupled() {
    func loss(_ alpha: Double, _ beta: Double, epoch: Int = 20) -> Tensor<Double> {
      DecoupledDistillation(alpha: alpha, beta: beta).loss(
        student: logits, teacher: given, labels: [0, 1], epoch: epoch)
    }
    close(loss(1, 0), [0.04303594])
    close(loss(0, 1), [0.19962457])
    close(loss(1, 8), [1.64003253])
    close(loss(1, 8, epoch: 5), [1.64003253 / 4])
    close(loss(1, 8, epoch: 21), [1.64003253])
  }

  /// KD = TCKD + T² mean (1 - bᵗ) KL(qᵗ ‖ qˢ).
  @Test func decoupledPartsMakeUpTheWhole() {
    let whole = LogitDistillation().loss(student: logits, teacher: given)
    let parts = (0..<2).map { row -> Double in
      let (s, t) = (
        logits.sliced(row..<(row + 1), along: 0), given.sliced(row..<(row + 1), along: 0)
      )
      func part(_ alpha: Double, _ beta: Double) -> Double {
        DecoupledDistillation(alpha: alpha, beta: beta, warmUp: 0).loss(
          student: s, teacher: t, labels: [row], epoch: 1
        ).item
      }
      let mass = (t / 4).softmax().scalars[row]
      return part(1, 0) + (1 - mass) * part(0, 1)
    }
    close(whole, [(parts[0] + parts[1]) / 2], 1e-12)
  }

  @Test func relational() {
    let s = states([0, 0, 1, 0, 0, 2], 3, 2), t = states([0, 0, 0, 3, 0, 0, 0, 4, 0], 3, 3)
    func loss(_ distance: Double, _ angle: Double) -> Tensor<Double> {
      RelationalDistillation(distance: distance, angle: angle).loss(student: s, teacher: t)
    }
    close(loss(1, 0), [0.00595598])
    close(loss(0, 1), [0.00119482])
    close(loss(25, 50), [0.20864050], 1e-6)
  }

  @Test func oneCaseHasNoRelations() {
    let one = states([1, 2], 1, 2).variable()
    let loss = RelationalDistillation().loss(student: one, teacher: states([3, 4, 5], 1, 3))
    #expect(loss.item == 0)
    #expect(gradients(of: loss, for: [one])[0].scalars == [0, 0])
  }

  @Test func equalFeaturesStayFinite() {
    let same = states([1, 2, 1, 2, 0, 1], 3, 2).variable()
    let loss = RelationalDistillation().loss(student: same, teacher: states([1, 1, 2], 3, 1))
    #expect(loss.item.isFinite && gradients(of: loss, for: [same])[0].firstNonFinite == nil)
  }

  private var h: Tensor<Double> { states([1, 0, 2, 1, 0, 1], 1, 3, 2) }
  private var g: Tensor<Double> { states([1, 1, 0, 2, 0, 0, 0, 0, 3], 1, 3, 3) }

  @Test func attention() { close(AttentionTransfer().loss(student: h, teacher: g), [0.27091034]) }

  @Test func selectivity() {
    close(NeuronSelectivity().loss(student: h, teacher: g), [0.37777778])
  }

  /// One step of one unit whose maps are 1: μ is what is read, where positive.
  @Test func variational() {
    func term(_ mean: Double, _ target: Double) -> Double {
      let one = states([1], 1, 1)
      return VariationalInformation().loss(
        student: states([mean.magnitude], 1, 1, 1), teacher: states([target], 1, 1, 1),
        estimator: .init(
          maps: [one, one, one * (mean < 0 ? -1 : 1)], variance: states([4.99322918], 1))
      ).item
    }
    #expect(((term(0.5, 1) + term(-1, 0)) / 2 - 0.86721896).magnitude < 1e-7)
  }

  @Test func statesOfZeroGiveNoNaN() {
    let zero = Tensor<Double>(zeros: [2, 3, 2]).variable(),
      teacher = Tensor<Double>(zeros: [2, 3, 4])
    let losses = [
      AttentionTransfer().loss(student: zero, teacher: teacher),
      AttentionTransfer(form: .paper).loss(student: zero, teacher: teacher),
      NeuronSelectivity().loss(student: zero, teacher: teacher),
    ]
    for loss in losses {
      #expect(loss.item.isFinite)
      #expect(gradients(of: loss, for: [zero])[0].firstNonFinite == nil)
    }
  }
}
