// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimSeries

/// The scores that thresholds are found from: of the rows kept apart, a share `held` of each stream, where these `kept` are 1,000 or
/// more, of all rows otherwise; one of each gap where rows share a score.
///
/// Windows lie within their stream; where no stream is as long as one, the last score of each counts. Throws `DataError`
/// for a score that is not finite.
func calibrationScores(
  of detector: any Detector, rows: Recording, held: Double, kept: Int
) throws -> [Double] {
  let configuration = detector.configuration, gap = configuration.gap
  let reach = configuration.window - 1 + configuration.lag
  let parts =
    kept >= 1000 ? rows.parted(last: held, lead: reach).last : rows.streams.map { rows.rows($0) }
  var calibration: [Double] = [], last: [Double] = []
  for part in parts {
    let scores = detector.scores(of: part).scores
    if let row = scores.firstIndex(where: { !$0.isFinite }) {
      throw DataError(
        file: part.name, found: "a score of \(scores[row]) for training row \(row)",
        expected: "finite scores of normal rows", advice: "try a smaller --learning-rate")
    }
    // A gap's score stands at its last row; of a stream shorter than a gap it is that of the first window there is.
    calibration += stride(from: gap - 1, to: scores.count, by: gap).filter { $0 >= reach }
      .map { scores[$0] }
    last.append(scores[scores.count - 1])
  }
  return calibration.isEmpty ? last : calibration
}
