// SPDX-License-Identifier: Apache-2.0

/// How channels are brought to mean 0 and deviation 1.
public enum NormalisePolicy: String, Codable, CaseIterable, Sendable {
  /// Each channel of each case by its own mean and deviation; a stream needs a window for it.
  case eachCase = "case"
  /// Each channel by the mean and deviation that it has over the training cases.
  case training = "train"
  /// Not at all.
  case none
}

/// The mean and the deviation of each channel over the cases that a model learns from.
public struct Scaler: Codable, Equatable, Sendable {
  /// The mean of each channel.
  public var means: [Float]
  /// The population standard deviation of each channel; 1 where it is below 1e-8.
  public var deviations: [Float]

  /// Measures prepared cases, their padding left out.
  ///
  /// mean_c = Σ x / n; deviation_c = sqrt(Σ (x - mean_c)² / n), in double precision.
  public init(_ cases: PreparedCases) {
    let channels = cases.channelCount
    means = []
    deviations = []
    for channel in 0..<channels {
      func sum(_ term: (Double) -> Double) -> Double {
        var total = 0.0
        for (index, length) in cases.lengths.enumerated() {
          for step in 0..<length {
            let place = (index * cases.length + step) * channels + channel
            total += term(Double(cases.values[place]))
          }
        }
        return total
      }
      let count = Double(cases.lengths.reduce(0, +))
      let mean = sum { $0 } / count
      let deviation = (sum { ($0 - mean) * ($0 - mean) } / count).squareRoot()
      means.append(Float(mean))
      deviations.append(deviation < 1e-8 ? 1 : Float(deviation))
    }
  }

  /// Measures the rows of a recording, the same way.
  public init(_ recording: Recording) {
    let channels = recording.channels, count = Double(recording.count)
    means = []
    deviations = []
    for channel in 0..<channels {
      func mean(_ term: (Double) -> Double) -> Double {
        (0..<recording.count).reduce(0) {
          $0 + term(Double(recording.values[$1 * channels + channel]))
        } / count
      }
      let centre = mean { $0 }
      let deviation = mean { ($0 - centre) * ($0 - centre) }.squareRoot()
      means.append(Float(centre))
      deviations.append(deviation < 1e-8 ? 1 : Float(deviation))
    }
  }

  /// The recording with every channel scaled.
  public func scaled(_ recording: Recording) -> Recording {
    precondition(
      recording.channels == means.count, "\(recording.channels) channels, \(means.count) scales")
    return recording.with(
      values: recording.values.enumerated().map { place, x in
        scaled(x, channel: place % means.count)
      })
  }

  /// (x - mean) / deviation in single precision, as devices compute it.
  func scaled(_ x: Float, channel: Int) -> Float { (x - means[channel]) / deviations[channel] }
}
