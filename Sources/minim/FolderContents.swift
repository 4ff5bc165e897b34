// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import Yams

/// What a folder of results holds, so that no command mixes its own with another's.
enum FolderContents: String {
  case classifier = "the run of a classifier"
  case detector = "the run of a detector"
  case forecaster = "the run of a forecaster"
  case fleet = "a fleet of detectors"
  case search = "a search"
  case reproduction = "the trials of a reproduction"

  /// Of the folder at a path; nil where nothing there is known.
  init?(of path: String) {
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(path)/\(name)")
    }
    if has("fleet.json") {
      self = .fleet
    } else if has("search.json") {
      self = .search
    } else if has("trials.jsonl") || has("trials") && has("lock") {
      self = .reproduction
    } else if has("recipe.yaml") || has("run.json") {
      let recipe = savedRecipe(at: path)
      self =
        switch recipe?["task"] {
        case "detect": .detector
        case "forecast": .forecaster
        default: .classifier
        }
    } else {
      return nil
    }
  }

  /// Refuses a folder that holds something else than `own`, by `FileError`.
  static func require(_ own: FolderContents, at path: String) throws(FileError) {
    guard let found = FolderContents(of: path), found != own else { return }
    throw FileError(
      path: path, operation: "use", reason: "it holds \(found.rawValue); give another --out")
  }
}

/// The keys and values of the `recipe.yaml` of a run folder; nil where there is none to be read.
func savedRecipe(at path: String) -> [String: String]? {
  guard let bytes = try? readFile(at: "\(path)/recipe.yaml"),
    let keys = try? Yams.compose(yaml: String(decoding: bytes, as: UTF8.self))?.mapping
  else { return nil }
  let pairs = keys.compactMap { key, value in
    key.string.flatMap { key in value.scalar.map { (key, $0.string) } }
  }
  return Dictionary(pairs) { $1 }
}
