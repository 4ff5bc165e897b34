// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimTensor
import Testing

/// Reference values of one case, as Tools/golden/operations.py wrote them.
struct GoldenCase: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    func tensor<S: TensorScalar>() -> Tensor<S> { Tensor(values.map { S($0) }, shape: shape) }
  }
  let inputs: [Array]
  let outputs: [Array]
  let cotangents: [Array]
  let gradients: [Array]
}

/// A file of Tests/Golden.
func golden(_ name: String) throws -> Data {
  let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return try Data(contentsOf: tests.appending(path: "Golden/\(name)"))
}

let goldenCases: [String: GoldenCase] =
  (try? JSONDecoder().decode([String: GoldenCase].self, from: golden("operations.json"))) ?? [:]

/// Holds a tensor against reference values: |a - b| ≤ relative · max(|b|, scale), the scale being
/// the mean magnitude of the reference values, at least 0.02.
func expectClose<S: TensorScalar>(
  _ found: Tensor<S>, _ expected: GoldenCase.Array, relative: Double, _ what: String
) {
  #expect(found.shape == expected.shape, "\(what)")
  guard found.shape == expected.shape, !expected.values.isEmpty else { return }
  let scale = max(
    expected.values.reduce(0) { $0 + $1.magnitude } / Double(expected.values.count), 0.02)
  var worst = 0.0
  for (a, b) in zip(found.scalars, expected.values) {
    worst = max(worst, (Double(a) - b).magnitude / max(b.magnitude, scale))
    if Double(a).isNaN != b.isNaN { worst = .infinity }
  }
  #expect(worst <= relative, "\(what): worst relative error \(worst)")
}

@Suite struct OperationTests {
  @Test func everyRowHasReferenceValuesAndEveryReferenceARow() {
    #expect(Set(OperationCases<Double>.rows.keys) == Set(goldenCases.keys))
    #expect(goldenCases.count > 100)
  }

  private func compare<S: TensorScalar>(_ name: String, _ type: S.Type, relative: Double) throws {
    let row = try #require(OperationCases<S>.rows[name])
    let reference = try #require(goldenCases[name])
    let variables = reference.inputs.map { ($0.tensor() as Tensor<S>).variable() }
    let outputs = row(variables)
    #expect(outputs.count == reference.outputs.count)
    var total = Tensor<S>(0)
    for (index, output) in outputs.enumerated() {
      expectClose(output, reference.outputs[index], relative: relative, "\(name) output \(index)")
      total = total + (output * reference.cotangents[index].tensor()).sum()
    }
    for (index, gradient) in gradients(of: total, for: variables).enumerated() {
      expectClose(
        gradient, reference.gradients[index], relative: relative, "\(name) gradient \(index)")
    }
  }

  @Test func gradientsAlongACotangentAreThoseOfTheirSum() {
    let x = Tensor<Double>([0.5, -1, 2, 3], shape: [2, 2]).variable()
    let y = x.squared(), along = Tensor<Double>([1, -2, 0.5, 4], shape: [2, 2])
    #expect(gradients(of: y, along: along, for: [x])[0].scalars == [1, 4, 2, 24])
    #expect(gradients(of: y, along: along, for: [x]) == gradients(of: (y * along).sum(), for: [x]))
  }

  @Test(arguments: goldenCases.keys.sorted())
  func agreesWithPyTorchInDouble(_ name: String) throws {
    try compare(name, Double.self, relative: 1e-11)
  }

  @Test(arguments: goldenCases.keys.sorted())
  func agreesWithPyTorchInFloat(_ name: String) throws {
    try compare(name, Float.self, relative: 1e-5)
  }

  @Test(arguments: goldenCases.keys.sorted())
  func passesItsGradientCheck(_ name: String) throws {
    let row = try #require(OperationCases<Double>.rows[name])
    let reference = try #require(goldenCases[name])
    try checkGradients(at: reference.inputs.map { $0.tensor() }, of: row)
  }

  /// A kept transpose of the weights changes no value and no gradient, whatever the path that the
  /// product takes.
  @Test(arguments: [(2, 3, 4), (32, 128, 190), (200, 70, 90)])
  func aKeptTransposeChangesNothing(_ rows: Int, _ outputs: Int, _ inputs: Int) {
    var generator = SeededGenerator(seed: 5)
    let x = Tensor<Double>.normal(shape: [rows, inputs], using: &generator).variable()
    let weight = Tensor<Double>.normal(shape: [outputs, inputs], using: &generator).variable()
    let bias = Tensor<Double>.normal(shape: [outputs], using: &generator).variable()
    let turned = weight.detached().transposed()
    let plain = x.linear(weight: weight, bias: bias)
    let kept = x.linear(weight: weight, bias: bias, transposed: turned)
    #expect((plain - kept).absolute().max().item < 1e-12)
    let expected = gradients(of: plain.squared().sum(), for: [x, weight, bias])
    let found = gradients(of: kept.squared().sum(), for: [x, weight, bias])
    for (a, b) in zip(expected, found) { #expect((a - b).absolute().max().item < 1e-9) }
  }
}
