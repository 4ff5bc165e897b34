// SPDX-License-Identifier: Apache-2.0

/// Returns scores that know nothing, one for each point, in 0..<1.
///
/// Print their figures beside those of every detector: under point adjustment they beat published
/// ones (methods, gon 2.7). Score i is the i-th output of SplitMix64, a hash of seed and i alone:
/// the same seed gives the same bits, and a longer list begins with the shorter one.
///
/// - Parameters:
///   - count: How many, at least 0.
///   - seed: Any number.
/// - Returns: Multiples of 2^-53.
public func randomScores(count: Int, seed: UInt64) -> [Double] {
  (0..<count).map { index in
    var bits = seed &+ (UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return Double(bits >> 11) * 0x1p-53
  }
}

/// Returns the distance of each test row from the mean of the training rows.
///
/// The score of a row is the mean over its channels of (x - training mean)^2 (methods, gon 2.7).
///
/// - Parameters:
///   - train: Shape (rows, channels), row-major, at least one row, finite.
///   - test: Shape (rows, channels), row-major, finite.
///   - channelCount: At least 1.
/// - Returns: One score for each test row, 0 or more.
/// - Throws: ``ScoreError`` if there is no training row, if a list is no whole number of rows, if a
///   value is NaN or infinite or if the number of channels is below 1.
public func distancesFromTrainingMean(
  train: [Double], test: [Double], channelCount: Int
) throws -> [Double] {
  try checkRows(train: train, test: test, channelCount: channelCount)
  let rowCount = Double(train.count / channelCount)
  var means = [Double](repeating: 0, count: channelCount)
  for (index, value) in train.enumerated() { means[index % channelCount] += value / rowCount }
  return meanOverChannels(of: test, channelCount: channelCount) { value, channel in
    (value - means[channel]) * (value - means[channel])
  }
}

/// Returns the distance of each test row from the range of the training rows.
///
/// The score of a row is the mean over its channels of what x exceeds the training maximum by or
/// falls short of the training minimum by, 0 within (methods, gon 1.10). It learns nothing but two
/// numbers a channel.
///
/// - Parameters:
///   - train: Shape (rows, channels), row-major, at least one row, finite.
///   - test: Shape (rows, channels), row-major, finite.
///   - channelCount: At least 1.
/// - Returns: One score for each test row, 0 or more.
/// - Throws: ``ScoreError`` if there is no training row, if a list is no whole number of rows, if a
///   value is NaN or infinite or if the number of channels is below 1.
public func distancesOutsideTrainingRange(
  train: [Double], test: [Double], channelCount: Int
) throws -> [Double] {
  try checkRows(train: train, test: test, channelCount: channelCount)
  var minima = Array(train.prefix(channelCount))
  var maxima = minima
  for (index, value) in train.enumerated() {
    let channel = index % channelCount
    minima[channel] = min(minima[channel], value)
    maxima[channel] = max(maxima[channel], value)
  }
  return meanOverChannels(of: test, channelCount: channelCount) { value, channel in
    max(value - maxima[channel], minima[channel] - value, 0)
  }
}

private func meanOverChannels(
  of rows: [Double], channelCount: Int, _ value: (Double, Int) -> Double
) -> [Double] {
  stride(from: 0, to: rows.count, by: channelCount).map { start in
    (0..<channelCount).reduce(0) { $0 + value(rows[start + $1], $1) } / Double(channelCount)
  }
}

private func checkRows(train: [Double], test: [Double], channelCount: Int) throws {
  guard channelCount >= 1 else {
    throw ScoreError.outOfRange(
      what: "channel count", found: Double(channelCount), expected: "at least 1")
  }
  guard !train.isEmpty else { throw ScoreError.empty }
  for (list, values) in [("train", train), ("test", test)] {
    let whole = values.count / channelCount * channelCount
    guard values.count == whole else {
      throw ScoreError.lengthMismatch(
        list: "\(list) (whole rows of \(channelCount) channels)", found: values.count,
        expected: whole)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw ScoreError.notFiniteInSeries(
        list: list, row: index / channelCount, channel: index % channelCount)
    }
  }
}
