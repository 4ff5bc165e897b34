// SPDX-License-Identifier: Apache-2.0

/// A problem of anomaly detection: a recording to learn the normal from, and one to look for
/// anomalies in.
public struct DetectionProblem: Equatable, Sendable {
  /// The problem's name, from its file or folder.
  public let name: String
  /// What is taken as normal, whatever its labels say.
  public let train: Recording
  /// What is looked at, with the channels of `train`; nil where there is none.
  public let test: Recording?
  /// The names of leading time columns that were left out.
  public let droppedColumns: [String]

  /// A problem from its parts.
  ///
  /// Recordings of different channel counts trap.
  public init(
    name: String, train: Recording, test: Recording?, droppedColumns: [String] = []
  ) {
    precondition(
      test == nil || test?.channels == train.channels,
      "\(test?.channels ?? 0) channels to test, \(train.channels) to learn from")
    self.name = name
    self.train = train
    self.test = test
    self.droppedColumns = droppedColumns
  }

  /// A problem of recordings that were read.
  ///
  /// Throws `DataError` where they have different channels: their number, or their names in order.
  init(
    name: String, readTrain train: Recording, test: Recording?, droppedColumns: [String] = []
  ) throws(DataError) {
    if let test, test.channels != train.channels {
      throw DataError(
        file: test.name, found: "\(test.channels) channels",
        expected: "\(train.channels) as in \(train.name)")
    }
    if let test,
      let place = test.channelNames.indices.first(where: {
        test.channelNames[$0] != train.channelNames[$0]
      })
    {
      throw DataError(
        file: test.name, field: "channel \(place + 1)", found: "\"\(test.channelNames[place])\"",
        expected: "\"\(train.channelNames[place])\" as in \(train.name)",
        advice: "bring the columns of both into one order")
    }
    self.init(name: name, train: train, test: test, droppedColumns: droppedColumns)
  }

  /// A problem whose training part is the first rows of one recording and whose test part is the
  /// rest; each keeps its labels.
  init(name: String, recording: Recording, trainRows: Int, droppedColumns: [String] = [])
    throws(DataError)
  {
    guard (1..<recording.count).contains(trainRows) else {
      throw DataError(
        file: recording.name, found: "\(recording.count) rows, of which \(trainRows) to learn from",
        expected: "rows to learn from and rows to test on")
    }
    self.init(
      name: name, train: recording.rows(0..<trainRows),
      test: recording.rows(trainRows..<recording.count), droppedColumns: droppedColumns)
  }
}

/// The rows that NAB gives a detector to learn from: 15 % of the first 5,000, rounded down.
///
/// Source: the probation period of the Numenta Anomaly Benchmark, `min(15 n / 100, 750)`.
func probation(_ rows: Int) -> Int { min(rows * 15 / 100, 750) }
