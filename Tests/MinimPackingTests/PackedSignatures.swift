// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor

/// An MSCRED of random weights, as it is packed, and a recording of waves with a shift in the middle.
struct PackedSignatures {
  let recording: Recording
  let scaler: RangeScaler
  let detector: MSCRED
  /// The trained scores of all rows.
  let scores: [Double]

  /// A detector of a configuration, changed by `adjust`, and streams of so many rows.
  init(
    _ configuration: MSCRED.Configuration, streams: [Int] = [160], seed: UInt64 = 1,
    adjust: (inout MSCRED) -> Void = { _ in }
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let channels = configuration.channels
    let parts = streams.enumerated().map { number, count in
      let values = (0..<count).flatMap { row in
        (0..<channels).map { channel -> Float in
          let wave = sin(0.07 * Double((row + 31 * number) * (channel % 5 + 1)) + Double(channel))
          let noise = Double(generator.next() % 1000) / 5000
          return Float(wave + noise + (row > count / 2 && channel == 0 ? 1.5 : 0))
        }
      }
      return Recording(name: "waves", channels: channels, values: values)
    }
    recording = parts.count == 1 ? parts[0] : .joined(parts, name: "waves")
    scaler = try RangeScaler(recording)
    var made = MSCRED(configuration, using: &generator)
    adjust(&made)
    detector = made
    scores = detector.scores(of: try scaler.apply(to: recording).recording).scores
  }

  /// Packs it, with the trained scores of the last gaps, by default of all.
  func packed(
    _ precision: Precision = .float32, last: Int? = nil, alarm: AlarmChoice = AlarmChoice(),
    bare: Bool = true
  ) throws -> PackedDetector {
    let gap = detector.configuration.gap
    let ends = recording.streams.flatMap { stream in
      stride(from: stream.lowerBound + gap - 1, to: stream.upperBound, by: gap).map { scores[$0] }
    }
    return try pack(
      detector, scaler: scaler, trainedOn: recording,
      calibration: Array(ends.suffix(last ?? ends.count)), precision: precision, alarm: alarm,
      bare: bare)
  }

  /// The trained score of each gap and what a packed one says of it, stream by stream.
  func streamed(_ bytes: [UInt8]) throws -> [(packed: Float, trained: Double)] {
    let gap = detector.configuration.scales.gap
    return try withDetectorSession(bytes) { session in
      var pairs: [(Float, Double)] = []
      for stream in recording.streams {
        session.reset()
        for (place, row) in stream.enumerated() {
          let status = session.step(Array(recording.row(row)))
          guard (place + 1) % gap == 0 else { continue }
          if status == .ready { pairs.append((session.score, scores[row])) }
        }
      }
      return pairs
    }
  }
}

/// The largest relative difference of pairs.
func largestDifference(_ pairs: [(packed: Float, trained: Double)]) -> Double {
  pairs.map { abs(Double($0.packed) - $0.trained) / max($0.trained, 1e-9) }.max() ?? .infinity
}
