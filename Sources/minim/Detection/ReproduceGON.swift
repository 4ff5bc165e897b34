// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import MinimTrials

/// `minim reproduce gon`.
struct ReproduceGON: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gon",
    abstract:
      "The GON paper: detectors of anomalies by quality and memory, on its sets and others.",
    discussion: """
      Killed at any point, it goes on when the same command is given again.
      Example: minim reproduce gon --data data --sets FTSAD-1,NAB --out results/gon
      """)

  @Option(
    help: "The folder that holds the sets' folders: ftsad, gon_smd, gon_msds, nab, msl, smap, smd.")
  var data: String
  @Option(
    help:
      "The sets, comma-separated, of \(DetectionSet.all.map(\.name).joined(separator: ", ")); those found by default."
  )
  var sets: String?
  @Option(help: "The detectors, comma-separated; all of `minim train --task detect` by default.")
  var models: String?
  @Option(parsing: .unconditional, help: "Seeds of every detector.")
  var seeds = 5
  @Option(help: "The folder of trials and results.")
  var out = "reproduce-gon"
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try checkSeeds(seeds)
    let presets = try chosenPresets()
    let chosen = try chosenSets()
    let executor = try workers.executor()
    try FolderContents.require(.reproduction, at: out)
    let store = try TrialStore(path: out)
    let pool = TrialPool(store: store, executor: executor)
    let say = narrator(quiet: output.quiet)
    var results: [DetectionSetResult] = []
    for set in chosen {
      let reproduction = DetectionReproduction(
        set: set, data: "\(data)/\(set.path)",
        entries: presets.map { DetectorEntry(name: $0.name, options: ["model": $0.name]) },
        seeds: seeds, pool: pool, store: store, say: say)
      results.append(try reproduction.run())
      try report(results).write(to: out)
    }
    if output.json {
      try output.printJSON(results)
    } else {
      print("\(report(results).text)\n\(out)/report.md")
    }
  }

  private func report(_ results: [DetectionSetResult]) -> GONReport {
    let names = results.map(\.set).joined(separator: ",")
    return GONReport(
      results: results,
      command:
        "minim reproduce gon --sets \(names)\(models.map { " --models \($0)" } ?? "") --seeds \(seeds)",
      machine: "Minim \(minimVersion), kernels \(kernelLevel)")
  }

  private func chosenSets() throws -> [DetectionSet] {
    let known = DetectionSet.all
    func isThere(_ set: DetectionSet) -> Bool {
      FileManager.default.fileExists(atPath: "\(data)/\(set.path)")
    }
    let chosen = try chosenPlaces(sets, "--sets", known.map(\.name)).map { index in known[index] }
    if sets == nil {
      let found = chosen.filter(isThere)
      guard !found.isEmpty else {
        throw DataError(
          file: data, found: "none of the sets",
          expected: "folders such as \(known.prefix(4).map(\.path).joined(separator: ", "))")
      }
      return found
    }
    return chosen
  }

  private func chosenPresets() throws -> [DetectorPreset] {
    let known = DetectorPreset.all.filter { !$0.isTransformer && !$0.readsSignatures }
    return try chosenPlaces(models, "--models", known.map(\.name)).map { known[$0] }
  }
}
