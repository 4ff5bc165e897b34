// SPDX-License-Identifier: Apache-2.0

/// Returns the maximal runs of `true`, in order, as half-open ranges of indices.
///
/// A run may begin at index 0 and end at the end of the list; runs never touch. An empty list and
/// one without `true` have none.
///
///     anomalySegments(of: [true, false, true, true])  // [0..<1, 2..<4]
///
/// - Complexity: O(*n*).
public func anomalySegments(of labels: [Bool]) -> [Range<Int>] {
  var segments: [Range<Int>] = []
  var start: Int?
  for (index, label) in labels.enumerated() {
    switch (label, start) {
    case (true, nil):
      start = index
    case (false, let first?):
      segments.append(first..<index)
      start = nil
    default: break
    }
  }
  if let start { segments.append(start..<labels.count) }
  return segments
}

/// Checks that there is a point, and an alarm or none for each label.
func checkAlarms(_ alarms: [Bool], labels: [Bool]) throws {
  guard !(labels.isEmpty && alarms.isEmpty) else { throw ScoreError.empty }
  guard alarms.count == labels.count else {
    throw ScoreError.lengthMismatch(list: "alarms", found: alarms.count, expected: labels.count)
  }
}

/// Returns the harmonic mean of precision and recall, 0 if both are 0.
func harmonicMean(_ precision: Double, _ recall: Double) -> Double {
  precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
}
