// SPDX-License-Identifier: Apache-2.0

extension DetectionProblem {
  /// How far beyond 0 … 1 the rows of joined problems may lie (methods, gon 3.5 A12).
  public static let joinedLimit: Float = 1

  /// Several problems of the same channels as one, each recording a stream of its own, scaled to its problem's own training range
  /// and clipped to -1 … 2.
  ///
  /// For one detector of many like machines. The test recording and its labels are there where all problems have them. Throws
  /// `DataError` for an empty list, a problem twice, problems of other channels, and what `RangeScaler` throws.
  public static func joined(_ problems: [DetectionProblem]) throws(DataError) -> DetectionProblem {
    guard let first = problems.first else {
      throw DataError(file: "joined problems", found: "none", expected: "at least one")
    }
    let channels = first.train.channels
    var train: [Recording] = [], test: [Recording] = [], names: Set<String> = []
    for problem in problems {
      guard names.insert(problem.name).inserted else {
        throw DataError(
          file: problem.name, found: "the problem twice",
          expected: "each problem once, to be joined")
      }
      guard problem.train.channels == channels else {
        throw DataError(
          file: problem.train.name, found: "\(problem.train.channels) channels",
          expected: "\(channels) as in \(first.train.name), to be joined with it",
          advice: "join problems of the same channels")
      }
      guard problem.train.channelNames == first.train.channelNames else {
        throw DataError(
          file: problem.train.name,
          found: "columns \(problem.train.channelNames.joined(separator: ","))",
          expected:
            "\(first.train.channelNames.joined(separator: ",")) as in \(first.train.name), to be joined with it",
          advice: "bring them into one order")
      }
      let scaler = try RangeScaler(problem.train, limit: joinedLimit)
      train.append(try scaler.apply(to: problem.train).recording.named(problem.name))
      if let rows = problem.test, rows.count > 0 {
        test.append(try scaler.apply(to: rows).recording.named(problem.name))
      }
    }
    let name = problems.map(\.name).joined(separator: "+")
    return DetectionProblem(
      name: name, train: .joined(train, name: name),
      test: test.count == problems.count ? .joined(test, name: name) : nil)
  }
}

extension Recording {
  /// The recording in two: of each stream all rows but the last, and these, a share of it rounded down; the second has
  /// `lead` rows before them as well, as far as there are so many.
  ///
  /// The first has a row of each stream at least.
  package func parted(
    last share: Double, lead: Int
  ) -> (first: Recording, last: [Recording], leads: [Int]) {
    var first: [Recording] = [], last: [Recording] = [], leads: [Int] = []
    for stream in streams {
      let kept = min(Int(Double(stream.count) * share), stream.count - 1)
      let end = stream.upperBound - kept
      first.append(rows(stream.lowerBound..<end))
      guard kept > 0 else { continue }
      let own = min(lead, end - stream.lowerBound)
      last.append(rows(end - own..<stream.upperBound))
      leads.append(own)
    }
    return (.joined(first, name: name), last, leads)
  }
}
