// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimTensor
import Testing

/// An array as the scripts for forecasters write it.
struct GoldenArray: Decodable, Sendable {
  let shape: [Int]
  let values: [Double]

  var tensor: Tensor<Double> { Tensor(values, shape: shape) }

  /// Whether a tensor is the same within 1e-9 of the largest element, or of 1.
  func expect(_ found: Tensor<Double>, _ what: String) {
    #expect(found.shape == shape, "\(what)")
    guard found.shape == shape else { return }
    let worst = (found - tensor).absolute().max().item
    let size = max(1, values.reduce(0) { max($0, abs($1)) })
    #expect(worst < 1e-9 * size, "\(what): \(worst) of \(size)")
  }
}

/// The numbers of a parameter or buffer by its name, as the scripts for forecasters make them.
func goldenNumbers(_ name: String, shape: [Int]) -> Tensor<Double> {
  let seed = name.utf8.enumerated().reduce(0) { $0 + ($1.offset + 1) * Int($1.element) } % 10007
  let bound = 1 / Double(shape.dropFirst().reduce(1, *)).squareRoot()
  let values = (seed..<seed + shape.reduce(1, *)).map { k -> Double in
    let value = Double((k * k * 7919 + k * 31) % 10007) / 5003 - 1
    return if shape.count > 1 {
      value * bound
    } else if name.hasSuffix("running_var") {
      1 + 0.5 * value
    } else if name.hasSuffix("weight") {
      1 + 0.25 * value
    } else {
      0.3 * value
    }
  }
  return Tensor(values, shape: shape)
}

extension Forecaster<Double> {
  /// Sets all parameters and buffers to the numbers of their names.
  mutating func fillByName() {
    func fill(_ path: ParameterPath, _ tensor: inout Tensor<Double>) {
      tensor = goldenNumbers(path.description, shape: tensor.shape)
    }
    visitParameters(under: .root, fill)
    visitBuffers(under: .root, fill)
  }
}
