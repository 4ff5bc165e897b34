// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A classification problem: labelled series to learn from and, where the folder has them, others
/// to test on.
public struct ClassificationProblem: Equatable, Sendable {
  /// The problem's name, from its file names.
  public var name: String
  /// The format it was read from: "ucr", "ts", "npy" or "npz"; "generated" for the embedded sample.
  public var format: String
  /// The training cases.
  public var train: SeriesSet
  /// The test cases; nil when the folder has none.
  public var test: SeriesSet?

  /// A problem from its parts.
  public init(name: String, format: String, train: SeriesSet, test: SeriesSet?) {
    self.name = name
    self.format = format
    self.train = train
    self.test = test
  }

  /// Reads the problem in a folder: `NAME_TRAIN` and `NAME_TEST` with `.tsv`, `.txt`, `.csv`, `.ts`
  /// or no extension; or `X_train.npy`, `y_train.npy`, `X_test.npy`, `y_test.npy`; or one `.npz`
  /// with those names.
  ///
  /// Each may be gzip.
  ///
  /// Number labels become classes in numeric order of the training part; a `.ts` header's own list
  /// keeps its order, classes without a case included. A class that only the test part has is an
  /// error. Throws `DataError`.
  public init(contentsOf path: String) throws {
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw DataError(
        file: path, found: "no readable folder",
        expected: "a folder with NAME_TRAIN and NAME_TEST files",
        advice: Self.detectionAdvice(path) ?? "check the path")
    }
    let files = names.filter { !$0.hasPrefix(".") }.sorted()
    let trains = files.filter { Self.stem($0).hasSuffix("_TRAIN") && Self.textFormat($0) != nil }
    if trains.count > 1 {
      throw DataError(
        file: path, found: "\(trains.count) training files (\(trains[0]), \(trains[1]) …)",
        expected: "one",
        advice: "give each problem a folder of its own")
    }
    if let train = trains.first {
      self = try Self.text(folder: folder, train: train, files: files)
    } else if files.contains(where: { Self.stem($0) == "X_train" && $0.contains(".npy") }) {
      self = try Self.arrays(folder: folder, files: files)
    } else if let archive = files.first(where: { plainName($0).hasSuffix(".npz") }) {
      self = try Self.archive(folder: folder, file: archive)
    } else {
      throw DataError(
        file: path, found: files.isEmpty ? "an empty folder" : "no training file",
        expected: "NAME_TRAIN.tsv, NAME_TRAIN.ts, X_train.npy or an .npz",
        advice: Self.detectionAdvice(path) ?? "")
    }
  }

  /// What to do about data that only detectors learn from; nil for what is none of these either.
  private static func detectionAdvice(_ path: String) -> String? {
    guard (try? detectionSources(at: path))?.isEmpty == false else { return nil }
    return "these are data for detectors and forecasters: train --task detect or --task forecast"
  }

  private static func stem(_ file: String) -> String {
    let plain = plainName(file)
    guard let dot = plain.lastIndex(of: ".") else { return plain }
    return String(plain[..<dot])
  }

  private static func textFormat(_ file: String) -> String? {
    let plain = plainName(file)
    guard let dot = plain.lastIndex(of: ".") else { return "ucr" }
    switch plain[plain.index(after: dot)...] {
    case "tsv", "txt", "csv": return "ucr"
    case "ts": return "ts"
    default: return nil
    }
  }

  private static func text(folder: String, train: String, files: [String]) throws -> Self {
    let name = String(stem(train).dropLast("_TRAIN".count))
    let tests = files.filter { stem($0) == "\(name)_TEST" && textFormat($0) != nil }
    if tests.count > 1 {
      throw DataError(file: folder, found: "\(tests.count) test files", expected: "one")
    }
    func read(_ file: String) throws -> RawSet {
      let bytes = try readInput("\(folder)/\(file)")
      return textFormat(file) == "ts"
        ? try readTS(bytes, name: file) : try readUCR(bytes, name: file)
    }
    return try joined(
      name: name, format: textFormat(train) ?? "ucr", train: read(train),
      test: tests.first.map { try read($0) })
  }

  private static func arrays(folder: String, files: [String]) throws -> Self {
    func array(_ wanted: String) throws -> NumpyArray? {
      guard let file = files.first(where: { plainName($0) == "\(wanted).npy" }) else { return nil }
      return try readNumpy(readInput("\(folder)/\(file)")[...], name: file)
    }
    return try numpy(name: lastComponent(folder), format: "npy", place: folder, array: array)
  }

  private static func archive(folder: String, file: String) throws -> Self {
    let members = try readZip(readInput("\(folder)/\(file)"), name: file)
    return try numpy(name: stem(file), format: "npz", place: file) { wanted in
      try members["\(wanted).npy"].map { try readNumpy($0[...], name: "\(file)/\(wanted).npy") }
    }
  }

  private static func numpy(
    name: String, format: String, place: String, array: (String) throws -> NumpyArray?
  ) throws -> Self {
    func set(_ part: String) throws -> RawSet? {
      guard let series = try array("X_\(part)") else {
        if try array("y_\(part)") == nil { return nil }
        throw DataError(
          file: place, found: "y_\(part) without X_\(part)", expected: "series and labels")
      }
      guard let labels = try array("y_\(part)") else {
        throw DataError(
          file: place, found: "X_\(part) without y_\(part)", expected: "series and labels")
      }
      return try rawSet(series: series, labels: labels, name: "X_\(part)")
    }
    guard let train = try set("train") else {
      throw DataError(file: place, found: "no X_train", expected: "X_train and y_train")
    }
    return try joined(name: name, format: format, train: train, test: set("test"))
  }

  /// Settles class names and checks that the two parts belong together.
  private static func joined(
    name: String, format: String, train: RawSet, test: RawSet?
  ) throws -> Self {
    let classes =
      train.declaredClasses
      ?? Set(train.labels).sorted { (Int($0) ?? 0, $0) < (Int($1) ?? 0, $1) }
    if let test, test.channelCount != train.channelCount {
      throw DataError(
        file: test.name, found: "\(test.channelCount) channels",
        expected: "\(train.channelCount) as in \(train.name)")
    }
    let present = Set(train.labels)
    func settled(_ raw: RawSet) throws -> SeriesSet {
      var cases = raw.cases
      for (index, label) in raw.labels.enumerated() {
        guard present.contains(label), let place = classes.firstIndex(of: label) else {
          throw DataError(
            file: raw.name, line: cases[index].line, field: "label", found: "class \"\(label)\"",
            expected: "a class that \(train.name) has",
            advice: "no model can learn a class it never saw")
        }
        cases[index].label = place
      }
      return SeriesSet(
        name: raw.name, channelCount: raw.channelCount, classNames: classes, cases: cases)
    }
    return try Self(name: name, format: format, train: settled(train), test: test.map(settled))
  }
}
