// SPDX-License-Identifier: Apache-2.0

/// What to do about missing values.
public enum MissingPolicy: String, Codable, CaseIterable, Sendable {
  /// They are an error.
  case error
  /// They are filled linearly between their neighbours; at the ends the nearest value is held.
  case interpolate
}

/// What to do about series of different lengths.
public enum LengthPolicy: Codable, Equatable, Sendable, CustomStringConvertible {
  /// They are an error.
  case require
  /// Every series is brought to this many steps by linear interpolation, its ends kept.
  case resample(Int)
  /// Shorter series are padded at the end; models are told the true lengths.
  case pad

  /// A policy from its text: `require`, `pad` or `resample:100`.
  ///
  /// Throws `OptionError`.
  public init(_ text: String) throws(OptionError) {
    switch text {
    case "require": self = .require
    case "pad": self = .pad
    default:
      guard text.hasPrefix("resample:"), let steps = Int(text.dropFirst("resample:".count)),
        (1...1_000_000).contains(steps)
      else {
        throw OptionError(
          "--length: found \"\(text)\", expected require, pad or resample:N with N from 1 to 1000000"
        )
      }
      self = .resample(steps)
    }
  }

  /// The policy's text.
  public var description: String {
    switch self {
    case .require: "require"
    case .resample(let steps): "resample:\(steps)"
    case .pad: "pad"
    }
  }
}

/// Cases ready for a model: numbers in one block, all of one length.
public struct PreparedCases: Equatable, Sendable {
  /// Channels of each case.
  public var channelCount: Int
  /// Time steps of the block; shorter cases are padded with zeros at the end.
  public var length: Int
  /// The true length of each case.
  public var lengths: [Int]
  /// The values in (cases, time, channels) order.
  public var values: [Float]
  /// The class of each case, as an index into `classNames`.
  public var labels: [Int]
  /// The names of the classes.
  public var classNames: [String]

  /// The number of cases.
  public var caseCount: Int { labels.count }

  /// Whether some case is shorter than the block.
  public var isPadded: Bool { lengths.contains { $0 != length } }

  /// The cases at some indices, in that order.
  public func subset(_ indices: [Int]) -> PreparedCases {
    var part = self
    let size = length * channelCount
    part.lengths = indices.map { lengths[$0] }
    part.labels = indices.map { labels[$0] }
    part.values = []
    part.values.reserveCapacity(indices.count * size)
    for index in indices { part.values += values[(index * size)..<((index + 1) * size)] }
    return part
  }
}

/// How raw series become what a model sees.
///
/// Only the scaler is fitted, by `fitted(to:)`; all else treats each case by itself.
///
/// In order: missing values, length, normalisation (of each channel of each case: by its population
/// standard deviation; one below 1e-8 gives zeros), padding. Source: methods, memkd 1.5.
public struct Preparation: Codable, Equatable, Sendable {
  /// What to do about missing values.
  public var missing: MissingPolicy
  /// What to do about different lengths.
  public var length: LengthPolicy
  /// How channels are brought to mean 0 and deviation 1.
  public var normalise: NormalisePolicy
  /// What `NormalisePolicy.training` scales by, once it is fitted.
  public private(set) var scaler: Scaler?

  /// A preparation; without arguments the strictest.
  public init(
    missing: MissingPolicy = .error, length: LengthPolicy = .require,
    normalise: NormalisePolicy = .eachCase
  ) {
    self.missing = missing
    self.length = length
    self.normalise = normalise
  }

  /// The same with its scaler fitted to a set, where it needs one and has none yet.
  ///
  /// Throws `DataError`, as `apply`.
  public func fitted(to set: SeriesSet) throws -> Preparation {
    guard normalise == .training, scaler == nil else { return self }
    var plain = self
    plain.normalise = .none
    var fitted = self
    fitted.scaler = Scaler(try plain.apply(to: set))
    return fitted
  }

  /// Prepares a set.
  ///
  /// Throws `DataError` that names the set, case and channel, and the option that would help; also
  /// where a scaler is needed that is not fitted, or was fitted to other channels.
  public func apply(to set: SeriesSet) throws -> PreparedCases {
    let scaler = normalise == .training ? scaler : nil
    if normalise == .training, scaler?.means.count != set.channelCount {
      throw DataError(
        file: set.name, found: "\(set.channelCount) channels",
        expected: "the \(scaler?.means.count ?? 0) that the scaler is fitted to",
        advice: "call fitted(to:) with the training cases first")
    }
    guard let range = set.lengthRange else {
      throw DataError(file: set.name, found: "no cases", expected: "at least one")
    }
    if case .require = length, range.lowerBound != range.upperBound {
      throw DataError(
        file: set.name, found: "series of \(range.lowerBound) to \(range.upperBound) steps",
        expected: "one length", advice: "give --length resample:N or --length pad")
    }
    var steps = range.upperBound
    if case .resample(let wanted) = length { steps = wanted }
    var result = PreparedCases(
      channelCount: set.channelCount, length: steps, lengths: [],
      values: [Float](repeating: 0, count: set.cases.count * steps * set.channelCount),
      labels: set.cases.map(\.label), classNames: set.classNames)
    for (index, item) in set.cases.enumerated() {
      var used = item.length
      for channel in 0..<set.channelCount {
        var line = Array(item.values[(channel * item.length)..<((channel + 1) * item.length)])
        try fillMissing(&line, set: set, item: item, channel: channel)
        if case .resample(let wanted) = length { line = resampled(line, to: wanted) }
        if normalise == .eachCase { zNormalise(&line) }
        used = line.count
        for (step, value) in line.enumerated() {
          let x = Float(value)
          result.values[(index * steps + step) * set.channelCount + channel] =
            scaler?.scaled(x, channel: channel) ?? x
        }
      }
      result.lengths.append(used)
    }
    return result
  }

  private func fillMissing(
    _ line: inout [Double], set: SeriesSet, item: SeriesCase, channel: Int
  ) throws {
    guard let first = line.firstIndex(where: \.isNaN) else { return }
    func problem(_ found: String, _ expected: String, _ advice: String) -> DataError {
      DataError(
        file: set.name, line: item.line, field: "channel \(channel + 1), step \(first + 1)",
        found: found,
        expected: expected, advice: advice)
    }
    guard missing == .interpolate else {
      throw problem("a missing value", "a number", "give --missing interpolate to fill it")
    }
    guard line.contains(where: { !$0.isNaN }) else {
      throw problem("only missing values", "at least one number", "leave this case out")
    }
    interpolateMissing(&line)
  }
}

/// Fills NaN linearly between neighbours; the nearest value is held at the ends.
///
/// Some value must be known.
func interpolateMissing(_ line: inout [Double]) {
  var known: Int?
  for place in line.indices where !line[place].isNaN {
    if let before = known {
      for gap in (before + 1)..<max(place, before + 1) {
        let share = Double(gap - before) / Double(place - before)
        line[gap] = line[before] + (line[place] - line[before]) * share
      }
    } else {
      for gap in 0..<place { line[gap] = line[place] }
    }
    known = place
  }
  if let last = known {
    for gap in (last + 1)..<max(line.count, last + 1) { line[gap] = line[last] }
  }
}

/// A series at `steps` places spread evenly from its first to its last value, linearly between its
/// own steps.
func resampled(_ line: [Double], to steps: Int) -> [Double] {
  guard line.count > 1, steps > 1 else {
    return [Double](repeating: line.first ?? 0, count: steps)
  }
  return (0..<steps).map { step in
    let place = Double(step) * Double(line.count - 1) / Double(steps - 1)
    let before = min(Int(place), line.count - 2)
    return line[before] + (line[before + 1] - line[before]) * (place - Double(before))
  }
}

/// Brings a series to mean 0 and population standard deviation 1; a deviation under 1e-8 gives
/// zeros.
func zNormalise(_ line: inout [Double]) {
  let count = Double(line.count)
  let mean = line.reduce(0, +) / count
  let deviation = (line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
  for place in line.indices {
    line[place] = deviation < 1e-8 ? 0 : (line[place] - mean) / deviation
  }
}
