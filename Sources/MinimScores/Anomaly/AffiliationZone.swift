// SPDX-License-Identifier: Apache-2.0

/// A half-open stretch of the axis of time.
struct Interval {
  let start: Double
  let end: Double
  var length: Double { end - start }
}

/// One real event and the zone of alarms that are affiliated with it.
///
/// See ``AffiliationScores`` for the formulas. Both survival functions are 1 - (c + min(d, m) + d)
/// / |E| with an m that is constant or falls with d, so each stretch has a breakpoint at most.
struct AffiliationZone {
  let zone: Interval
  let event: Interval

  /// The mean over `alarms` of the survival of the distance to the event.
  ///
  /// - Parameter alarms: Disjoint, in order, within the zone.
  /// - Returns: A value in 0...1; nil without alarms.
  func precision(of alarms: [Interval]) -> Double? {
    guard !alarms.isEmpty else { return nil }
    let margin = min(event.start - zone.start, zone.end - event.end)
    var integral = 0.0
    for alarm in alarms {
      integral += max(0, min(alarm.end, event.end) - max(alarm.start, event.start))
      let before = Interval(
        start: event.start - min(alarm.end, event.start), end: event.start - alarm.start)
      let after = Interval(
        start: max(alarm.start, event.end) - event.end, end: alarm.end - event.end)
      for distances in [before, after] where distances.length > 0 {
        let middle = min(max(margin, distances.start), distances.end)
        let capped =
          halfSquares(Interval(start: distances.start, end: middle))
          + margin * (distances.end - middle)
        integral +=
          distances.length
          - (event.length * distances.length + capped + halfSquares(distances)) / zone.length
      }
    }
    return integral / alarms.reduce(0) { $0 + $1.length }
  }

  /// The mean over the event of the survival of the distance to `alarms`.
  ///
  /// - Parameter alarms: Disjoint, in order, within the zone.
  /// - Returns: A value in 0...1; 0 without alarms.
  func recall(by alarms: [Interval]) -> Double {
    guard let first = alarms.first, let last = alarms.last else { return 0 }
    var integral = alarms.reduce(0) {
      $0 + max(0, min($1.end, event.end) - max($1.start, event.start))
    }
    integral += survival(beforeAlarmAt: first.start, from: zone.start)
    integral += survival(afterAlarmAt: last.end, to: zone.end)
    for (alarm, next) in zip(alarms, alarms.dropFirst()) {
      let middle = (alarm.end + next.start) / 2
      integral += survival(afterAlarmAt: alarm.end, to: middle)
      integral += survival(beforeAlarmAt: next.start, from: middle)
    }
    return integral / event.length
  }

  /// The integral over the part of the event in `alarm`..<`limit`, all nearest to `alarm`.
  private func survival(afterAlarmAt alarm: Double, to limit: Double) -> Double {
    survival(
      Interval(start: max(event.start, alarm) - alarm, end: min(event.end, limit) - alarm),
      room: zone.end - alarm)
  }

  /// The integral over the part of the event in `limit`..<`alarm`, all nearest to `alarm`.
  private func survival(beforeAlarmAt alarm: Double, from limit: Double) -> Double {
    survival(
      Interval(start: alarm - min(event.end, alarm), end: alarm - max(event.start, limit)),
      room: alarm - zone.start)
  }

  /// The integral of 1 - (min(d, room - d) + d) / |E| over distances d from an alarm.
  ///
  /// `room` lies between the alarm and the end of the zone beyond the event; the other end is never
  /// nearer than the alarm.
  private func survival(_ distances: Interval, room: Double) -> Double {
    guard distances.length > 0 else { return 0 }
    let middle = min(max(room / 2, distances.start), distances.end)
    let near = Interval(start: distances.start, end: middle)
    let far = Interval(start: middle, end: distances.end)
    return distances.length - (2 * halfSquares(near) + room * far.length) / zone.length
  }

  /// The integral of d over an interval.
  private func halfSquares(_ interval: Interval) -> Double {
    interval.length * (interval.start + interval.end) / 2
  }
}
