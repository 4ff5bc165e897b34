// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimLearning
import MinimTrials

/// What a search is about, which its folder remembers in `search.json`.
///
/// Values to try, points, seeds and the rule of choice do not belong to it: they may change from call to
/// call.
struct SearchIdentity: Codable, Equatable {
  let command: String
  /// The options outside `search`, without paths and what changes no result.
  let options: [String: String]
  /// The names of the options that are searched.
  let searched: [String]
  /// Fingerprints of the training cases and of a teacher outside `search`.
  let contents: [String: String]

  /// The identity of a recipe.
  ///
  /// Throws `OptionError` without `data`, `DataError`, `FileError`.
  init(_ recipe: TuneRecipe) throws {
    command = recipe.command
    var known = TrialContents()
    contents = try known.identities(of: recipe.options)
    options = recipe.options.filter { !TuneRecipe.fixed.contains($0.key) && $0.key != "teacher" }
    searched = recipe.space.ranges.map(\.option)
  }

  /// Refuses a folder of another search, or with the results of something else, by `FileError`.
  func check(folder: String) throws {
    func refuse(_ reason: String) throws -> Never {
      throw FileError(path: folder, operation: "use", reason: "\(reason); give another --out")
    }
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(folder)/\(name)")
    }
    guard has("search.json") else {
      if has("run.json") { try refuse("it is the folder of a training run") }
      if has("fleet.json") { try refuse("it holds a fleet of detectors") }
      if has("results.json") { try refuse("it holds results of something else than this search") }
      return
    }
    let bytes = try readFile(at: "\(folder)/search.json")
    guard let other = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
      try refuse("its search.json cannot be understood")
    }
    if other != self { try refuse("it belongs to a search with other \(difference(from: other))") }
  }

  private func difference(from other: Self) -> String {
    if command != other.command { return "command, \(other.command)" }
    if contents["data"] != other.contents["data"] { return "training cases" }
    if searched != other.searched {
      return "searched options, \(other.searched.joined(separator: " "))"
    }
    let keys = Set(options.keys).union(other.options.keys).sorted()
    guard let key = keys.first(where: { options[$0] != other.options[$0] }) else {
      return "teacher weights"
    }
    return "\(key), \(other.options[key] ?? "its default")"
  }

  /// Writes `search.json`.
  ///
  /// Throws `FileError`.
  func write(to folder: String) throws {
    try writeJSON(self, to: "\(folder)/search.json")
  }
}
