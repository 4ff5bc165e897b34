// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimPacking
import MinimScores

/// What `compare` prints: runs with score, size and time, and which of them no other beats.
struct Comparison: Encodable {
  /// One run.
  ///
  /// Sizes and time are nil where it has no model file; `notDeployable` then says why, by precision.
  struct Row: Encodable {
    let run: String
    let model: String
    let parameters: Int
    let value: Double
    let bytesFloat32: Int?
    let bytesInt8: Int?
    let microsecondsPerCase: Double?
    let notDeployable: [String: String]
    /// Whether no other run beats it in value and float32 bytes.
    var isOnBytesFront = false
    /// Whether no other run beats it in value and time.
    var isOnTimeFront = false

    enum CodingKeys: String, CodingKey {
      case run, model, parameters, value
      case bytesFloat32 = "bytes_float32"
      case bytesInt8 = "bytes_int8"
      case microsecondsPerCase = "microseconds_per_case"
      case notDeployable = "not_deployable"
      case isOnBytesFront = "on_bytes_front"
      case isOnTimeFront = "on_time_front"
    }
  }

  let metric: ComparedMetric
  let split: ComparedSplit
  let runs: [Row]

  /// Scores, packs and times runs.
  ///
  /// Throws `DataError`, `ScoreError` and `HostError`.
  init(_ sources: [ComparedRun], metric: ComparedMetric, split: ComparedSplit) throws {
    self.metric = metric
    self.split = split
    var rows = try sources.map { source in
      let wide = try source.packed(.float32), narrow = try source.packed(.int8)
      var reasons: [String: String] = [:]
      if case .failure(let error) = wide { reasons["float32"] = "\(error)" }
      if case .failure(let error) = narrow { reasons["int8"] = "\(error)" }
      let file = try? wide.get()
      return Row(
        run: source.path, model: source.model, parameters: source.parameters,
        value: metric.value(of: try source.scores(on: split)), bytesFloat32: file?.count,
        bytesInt8: (try? narrow.get())?.count,
        microsecondsPerCase: try file.map { try source.microseconds($0, on: split) },
        notDeployable: reasons)
    }
    for index in try Self.front(rows, cost: { $0.bytesFloat32.map(Double.init) }) {
      rows[index].isOnBytesFront = true
    }
    for index in try Self.front(rows, cost: \.microsecondsPerCase) {
      rows[index].isOnTimeFront = true
    }
    runs = rows
  }

  /// Runs of which no other has at least the value for at most the cost; those without a cost take
  /// no part.
  private static func front(_ rows: [Row], cost: (Row) -> Double?) throws -> [Int] {
    let points = rows.enumerated().compactMap { index, row in
      cost(row).map { (index: index, values: [row.value, $0]) }
    }
    return try paretoFront(points.map(\.values), objectives: [.maximise, .minimise])
      .map { points[$0].index }
  }

  /// The table for a terminal.
  var text: String {
    let header = [
      "run", "model", "parameters", "bytes float32", "bytes int8", "µs a case", metric.title,
      "front",
    ]
    let cells = runs.map { row in
      [
        row.run, row.model, "\(row.parameters)",
        row.bytesFloat32.map(String.init) ?? "not deployable",
        row.bytesInt8.map(String.init) ?? "not deployable",
        row.microsecondsPerCase.map { String(format: "%.1f", $0) } ?? "-",
        String(format: "%.1f", row.value * 100),
        [row.isOnBytesFront ? "bytes" : nil, row.isOnTimeFront ? "µs" : nil].compactMap { $0 }
          .joined(separator: " "),
      ]
    }
    let reasons = runs.flatMap { row in
      row.notDeployable.sorted { $0.key < $1.key }.map {
        "\(row.run): not deployable in \($0.key): \($0.value)"
      }
    }
    let caption =
      "\(split.rawValue) split; front: no other run is at least as good and as small (bytes, float32)"
      + " or as fast (µs), and better in one"
    let table = TextTable(header, rows: cells, flushLeft: [0, 1, 7])
    return ([table.text, ""] + reasons + [caption]).joined(separator: "\n")
  }

  /// The picture: the metric against bytes and against time.
  var chart: ScatterChart {
    let last = runs.map { ($0.run as NSString).lastPathComponent }
    let names = Set(last).count == runs.count ? last : runs.map(\.run)
    func points(_ cost: (Row) -> Double?, _ isOnFront: (Row) -> Bool) -> [ScatterChart.Point] {
      zip(runs, names).compactMap { row, name in
        cost(row).map { .init(name: name, x: $0, y: row.value * 100, isOnFront: isOnFront(row)) }
      }
    }
    return ScatterChart(
      yTitle: "\(metric.title), \(split.rawValue) split",
      panels: [
        .init(
          xTitle: "bytes of the model file, float32",
          points: points({ $0.bytesFloat32.map(Double.init) }, \.isOnBytesFront)),
        .init(
          xTitle: "µs a case", points: points(\.microsecondsPerCase, \.isOnTimeFront)),
      ])
  }
}
