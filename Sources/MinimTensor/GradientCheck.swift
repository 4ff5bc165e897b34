// SPDX-License-Identifier: Apache-2.0

/// The worst disagreement that a gradient check found.
public struct GradientMismatch: Error, CustomStringConvertible, Sendable {
  /// Which of the inputs, and which of its elements.
  public let input: Int
  /// The element's index in row-major order.
  public let element: Int
  /// What the tape gave.
  public let analytic: Double
  /// What central differences gave.
  public let numeric: Double

  /// One line with both values.
  public var description: String {
    "input \(input), element \(element): the tape gives \(analytic), central differences \(numeric)"
  }
}

/// Holds the tape's gradients of a function of several tensors against central differences, in
/// `Double`.
///
/// The function's outputs are folded to one number with fixed weights, then each input element x is
/// moved by ±ε: (f(x + ε) - f(x - ε)) / 2ε must equal the tape's gradient within atol + rtol
/// |numeric|. Defaults are those of PyTorch's gradcheck. Throws `GradientMismatch` for the worst
/// element that fails.
public func checkGradients(
  at inputs: [Tensor<Double>], epsilon: Double = 1e-6, absolute: Double = 1e-5,
  relative: Double = 1e-3, of function: ([Tensor<Double>]) -> [Tensor<Double>]
) throws {
  func folded(_ inputs: [Tensor<Double>]) -> Tensor<Double> {
    var total = Tensor<Double>(0)
    for (place, output) in function(inputs).enumerated() {
      let weights = (0..<output.count).map { Double(($0 * 7 + place * 3) % 11) / 11 - 0.4 }
      total = total + (output * Tensor(weights, shape: output.shape)).sum()
    }
    return total
  }
  let variables = inputs.map { $0.variable() }
  let analytic = gradients(of: folded(variables), for: variables)
  var worst: (excess: Double, mismatch: GradientMismatch)?
  for (place, input) in inputs.enumerated() {
    for element in 0..<input.count {
      func moved(by step: Double) -> Double {
        var inputs = inputs
        inputs[place].withUnsafeMutableScalars { $0[element] += step }
        return folded(inputs).item
      }
      let numeric = (moved(by: epsilon) - moved(by: -epsilon)) / (2 * epsilon)
      let value = analytic[place].scalars[element]
      let excess = (numeric - value).magnitude - (absolute + relative * numeric.magnitude)
      if !(excess <= 0), excess > worst?.excess ?? -.infinity || excess.isNaN {
        worst = (
          excess,
          GradientMismatch(input: place, element: element, analytic: value, numeric: numeric)
        )
      }
    }
  }
  if let worst { throw worst.mismatch }
}
