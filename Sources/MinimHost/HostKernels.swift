// SPDX-License-Identifier: Apache-2.0
internal import CMinimSystem
public import MinimRuntime

/// The loops in plain Swift, those of one-bit matrices for the processor at hand: the same bits.
public enum HostKernels: Kernels {
  /// As `PlainKernels`; one-bit matrices with a seed by `minim_signed_products`.
  public static func accumulate(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    quantised: UnsafeMutablePointer<Int8>
  ) {
    if matrix.type == .oneBit, !matrix.hasExplicitSigns,
      minim_signed_products(
        matrix.maskBits, matrix.seed, matrix.rows, matrix.columns, matrix.alpha, x, out) != 0
    {
      return
    }
    PlainKernels.accumulate(matrix, x, into: out, quantised: quantised)
  }

  /// As `PlainKernels`.
  public static func accumulateDepthwise(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>,
    quantised: UnsafeMutablePointer<Int8>
  ) { PlainKernels.accumulateDepthwise(matrix, x, into: out, quantised: quantised) }

  /// As `PlainKernels`; one-bit matrices by `minim_signed_sums`.
  public static func multiply(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, lanes: Int, bias: Matrix?, relu: Bool,
    into y: UnsafeMutablePointer<Float>, quantised: UnsafeMutablePointer<Int8>,
    list: UnsafeMutablePointer<UInt32>
  ) {
    guard matrix.type == .oneBit else {
      return PlainKernels.multiply(
        matrix, x, lanes: lanes, bias: bias, relu: relu, into: y, quantised: quantised, list: list)
    }
    let alpha = matrix.alpha
    PlainKernels.forEachRow(of: matrix, lanes: lanes, bias: bias, room: list) { row, terms, bias in
      minim_signed_sums(
        terms.baseAddress, terms.count, x, lanes, alpha, bias, relu ? 1 : 0, y + row &* lanes)
    }
  }

  /// As `PlainKernels`.
  public static func multiplyTransposed(
    _ matrix: Matrix, _ x: UnsafePointer<Float>, parts: Int,
    into y: UnsafeMutablePointer<Float>, list: UnsafeMutablePointer<UInt32>
  ) { PlainKernels.multiplyTransposed(matrix, x, parts: parts, into: y, list: list) }
}
