// SPDX-License-Identifier: Apache-2.0
internal import MinimSeries
package import MinimTensor

/// How long the three segments are that signature matrices look at, and how far apart the matrices of a sample.
public struct SignatureScales: Codable, Equatable, Sendable {
  /// Rows of the segments, ascending.
  public let segments: [Int]
  /// Rows from one matrix of a sample to the next.
  public let gap: Int
  /// Matrices in a sample.
  public static let steps = 5

  /// The scales of a span of w rows: segments of w / 10, 3 w / 10 and 6 w / 10 rows, rounded to the nearest, and a gap of ⌊w / 10⌋, so that the
  /// oldest row of a sample is about the w-th from its end: 100 gives 10, 30, 60 and 10.
  ///
  /// A span below 10 traps. Source: methods, gon 3.5 A4.
  public init(span: Int) {
    precondition(span >= 10, "a span of \(span) rows")
    segments = [1, 3, 6].map { ($0 * span + 5) / 10 }
    gap = span / 10
  }

  /// Rows that the matrices of a sample look at: the longest segment and four gaps.
  public var rows: Int { segments[2] + (Self.steps - 1) * gap }
}

/// Signature matrices of a stream, kept up to date row by row.
///
/// After row x(t - 1) the matrix of a segment of w rows is M = (1 / w) Σ x(t - δ) x(t - δ)ᵀ over δ = 1 … w; the first row
/// stands for those before it. Each row adds its products to three sums and takes away those of the rows that fall out of
/// the segments: 6 n (n + 1) / 2 multiply-adds, however long these are. Products of float32 numbers are exact in the
/// sums' double precision; a row of numbers beyond about 1e6 takes digits of the others' products away for good, so rows
/// are to be scaled and clipped before. Source: methods, gon 3.1.
public struct SignatureStream: Sendable {
  /// Numbers in a row.
  public let channels: Int
  /// The segments.
  public let scales: SignatureScales
  /// The last rows, as many as the longest segment has, the oldest at `place`.
  private var ring: [Double]
  private var place = 0
  private var began = false
  /// The sums of each segment: products i ≥ j, row after row.
  private var sums: [Double]

  /// A stream of which no row has come.
  public init(channels: Int, scales: SignatureScales) {
    precondition(channels > 0, "a stream of \(channels) channels")
    self.channels = channels
    self.scales = scales
    ring = [Double](repeating: 0, count: scales.segments[2] * channels)
    sums = [Double](repeating: 0, count: 3 * channels * (channels + 1) / 2)
  }

  /// Takes the next row; another count of numbers traps.
  public mutating func push(_ row: some RandomAccessCollection<Float>) {
    precondition(row.count == channels, "a row of \(row.count) numbers, expected \(channels)")
    let newest = row.map(Double.init)
    if !began { begin(with: newest) }
    let length = scales.segments[2], size = channels * (channels + 1) / 2
    ring.withUnsafeBufferPointer { ring in
      sums.withUnsafeMutableBufferPointer { sums in
        for (scale, segment) in scales.segments.enumerated() {
          let oldest = (place + length - segment) % length * channels
          var entry = scale * size
          for i in 0..<channels {
            let new = newest[i], old = ring[oldest + i]
            for j in 0...i {
              sums[entry] += new * newest[j] - old * ring[oldest + j]
              entry += 1
            }
          }
        }
      }
    }
    for (channel, value) in newest.enumerated() { ring[place * channels + channel] = value }
    place = (place + 1) % length
  }

  private mutating func begin(with row: [Double]) {
    began = true
    for index in ring.indices { ring[index] = row[index % channels] }
    var entry = 0
    for segment in scales.segments {
      for i in 0..<channels {
        for j in 0...i {
          sums[entry] = Double(segment) * row[i] * row[j]
          entry += 1
        }
      }
    }
  }

  /// The three matrices, (segment, i, j), shortest segment first; zeros before the first row.
  public var matrices: [Float] {
    var result = [Float](repeating: 0, count: 3 * channels * channels), entry = 0
    for (scale, segment) in scales.segments.enumerated() {
      for i in 0..<channels {
        for j in 0...i {
          let value = Float(sums[entry] / Double(segment))
          result[(scale * channels + i) * channels + j] = value
          result[(scale * channels + j) * channels + i] = value
          entry += 1
        }
      }
    }
    return result
  }
}

extension SignatureScales {
  /// The matrices of samples, (count, 5, 3, channels, channels), directly from their rows (count, rows or more,
  /// channels), the newest last.
  package func matrices(of rows: Tensor<Float>) -> Tensor<Float> {
    let count = rows.shape[0], length = rows.shape[1], channels = rows.shape[2]
    let columns = rows.permuted([0, 2, 1])
    let all = (0..<Self.steps).flatMap { step in
      segments.map { segment in
        let end = length - (Self.steps - 1 - step) * gap
        let part = columns.sliced(end - segment..<end, along: 2)
        return (part.product(part, otherTransposed: true) / Float(segment))
          .reshaped(to: [count, 1, channels, channels])
      }
    }
    return .concatenated(all, along: 1)
      .reshaped(to: [count, Self.steps, segments.count, channels, channels])
  }
}
