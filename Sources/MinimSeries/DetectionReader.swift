// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Reads every problem of anomaly detection at a path, sorted by name.
///
/// Each file may be gzip, with `.gz` behind its name. A folder holds one of:
/// - `train.npy`, `test.npy`, `labels.npy`: one problem of the folder's name;
/// - `NAME.train.npy`, `NAME.test.npy`, `NAME.label.npy` for each problem; where a label file is
///   missing, the rows of NAME in `labeled_anomalies.csv` (inclusive ends, several rows joined);
/// - `NAME.value.npy`, `NAME.label.npy` for each problem, split as NAB's;
/// - `combined_windows.json`, here or in `labels`, with CSV files of `timestamp,value` here, in
///   `data` or deeper: NAB's series, split after `min(15 n / 100, 750)` rows;
/// - `NAME_train.csv`, `NAME_test.csv` for each problem.
///
/// The path of one CSV file is one problem: with a label column, the first `trainFraction` (0 to 1,
/// exclusive) of its rows, rounded, are to learn from, at least one row stays for either part, and
/// both parts keep their labels; without labels all rows are to learn from. Arrays are (time) or
/// (time, channels), labels (time) or as the values. Test recordings and labels may be missing. A
/// CSV file has a header, comma-separated finite numbers, perhaps a first column of times (see
/// `DetectionProblem.droppedColumns`) and a column `label`, `anomaly` or `is_anomaly` of
/// 0/1/true/false.
///
/// Throws `DataError`: nothing or several of these found, values that are missing or not finite,
/// labels of another length, recordings of other channels, damaged or empty files.
public func detectionSources(
  at path: String, trainFraction: Double = 0.5
) throws(DataError) -> [DetectionSource] {
  precondition(
    trainFraction > 0 && trainFraction < 1,
    "a training fraction lies between 0 and 1, not \(trainFraction)")
  guard let folder = DetectionFolder(path) else {
    guard plainName(path).hasSuffix(".csv") else {
      throw DataError(
        file: path, found: "no readable folder and no CSV file", expected: DetectionLayout.list,
        advice: "check the path")
    }
    let problem = try tableProblem(path, trainFraction: trainFraction)
    return [DetectionSource(name: problem.name, file: path) { () throws(DataError) in problem }]
  }
  let layouts = DetectionLayout.allCases.filter { $0.fits(folder) }
  guard layouts.count < 2 else {
    throw DataError(
      file: path, found: "\(layouts[0].rawValue) as well as \(layouts[1].rawValue)",
      expected: "one of them", advice: "give each kind a folder of its own")
  }
  if let layout = layouts.first {
    for file in folder.files where !layout.mayHold(plainName(file)) {
      throw DataError(
        file: "\(path)/\(file)", found: "a file of this name", expected: layout.rawValue,
        advice: "move what is no part of the data")
    }
  }
  let sources =
    switch layouts.first {
    case .arrays: try arrayProblem(folder)
    case .families: try familyProblems(folder)
    case .split: try splitProblems(folder)
    case .nab: try nabProblems(folder)
    case .tables: try tableProblems(folder)
    case nil:
      throw DataError(
        file: path,
        found: folder.files.isEmpty
          ? "an empty folder"
          : "\(folder.files.count) file\(folder.files.count == 1 ? "" : "s") "
            + "(\(folder.files.prefix(3).joined(separator: ", ")))",
        expected: DetectionLayout.list,
        advice: folder.files.first { plainName($0).hasSuffix(".csv") }.map {
          "give the path of the file itself, \(folder.path)/\($0)"
        } ?? "")
    }
  let sorted = sources.sorted { $0.name < $1.name }
  for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
    throw DataError(
      file: path, found: "\(one.file) and \(next.file)",
      expected: "one file of the problem \(one.name)")
  }
  return sorted
}

/// All problems of a path at once: `detectionSources(at:trainFraction:)`, each read.
///
/// Throws `DataError`.
public func readDetectionProblems(
  at path: String, trainFraction: Double = 0.5
) throws(DataError) -> [DetectionProblem] {
  var problems: [DetectionProblem] = []
  for source in try detectionSources(at: path, trainFraction: trainFraction) {
    problems.append(try source.read())
  }
  return problems
}

/// A problem that is there to be read.
public struct DetectionSource: Sendable {
  /// The problem's name.
  public let name: String
  /// The file that it goes by, for messages.
  let file: String
  private let load: @Sendable () throws(DataError) -> DetectionProblem

  init(
    name: String, file: String,
    _ load: @escaping @Sendable () throws(DataError) -> DetectionProblem
  ) {
    self.name = name
    self.file = file
    self.load = load
  }

  /// Reads the problem.
  ///
  /// Throws `DataError`.
  public func read() throws(DataError) -> DetectionProblem { try load() }
}

/// How a folder holds problems; the text of each says which files it goes by.
private enum DetectionLayout: String, CaseIterable {
  case arrays = "train.npy, test.npy, labels.npy"
  case families = "NAME.train.npy, NAME.test.npy, NAME.label.npy"
  case split = "NAME.value.npy, NAME.label.npy"
  case nab = "combined_windows.json with timestamp,value CSV files"
  case tables = "NAME_train.csv, NAME_test.csv"

  /// All that is understood, for messages.
  static let list =
    allCases.map(\.rawValue).joined(separator: "; ") + " (each may be .gz); or one CSV file"

  /// Whether a file of a name (without `.gz`) is read, or is neither array nor CSV file: one that is passed over may
  /// be a misspelt label file.
  func mayHold(_ name: String) -> Bool {
    switch self {
    case .arrays, .split: !name.hasSuffix(".csv")
    case .families: !name.hasSuffix(".csv") || name == "labeled_anomalies.csv"
    case .nab, .tables: !name.hasSuffix(".npy")
    }
  }

  /// Whether the folder has files that only this layout names; labels alone say nothing.
  func fits(_ folder: DetectionFolder) -> Bool {
    switch self {
    case .arrays: folder.has { $0 == "train.npy" || $0 == "test.npy" }
    case .families: folder.has { $0.hasSuffix(".train.npy") || $0.hasSuffix(".test.npy") }
    case .split: folder.has { $0.hasSuffix(".value.npy") }
    case .nab: folder.windows != nil && !folder.tables.isEmpty
    case .tables: folder.has { $0.hasSuffix("_train.csv") || $0.hasSuffix("_test.csv") }
    }
  }
}
