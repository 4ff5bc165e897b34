// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimTensor
import Testing

/// Signature matrices beside a direct sum of products.
@Suite struct SignatureMatricesTests {
  static let channels = 4

  private static func rows(_ count: Int, seed: UInt64 = 5) -> [[Float]] {
    var generator = SeededGenerator(seed: seed)
    let values = Tensor<Float>.uniform(
      in: -1...2, shape: [count * channels], using: &generator
    ).scalars
    return (0..<count).map { Array(values[$0 * channels..<($0 + 1) * channels]) }
  }

  /// (1 / w) Σ x(end - δ) x(end - δ)ᵀ over δ = 1 … w, in double precision; row 0 stands for those before it.
  private static func direct(_ rows: [[Float]], end: Int, segment: Int) -> [Double] {
    (0..<channels * channels).map { entry in
      var sum = 0.0
      for back in 1...segment {
        let row = rows[max(end - back, 0)]
        sum += Double(row[entry / channels]) * Double(row[entry % channels])
      }
      return sum / Double(segment)
    }
  }

  /// Methods, gon 3.5 A4.
  @Test(arguments: [
    (800, [80, 240, 480, 80]), (400, [40, 120, 240, 40]), (200, [20, 60, 120, 20]),
    (100, [10, 30, 60, 10]), (50, [5, 15, 30, 5]), (25, [3, 8, 15, 2]),
  ]) func spans(_ span: Int, numbers: [Int]) {
    let scales = SignatureScales(span: span)
    #expect(scales.segments + [scales.gap] == numbers)
    #expect(scales.rows == numbers[2] + 4 * numbers[3])
  }

  @Test(arguments: [100, 25]) func streamIsADirectSum(span: Int) {
    let scales = SignatureScales(span: span), rows = Self.rows(10_000)
    var stream = SignatureStream(channels: Self.channels, scales: scales)
    #expect(stream.matrices.allSatisfy { $0 == 0 } && stream.matrices.count == 3 * 16)
    var worst = 0.0
    for end in 1...rows.count {
      stream.push(rows[end - 1])
      let matrices = stream.matrices
      for (scale, segment) in scales.segments.enumerated() {
        let found = matrices[scale * 16..<(scale + 1) * 16]
        for (a, b) in zip(found, Self.direct(rows, end: end, segment: segment)) {
          worst = max(worst, abs(Double(a) - b))
        }
      }
    }
    #expect(worst < 1e-5, "\(worst)")
  }

  /// All at once from windows, of which only the last rows count.
  @Test(arguments: [100, 25], [0, 7]) func windowsAreADirectSum(span: Int, more: Int) {
    let scales = SignatureScales(span: span), length = scales.rows + more
    let windows = (0..<3).map { Self.rows(length, seed: UInt64($0)) }
    let found = scales.matrices(
      of: Tensor(windows.flatMap { $0.flatMap { $0 } }, shape: [3, length, Self.channels]))
    #expect(found.shape == [3, 5, 3, 4, 4])
    let expected = windows.flatMap { rows in
      (0..<5).flatMap { step in
        scales.segments.flatMap {
          Self.direct(rows, end: length - (4 - step) * scales.gap, segment: $0)
        }
      }
    }
    let worst = zip(found.scalars, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(worst < 1e-5, "\(worst)")
  }

  @Test func matricesAreSymmetricAndNonnegative() {
    var stream = SignatureStream(channels: Self.channels, scales: SignatureScales(span: 25))
    var generator = SeededGenerator(seed: 9)
    for row in Self.rows(500) {
      stream.push(row)
      let matrices = stream.matrices
      let direction = Tensor<Float>.normal(deviation: 1, shape: [4], using: &generator).scalars
      for scale in 0..<3 {
        var form: Float = 0
        for i in 0..<4 {
          for j in 0..<4 {
            #expect(matrices[(scale * 4 + i) * 4 + j] == matrices[(scale * 4 + j) * 4 + i])
            form += matrices[(scale * 4 + i) * 4 + j] * direction[i] * direction[j]
          }
        }
        #expect(form > -1e-4)
      }
    }
  }

  /// A segment is half-open: a row is in the matrices after it for w rows, and then no more.
  @Test func aRowFallsOut() {
    let scales = SignatureScales(span: 25)
    var stream = SignatureStream(channels: 1, scales: scales)
    for _ in 0..<20 { stream.push([0]) }
    stream.push([6])
    for after in 0..<20 {
      let expected = scales.segments.map { after < $0 ? 36 / Float($0) : 0 }
      #expect(stream.matrices == expected, "\(after) rows after it")
      stream.push([0])
    }
  }

  @Test func theFirstRowStandsForThoseBefore() {
    var stream = SignatureStream(channels: 2, scales: SignatureScales(span: 100))
    stream.push([2, -3])
    #expect(stream.matrices == [4, -6, -6, 9, 4, -6, -6, 9, 4, -6, -6, 9])
    let once = stream.matrices
    stream.push([2, -3])
    #expect(stream.matrices == once)
  }
}
