// SPDX-License-Identifier: Apache-2.0

/// Returns the buffer length of the volume under the surface that suits a series: its period.
///
/// The autocorrelation of the first 20,000 points, its mean taken off, at lags 3 ... 400: the lag of
/// the highest value that exceeds both neighbours, the shortest such lag on a tie. Without any, or
/// if that lag is below 6 or above 303, the answer is 125 (methods, gon 2.6e).
///
/// - Parameter series: The values of one channel in the order of time, at least one, finite.
/// - Returns: 6...303.
/// - Throws: ``ScoreError`` if there is no value, or one that is NaN or infinite.
/// - Complexity: O(400 *n*) for the first 20,000 points.
public func bufferLength(fromAutocorrelationOf series: [Double]) throws -> Int {
  guard !series.isEmpty else { throw ScoreError.empty }
  for (index, value) in series.enumerated() {
    if value.isNaN { throw ScoreError.notANumber(index: index) }
    guard value.isFinite else { throw ScoreError.notFinite(index: index) }
  }
  let fallback = 125
  let head = series.prefix(20_000)
  let mean = head.reduce(0) { $0 + $1 / Double(head.count) }
  let centred = head.map { $0 - mean }
  let lastLag = min(400, centred.count - 1)
  guard lastLag >= 5 else { return fallback }
  let lags = Array(3...lastLag)
  let products = lags.map { lag in
    (0..<(centred.count - lag)).reduce(0) { $0 + centred[$1] * centred[$1 + lag] }
  }
  var best: Int?
  for index in 1..<(products.count - 1)
  where products[index] > products[index - 1] && products[index] > products[index + 1]
    && products[index] > best.map({ products[$0] }) ?? -.infinity
  {
    best = index
  }
  guard let best, (6...303).contains(lags[best]) else { return fallback }
  return lags[best]
}
