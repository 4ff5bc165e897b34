// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Soft dynamic time warping between sequences, with squared Euclidean costs.
///
/// The value is negative for close sequences and not least at equality; the divergence is 0 there and positive
/// elsewhere. Source: methods, memkd 3.
public struct SoftDTW: Codable, Equatable, Sendable {
  /// γ, above 0: how much paths beside the best count; towards 0 the value is that of hard DTW.
  public var gamma: Double
  /// The largest |i - j| of a path, nil for any; at least the difference of the numbers of steps.
  public var band: Int?
  /// Whether S(x,y) = V(x,y) - (V(x,x) + V(y,y)) / 2 is taken for V(x,y).
  public var divergence: Bool

  /// A distance with γ 1, no band, and no divergence by default.
  public init(gamma: Double = 1, band: Int? = nil, divergence: Bool = false) {
    self.gamma = gamma
    self.band = band
    self.divergence = divergence
  }

  /// One number for each pair of x (batch, n, width) and y (batch, m, width).
  ///
  /// With `lengths`, n and m being equal, sequences end at their valid steps.
  public func callAsFunction<Scalar: TensorScalar>(
    _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, lengths: [Int]? = nil
  ) -> Tensor<Scalar> {
    precondition(
      x.rank == 3 && y.rank == 3 && x.shape[0] == y.shape[0] && x.shape[2] == y.shape[2]
        && (lengths == nil || x.shape == y.shape),
      "soft-DTW: shapes \(x.shape) and \(y.shape) need the same batch and width")
    func value(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
      squaredDistances(a, b).softDTW(gamma: Scalar(gamma), band: band, lengths: lengths)
    }
    guard divergence else { return value(x, y) }
    return value(x, y) - (value(x, x) + value(y, y)) * Scalar(0.5)
  }
}

/// ‖xᵢ - yⱼ‖² of (batch, n, width) and (batch, m, width): (batch, n, m).
private func squaredDistances<Scalar: TensorScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>
) -> Tensor<Scalar> {
  let ofX = x.squared().sum(over: [2], keepingAxes: true)
  let ofY = y.squared().sum(over: [2]).reshaped(to: [y.shape[0], 1, y.shape[1]])
  return ofX + ofY - 2 * x.product(y, otherTransposed: true)
}
