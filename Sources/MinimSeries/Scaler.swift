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

  /// (x - mean) / deviation in single precision, as devices compute it.
  func scaled(_ x: Float, channel: Int) -> Float { (x - means[channel]) / deviations[channel] }
}
