// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimSeries

/// Which run of a detector a folder belongs to: what fixes its result, wherever the data lie.
struct DetectorRun {
  /// The options of `recipe.yaml`, without the places of the data.
  private let recipe: [String: String]
  /// The fingerprint of the training rows; nil in folders that say nothing of it.
  private let dataHash: String?

  /// The run of a recipe on training rows.
  init(recipe: [(key: String, value: String)], train: Recording) {
    self.recipe = Self.settings(Dictionary(recipe.map { ($0.key, $0.value) }) { $1 })
    dataHash = MinimSeries.dataHash(of: train)
  }

  /// The run that a folder belongs to; nil where none has got as far as `run.json`.
  init?(at path: String) {
    guard let recipe = savedRecipe(at: path), let mark = DetectorMark(at: path) else { return nil }
    self.recipe = Self.settings(recipe)
    dataHash = mark.dataHash
  }

  /// Refuses a folder that belongs to another run, by `FileError` that names the difference.
  func check(folder: String) throws {
    try FolderContents.require(.detector, at: folder)
    guard let other = DetectorRun(at: folder) else { return }
    func refuse(_ difference: String) -> FileError {
      FileError(
        path: folder, operation: "use",
        reason: "it belongs to a run with other \(difference); give another --out")
    }
    let keys = Set(recipe.keys).union(other.recipe.keys).sorted()
    if let key = keys.first(where: { recipe[$0] != other.recipe[$0] }) {
      throw refuse("--\(key), \(other.recipe[key] ?? "its default")")
    }
    if let hash = other.dataHash, hash != dataHash { throw refuse("training rows") }
  }

  private static func settings(_ recipe: [String: String]) -> [String: String] {
    recipe.filter { !["command", "data", "only", "joined"].contains($0.key) }
  }
}

/// What `run.json` of a detector's run folder says from the beginning, before there is a detector.
struct DetectorMark: Codable {
  /// The name of the preset.
  let model: String
  /// The name of the problem.
  let data: String
  /// The fingerprint of the training rows; nil in older folders.
  let dataHash: String?

  enum CodingKeys: String, CodingKey {
    case model, data
    case dataHash = "data_hash"
  }

  init(model: String, data: String, dataHash: String) {
    self.model = model
    self.data = data
    self.dataHash = dataHash
  }

  /// Reads `run.json` of a run folder; nil where there is none of a detector.
  init?(at path: String) {
    guard let bytes = try? readFile(at: "\(path)/run.json"),
      let mark = try? JSONDecoder().decode(Self.self, from: Data(bytes))
    else { return nil }
    self = mark
  }
}
