// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDetection
import MinimLayers
import MinimSeries

/// `minim explain`.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say of each alarm of a detector where it comes from.",
    discussion: """
      Rows whose scores are above the threshold, joined where they follow each other, with the channels that are furthest from normal there; of an mscred
      also how many entries of its matrices of short, middle and long segments are broken.
      Example: minim explain runs/smap-mscred --data data/smap --only P-1
      """)

  @Argument(help: "The run folder.")
  var path: String
  @Option(
    help:
      "The folder or CSV file of the problem; its test rows are looked at, without any its training rows."
  )
  var data: String
  @Option(help: "The problem, where the folder holds several.")
  var only: String?
  @OptionGroup var peaks: PeakOptions
  @Option(parsing: .unconditional, help: "Channels to name for each alarm.")
  var top = 3
  @OptionGroup var output: OutputOptions

  func run() throws {
    let rule = try peaks.rule()
    guard (1...1000).contains(top) else {
      throw OptionError("--top: found \(top), expected 1 to 1000")
    }
    let saved = try SavedDetector(run: path)
    let threshold = try peaks.threshold ?? rule.threshold(from: saved.calibration)
    let problem = try saved.problem(at: data, only: only)
    if let warning = saved.reachWarning(threshold) {
      FileHandle.standardError.write(Data("\(warning)\n".utf8))
    }
    let explained = try Explanation(
      saved, rows: problem.test ?? problem.train,
      split: problem.test == nil ? "train" : "test", threshold: threshold, top: top)
    if output.json { try output.printJSON(explained) } else { print(explained.text) }
  }
}

/// The alarms of a recording and where they come from.
struct Explanation: Encodable {
  /// Rows above the threshold that follow each other.
  struct Alarm: Encodable {
    /// The problem, of several that were joined.
    let problem: String?
    /// The first row and the last, of the problem's, from 1.
    let first: Int
    let last: Int
    /// The highest score.
    let score: Double
    /// The channels furthest from normal over these rows, most first; empty where the detector has no parts of channels.
    let channels: [String]
    /// The most broken entries of short, middle and long segments, of an mscred; nil of others.
    let severity: [Int]?
  }

  let split: String
  let threshold: Double
  let rows: Int
  let alarms: [Alarm]

  /// Scores the rows.
  ///
  /// Throws `DataError` for other channels than those learned from.
  init(
    _ saved: SavedDetector, rows recording: Recording, split: String, threshold: Double, top: Int
  ) throws {
    let scored = try saved.scores(of: recording).rows
    let channels = recording.channels
    // The walk is done again for severities; alarms are few, walks are cheap beside training.
    let errors = try (saved.detector as? MSCRED).map { detector in
      let scaled = try saved.scaler.map { try $0.apply(to: recording).recording } ?? recording
      return detector.signatureErrors(of: scaled)
    }
    var found: [Range<Int>] = []
    for (row, score) in scored.scores.enumerated() where score > threshold {
      if let open = found.last, open.upperBound == row, !recording.starts.contains(row) {
        found[found.count - 1] = open.lowerBound..<row + 1
      } else {
        found.append(row..<row + 1)
      }
    }
    alarms = found.map { rows in
      var parts = [Double](repeating: 0, count: channels)
      for row in rows {
        for channel in 0..<channels {
          parts[channel] += Double(scored.channelParts?[row * channels + channel] ?? 0)
        }
      }
      let order = parts.indices.filter { parts[$0] > 0 }.sorted {
        (parts[$0], $1) > (parts[$1], $0)
      }
      let own = errors?.filter { $0.rows.overlaps(rows) }
      let stream = recording.starts.lastIndex { $0 <= rows.lowerBound } ?? 0
      let start = recording.starts[stream]
      return Alarm(
        problem: recording.streamNames?[stream], first: rows.lowerBound - start + 1,
        last: rows.upperBound - start,
        score: rows.map { scored.scores[$0] }.max() ?? 0,
        channels: order.prefix(top).map { recording.channelNames[$0] },
        severity: own.map { steps in
          (0..<3).map { segment in steps.map { $0.broken[segment] }.max() ?? 0 }
        })
    }
    self.split = split
    self.threshold = threshold
    self.rows = recording.count
  }

  /// A line for each alarm, for a terminal.
  var text: String {
    let hasSeverity = alarms.contains { $0.severity != nil }
    let table = TextTable(
      ["rows", "score", "channels"] + (hasSeverity ? ["broken: short, middle, long"] : []),
      rows: alarms.map { alarm in
        [
          "\(alarm.problem.map { "\($0) " } ?? "")\(alarm.first) to \(alarm.last)",
          String(format: "%.4g", alarm.score),
          alarm.channels.joined(separator: " "),
        ] + (alarm.severity.map { [$0.map(String.init).joined(separator: " ")] } ?? [])
      })
    let head =
      "\(counted(alarms.count, "alarm")) in \(counted(rows, "row")), threshold \(threshold)"
    return alarms.isEmpty ? head : "\(head)\n\(table.text)"
  }
}
