// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimTensor
import Testing

/// What Tools/golden/mscred.py wrote.
struct GoldenMSCRED: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    /// Whether a tensor is the same within `limit` of the largest element, or of `size` if that is more.
    func expect<Scalar: TensorScalar>(
      _ found: Tensor<Scalar>, within limit: Double, ofAtLeast size: Double = 1, _ what: String
    ) {
      #expect(found.shape == shape, "\(what)")
      guard found.shape == shape else { return }
      let expected = Tensor(values.map { Scalar($0) }, shape: shape)
      let worst = Double((found - expected).absolute().max().item)
      let largest = values.reduce(size) { max($0, abs($1)) }
      #expect(worst < limit * largest, "\(what): \(worst) of \(largest)")
    }
  }
  struct Network: Decodable, Sendable {
    let output: Array
    let attended: [Array]
    let input: Array
    let gradients: [String: Array]
  }
  struct Accumulator: Decodable, Sendable {
    let matrices: Array
    let hidden: Array
    let cell: Array?
  }
  struct Training: Decodable, Sendable {
    let loss: Double
    let gradients: [String: Array]
  }
  let networks: [String: Network]
  let accumulators: [String: Accumulator]
  let training: [String: Training]

  static let read = Result {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: tests.appending(path: "Golden/mscred.json")))
  }

  /// The numbers of a name, as the script makes them.
  static func numbers<Scalar: TensorScalar>(
    _ name: String, _ shape: [Int], as _: Scalar.Type = Scalar.self
  ) -> Tensor<Scalar> {
    let seed = name.utf8.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) } % 10007
    let bound =
      shape.count > 1 ? 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot() : 0.3
    let values = (0..<shape.reduce(1, *)).map { index -> Scalar in
      let k = index + seed
      return Scalar((Double((k * k * 7919 + k * 31) % 10007) / 5003 - 1) * bound)
    }
    return Tensor(values, shape: shape)
  }
}

extension ParameterTree {
  /// The same with the numbers of its parameters' names.
  func filledByName() -> Self {
    replacingParameters(
      namedParameters.map { GoldenMSCRED.numbers($0.name, $0.tensor.shape) })
  }
}
