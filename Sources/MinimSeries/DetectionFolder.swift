// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The visible files of a folder by the names they have without `.gz`.
struct DetectionFolder {
  /// The folder's path.
  let path: String
  /// The names of its files and folders, sorted, hidden ones left out.
  let files: [String]

  /// Lists a folder; nil where there is no readable one.
  init?(_ path: String) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return nil }
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    files = names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// Whether some file has such a name.
  func has(_ fits: (String) -> Bool) -> Bool { files.contains { fits(plainName($0)) } }

  /// The path of the one file of these names, gzip or not; nil where there is none.
  ///
  /// Throws `DataError` where there are several.
  func file(_ names: String...) throws(DataError) -> String? {
    let found = files.filter { names.contains(plainName($0)) }
    guard found.count < 2 else {
      throw DataError(
        file: path, found: found.joined(separator: " and "), expected: "one of them",
        advice: "remove what is out of date")
    }
    return found.first.map { "\(path)/\($0)" }
  }

  /// The NAMEs of arrays `NAME.PART.npy`, sorted, each once.
  ///
  /// Throws `DataError` for an array whose name is not of that form: a misspelt part would be
  /// passed over.
  func families(parts: [String]) throws(DataError) -> [String] {
    var names: Set<String> = []
    for file in files where plainName(file).hasSuffix(".npy") {
      let stem = plainName(file).dropLast(".npy".count)
      guard let dot = stem.lastIndex(of: "."),
        parts.contains(String(stem[stem.index(after: dot)...]))
      else {
        throw DataError(
          file: "\(path)/\(file)", found: "an array of this name",
          expected: parts.map { "NAME.\($0).npy" }.joined(separator: ", "))
      }
      names.insert(String(stem[..<dot]))
    }
    return names.sorted()
  }

  /// The path of NAB's `combined_windows.json`, here or in `labels`; nil where there is none.
  var windows: String? {
    ["\(path)/combined_windows.json", "\(path)/labels/combined_windows.json"].first {
      FileManager.default.fileExists(atPath: $0)
    }
  }

  /// The CSV files below the folder, as paths from it, sorted, hidden ones left out.
  var tables: [String] {
    let all = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
    return all.filter { path in
      plainName(path).hasSuffix(".csv")
        && !path.split(separator: "/").contains { $0.hasPrefix(".") }
    }.sorted()
  }
}
