// SPDX-License-Identifier: Apache-2.0
internal import MinimRuntime

extension ModelFile.Tensor {
  /// A matrix whose numbers are given row by row.
  ///
  /// `inputScale` is what one unit of an int8 input stands for. int8: scale = max |w| / 127 of the
  /// row, rounded up to a float16; w is rounded to the nearest multiple. Throws
  /// `PackingError.notRepresentable`.
  package static func matrix(
    _ rowMajor: [Float], rows: Int, name: String, precision: Precision, inputScale: Float
  ) throws -> Self {
    let columns = rowMajor.count / rows
    func element(_ row: Int, _ column: Int) -> Float { rowMajor[row * columns + column] }
    if precision != .int8 {
      let columnMajor = (0..<columns).flatMap { column in
        (0..<rows).map { element($0, column) }
      }
      return try dense(columnMajor, rows: rows, name: name, precision: precision)
    }
    var block: [UInt8] = []
    block.append(inputScale)
    var scales: [Float] = []
    for row in 0..<rows {
      let sizes = (0..<columns).map { abs(element(row, $0)) }
      // `max` does not see every NaN.
      let largest = sizes.first(where: \.isNaN) ?? sizes.max() ?? 0
      let scale = largest == 0 ? 1 : roundedUp(largest / 127)
      guard scale.isFinite, scale > 0 else {
        throw PackingError.notRepresentable(tensor: name, value: largest, precision: precision)
      }
      scales.append(Float(scale))
      block.append16(Int(scale.bitPattern))
    }
    for column in 0..<columns {
      for row in 0..<rows {
        let quantised = (element(row, column) / scales[row]).rounded(.toNearestOrEven)
        block.append(UInt8(bitPattern: Int8(max(-127, min(127, quantised)))))
      }
    }
    return Self(type: .int8, rows: rows, columns: columns, block: block)
  }

  /// The weights of a convolution, given as (outputs, inputs, taps) row by row, the oldest step
  /// first, as PyTorch has them.
  ///
  /// Gives (outputs, taps · inputs), column s · inputs + c for tap s. With one input for each output
  /// that is (channels, taps), the matrix of a depth-wise convolution. Throws as `matrix` does.
  package static func convolution(
    _ weights: [Float], outputs: Int, taps: Int, name: String, precision: Precision,
    inputScale: Float
  ) throws -> Self {
    try matrix(
      convolutionRows(weights, outputs: outputs, taps: taps), rows: outputs, name: name,
      precision: precision, inputScale: inputScale)
  }

  /// The matrix of `convolution`, row by row.
  static func convolutionRows(_ weights: [Float], outputs: Int, taps: Int) -> [Float] {
    let inputs = weights.count / (outputs * taps)
    return (0..<outputs).flatMap { output in
      (0..<taps).flatMap { tap in
        (0..<inputs).map { weights[(output * inputs + $0) * taps + tap] }
      }
    }
  }

  /// A vector; in int8 models it is stored in float16.
  package static func vector(_ numbers: [Float], name: String, precision: Precision) throws -> Self
  {
    try dense(numbers, rows: numbers.count, name: name, precision: precision)
  }

  private static func dense(
    _ columnMajor: [Float], rows: Int, name: String, precision: Precision
  ) throws -> Self {
    var block: [UInt8] = []
    for number in columnMajor {
      if precision == .float32 {
        guard number.isFinite else {
          throw PackingError.notRepresentable(tensor: name, value: number, precision: precision)
        }
        block.append(number)
      } else {
        let half = Float16(number)
        guard half.isFinite else {
          throw PackingError.notRepresentable(tensor: name, value: number, precision: precision)
        }
        block.append16(Int(half.bitPattern))
      }
    }
    return Self(
      type: precision == .float32 ? .float32 : .float16, rows: rows,
      columns: columnMajor.count / rows, block: block)
  }

  private static func roundedUp(_ number: Float) -> Float16 {
    let half = Float16(number)
    return Float(half) < number ? half.nextUp : half
  }
}
