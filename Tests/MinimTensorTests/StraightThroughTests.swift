// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimTensor
import Testing

/// One row for every case of every straight-through operation: how to call it, and the surrogate
/// whose gradient it declares.
///
/// Such an operation is flat almost everywhere, so central differences say nothing of it. To add
/// one: a case of `StraightThrough`, rows here whose names begin with it, and `case(..., into:
/// straight)` of the same names in Tools/golden/operations.py, which detach value minus surrogate.
struct StraightThroughCases<S: TensorScalar>: Sendable {
  typealias Function = @Sendable ([Tensor<S>]) -> Tensor<S>
  typealias Row = (operation: Function, surrogate: Function)

  static var rows: [String: Row] {
    var rows: [String: Row] = [:]
    func row(_ name: String, _ operation: @escaping Function, surrogate: @escaping Function) {
      rows[name] = (operation, surrogate)
    }
    let kept = [
      "": 7, "Odd": 12, "None": 0, "All": 6, "One": 1, "Empty": 0, "Batch": 31, "Ties": 20,
    ]
    for (name, k) in kept {
      row("topKMask" + name, { $0[0].topKMask(k) }, surrogate: { $0[0] * 1 })
    }
    row(
      "topKMaskMagnitude", { $0[0].absolute().topKMask(20) }, surrogate: { $0[0].absolute() })
    for name in ["", "None", "One", "Empty", "Batch"] {
      row(
        "binarised" + name, { $0[0].binarised(by: $0[1]) },
        surrogate: { $0[0].detached() * $0[1] })
    }
    row(
      "binarisedByScores", { $0[0].binarised(by: $0[1].absolute().topKMask(33)) },
      surrogate: { $0[0].detached() * $0[1].absolute() })
    return rows
  }
}

private let straightCases: [String: GoldenCase] =
  (try? JSONDecoder().decode([String: GoldenCase].self, from: golden("straight-through.json")))
  ?? [:]

@Suite struct StraightThroughTests {
  @Test func everyOperationHasRowsAndEveryRowReferenceValues() {
    let names = StraightThroughCases<Double>.rows.keys
    #expect(Set(names) == Set(straightCases.keys))
    for operation in StraightThrough.allCases {
      #expect(names.contains { $0.hasPrefix(operation.rawValue) }, "\(operation) has no row")
    }
  }

  private func compare<S: TensorScalar>(_ name: String, _ type: S.Type, relative: Double) throws {
    let row = try #require(StraightThroughCases<S>.rows[name])
    let reference = try #require(straightCases[name])
    let cotangent: Tensor<S> = reference.cotangents[0].tensor()
    let variables = reference.inputs.map { ($0.tensor() as Tensor<S>).variable() }
    let output = row.operation(variables)
    expectClose(output, reference.outputs[0], relative: relative, "\(name)")
    let found = gradients(of: (output * cotangent).sum(), for: variables)
    let declared = gradients(of: (row.surrogate(variables) * cotangent).sum(), for: variables)
    for (index, gradient) in found.enumerated() {
      expectClose(
        gradient, reference.gradients[index], relative: relative, "\(name) gradient \(index)")
      #expect(gradient == declared[index], "\(name): not the surrogate's gradient \(index)")
    }
  }

  @Test(arguments: straightCases.keys.sorted())
  func hasItsValueAndTheGradientOfItsSurrogate(_ name: String) throws {
    try compare(name, Double.self, relative: 1e-11)
    try compare(name, Float.self, relative: 1e-5)
  }

  /// The worked example of the specification (sparse binary transformers, 9).
  @Test func binarisesAsWorkedByHand() {
    let weights = Tensor<Double>([0.5, -1, 2, -0.25], shape: [4])
    let scores = Tensor<Double>([0.1, -0.4, 0.3, -0.2], shape: [4]).variable()
    let value = weights.binarised(by: scores.absolute().topKMask(2))
    #expect(value.scalars == [0, -1.5, 1.5, 0])
    #expect(gradients(of: value.sum(), for: [scores])[0].scalars == [0.5, 1, 2, 0.25])
  }

  /// Every k of many arrays with equals, NaN and infinities, beside a stable sort.
  @Test func keepsTheLargestInOrder() {
    var generator = SeededGenerator(seed: 3)
    for count in [1, 2, 3, 10, 33, 64] {
      for levels in [1.0, 3, 1000] {
        var scores = (0..<count).map { _ in Float((generator.nextUniform() * levels).rounded()) }
        if count > 2 { scores.replaceSubrange(0..<3, with: [.nan, .infinity, -.infinity]) }
        let ranked = scores.map { $0.isNaN ? -.infinity : $0 }
        let order = scores.indices.sorted { (-ranked[$0], $0) < (-ranked[$1], $1) }
        for k in 0...count {
          let mask = Tensor(scores, shape: [count]).topKMask(k).scalars
          let expected = Set(order.prefix(k))
          #expect(mask == scores.indices.map { expected.contains($0) ? 1 : 0 }, "\(scores), \(k)")
        }
      }
    }
  }
}
