// SPDX-License-Identifier: Apache-2.0
internal import MinimTensor

/// The 17 fixed filters of LITE (Ismail-Fawaz and others 2023; methods, memkd 7.3): six for rises, six
/// for falls, five for peaks.
///
/// A rise of kernel k = 2, 4, ..., 64 is -1, +1, -1, ..., +1, a fall its negative. A peak of k = 4,
/// 8, ..., 64 has 3k/2 taps: with q = k/4, the ramp r = (1/q)², (2/q)², ..., 1 and its mirror image
/// r', it is -r -r' 2r 2r' -r -r' one after the other. Every filter sums to 0. Oldest tap first.
public func handMadeFilters() -> [[Double]] {
  let sizes = [2, 4, 8, 16, 32, 64]
  let rises = sizes.map { size in (0..<size).map { $0 % 2 == 0 ? -1.0 : 1 } }
  let peaks = sizes.dropFirst().map { size in
    let quarter = size / 4
    let ramp = (1...quarter).map { Double($0 * $0) / Double(quarter * quarter) }
    let arch = ramp + ramp.reversed()
    return arch.map { -$0 } + arch.map { 2 * $0 } + arch.map { -$0 }
  }
  return rises + rises.map { $0.map { -$0 } } + peaks
}

/// The fixed filters as a weight (17, 1, 96) of a causal convolution, zeros before the shorter ones.
func handMadeWeight<Scalar: TensorScalar>() -> Tensor<Scalar> {
  let filters = handMadeFilters()
  let longest = filters.map(\.count).max() ?? 0
  let taps = filters.flatMap {
    [Double](repeating: 0, count: longest - $0.count) + $0
  }
  return Tensor(taps.map { Scalar($0) }, shape: [filters.count, 1, longest])
}
