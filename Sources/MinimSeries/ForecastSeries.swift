// SPDX-License-Identifier: Apache-2.0

/// A series to forecast: rows without gaps, and their times where the data has them.
public struct ForecastSeries: Equatable, Sendable {
  /// The rows, finite.
  public let recording: Recording
  /// The times of the rows; nil where the data has none.
  public let times: TimeAxis?

  /// A series from its parts.
  public init(recording: Recording, times: TimeAxis?) {
    self.recording = recording
    self.times = times
  }
}

/// Reads a series to forecast; nothing is filled or resampled unless asked for.
///
/// The file, gzip or not, is an array `.npy` of (time) or (time, channels), or comma-separated text
/// with a header; `.txt` has no header, and channels named "0", "1", …. The first column holds
/// times where it is named `time`, `timestamp`, `date` or `datetime`, of any case, or is no number in
/// the first row. Their step is the most common difference, the shorter of equals.
///
/// `resample` (seconds, 1 to 2^50) makes row k the mean of what rows of times in
/// start + k · resample ..< start + (k + 1) · resample have, with start the first time rounded down to
/// a multiple of it. `fill` then gives values to missing cells and missing rows, at most 10,000 rows
/// for each that was read. `ignoringTimes` takes the rows as they stand, without times, as published
/// figures on a set with a gap in them do.
///
/// Throws `DataError` with the first bad line: a damaged file; a time that cannot be read or has
/// another form than the first; times that go back, stand twice (unless resampled) or lie off the
/// step; gaps and missing cells that are not filled or have no neighbour to fill from; infinite
/// values; fewer than 2 rows; `resample` without times. Another step traps.
public func readForecastSeries(
  at path: String, resample: Int? = nil, fill: FillPolicy? = nil, ignoringTimes: Bool = false
) throws(DataError) -> ForecastSeries {
  precondition(
    resample.map { (1...1 << 50).contains($0) } ?? true, "a step of \(resample ?? 0) seconds")
  let rows =
    try plainName(path).hasSuffix(".npy")
    ? ForecastRows(array: path, keepsMissing: fill != nil)
    : ForecastRows(
      table: path, keepsMissing: fill != nil,
      order: ignoringTimes ? nil : resample == nil ? .rising : .notFalling)
  try rows.checkCount(rows.count, "")
  let (times, gapped) = try rows.onAxis(resample: resample, isFilled: fill != nil)
  try rows.checkCount(gapped.count / rows.channels, "take a shorter step to resample to")
  var values = gapped
  if let fill { try rows.fill(&values, by: fill, times: times) }
  return ForecastSeries(
    recording: Recording(
      name: path, channels: rows.channels, channelNames: rows.channelNames, values: values),
    times: times)
}
