// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// A whole `minim reproduce students` whose trials' results are made up; their weights are those of a start.
@Suite struct ReproduceStudentsTests {
  private struct Row: Decodable {
    let model: String
    let parameters: Int
    let bytesFloat32, bytesInt8: Int?
    let microseconds: Double?
    let aucPRC, accuracy: [Double]
  }

  private struct Model {
    let name: String
    let options: [String: String]
    let rates: [String]
    var learns = true
  }

  private static let recurrent = ["0.01", "0.02", "0.05"], convolution = ["0.01", "0.03"]
  private static let models = [
    Model(name: "LSTM 1x8", options: [:], rates: recurrent),
    Model(name: "LSTM 1x16", options: ["hidden": "16"], rates: recurrent),
    Model(name: "GRU 1x8", options: ["model": "gru"], rates: recurrent),
    Model(name: "MGU 1x8", options: ["model": "mgu"], rates: recurrent),
    Model(
      name: "TCN 4x8", options: ["model": "tcn", "layers": "4", "epochs": "300"],
      rates: convolution),
    Model(name: "LITE 8", options: ["model": "lite", "epochs": "300"], rates: convolution),
    Model(name: "linear", options: ["model": "linear"], rates: convolution, learns: false),
    Model(
      name: "MiniRocket 504", options: ["model": "minirocket", "features": "504"],
      rates: ["0.003"], learns: false),
    Model(
      name: "MiniRocket 9996", options: ["model": "minirocket", "features": "9996"],
      rates: ["0.003"], learns: false),
  ]

  @Test func choicesAndTablesFollowFromTheLedger() throws {
    var ledger = try MadeUpLedger()
    let teachers = ["0.001", "0.003", "0.01"].map {
      ledger.trained(["layers": "3", "hidden": "100", "learning-rate": $0], seed: 1)
    }
    ledger.add(teachers)
    let teacher = teachers[ledger.bestByAUC(teachers)]
    // By its loss another would be.
    ledger[teacher].loss = 2
    // One of a few units: how long it takes is measured.
    try ledger.place(ledger.weights(["--layers", "3"], named: "teacher"), for: teacher)
    var groups = [(name: "teacher, LSTM 3x100", trials: [teacher])]
    for model in Self.models {
      groups.append(
        (
          model.name,
          model.rates.map { rate in
            ledger.trained(model.options.merging(["learning-rate": rate]) { $1 }, seed: 1)
          }
        ))
    }
    for model in Self.models where model.learns {
      let settings: [(weight: Double, rate: String)] = [0.1, 1, 10].flatMap { weight in
        model.rates.map { (weight, $0) }
      }
      groups.append(
        (
          "\(model.name), MemKD",
          settings.map { setting in
            ledger.distilled(
              model.options.merging(["learning-rate": setting.rate]) { $1 }, method: "memkd",
              weight: setting.weight, teacher: teacher, seed: 1)
          }
        ))
    }
    for group in groups { ledger.add(group.trials) }
    let chosen = groups.map { group in
      group.trials[ledger.best(group.trials.map { [$0] })]
    }
    // Every trial of a model has its weights; of MiniRocket nothing is measured.
    for model in Self.models {
      var options = model.options.filter { $0.key != "epochs" }
      if options["features"] != nil { options["features"] = "84" }
      let folder = try ledger.weights(
        options.map { "--\($0)=\($1)" }, named: model.name)
      for group in groups where group.name.hasPrefix(model.name) {
        for trial in group.trials { try ledger.place(folder, for: trial) }
      }
    }
    let linear = try #require(groups.firstIndex { $0.name == "linear" })
    ledger[chosen[linear]].test = nil

    let count = ledger.records.count
    try ledger.reproduce("students", seeds: 1)
    #expect(ledger.records.count == count)
    try ledger.expectScoresOfEval(chosen[linear])

    let sets: [String: [Row]] = try ledger.decoded("students.json")
    let rows = try #require(sets["Trace"])
    #expect(sets.count == 1 && rows.map(\.model) == groups.map(\.name))
    let means = try ledger.table("Means over 1 sets", of: "students.md")
    let own = try ledger.table("Trace", of: "students.md")
    for (row, trial) in zip(rows, chosen) {
      let record = ledger[trial], test = try #require(record.test)
      #expect(row.aucPRC == [test.aucPRC] && row.accuracy == [test.accuracy], "\(row.model)")
      #expect(row.parameters == record.parameters)
      let runs = !row.model.hasPrefix("MiniRocket")
      for (bytes, precision) in [(row.bytesFloat32, "float32"), (row.bytesInt8, "int8")] {
        #expect(try bytes == (runs ? size(of: trial, precision, ledger) : nil), "\(row.model)")
      }
      #expect(runs == (row.bytesFloat32 != nil) && runs == ((row.microseconds ?? 0) > 0))
      let cells = [
        "\(row.parameters)", row.bytesFloat32.map(String.init) ?? "-",
        row.bytesInt8.map(String.init) ?? "-",
        row.microseconds.map { String(format: "%.1f", $0) } ?? "-",
        String(format: "%.1f", 100 * test.aucPRC), String(format: "%.1f", 100 * test.accuracy),
      ]
      #expect(means[row.model] == cells && own[row.model] == cells)
    }
  }

  /// The bytes that `minim pack --bare` writes; nil where it refuses.
  private func size(
    of trial: MadeUpTrial, _ precision: String, _ ledger: MadeUpLedger
  ) throws -> Int? {
    let file = ledger.scratch.path("packed.minim")
    try? FileManager.default.removeItem(atPath: file)
    let result = try Tool.call(
      "pack", ledger.scratch.path("out/trials/\(trial.id)"), "--data", ledger.data, "--precision",
      precision, "--bare", "--quiet", "--out", file)
    return result.code == 0 ? try Data(contentsOf: URL(filePath: file)).count : nil
  }
}
