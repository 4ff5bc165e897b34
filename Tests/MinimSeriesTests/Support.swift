// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries

let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
let goldenFolder = packageFolder.appending(path: "Tests/Golden/series")

/// The folder of real data, or nil where there is none.
let realData: URL? = {
  let named = ProcessInfo.processInfo.environment["MINIM_DATA"].map { URL(filePath: $0) }
  let folder = named ?? packageFolder.deletingLastPathComponent().appending(path: "shared/data")
  return FileManager.default.fileExists(atPath: folder.appending(path: "ucr").path) ? folder : nil
}()

/// What NumPy says.
struct Expected: Decodable {
  struct Line: Decodable {
    let series: [Double]
    let resampled: [Double]
    let normalised: [Double]
  }
  struct Scaled: Decodable {
    let cases: [[Double]]
    let means: [Double]
    let deviations: [Double]
    let scaled: [[Double]]
  }
  let series: [Double]
  let labels: [Int]
  let gaps: [Double]
  let lines: [Line]
  let scaler: Scaled

  static func read() throws -> Expected {
    try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: goldenFolder.appending(path: "expected.json")))
  }
}

/// A folder that lives as long as a test.
final class Scratch {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "minim-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ name: String, _ data: Data) throws {
    try data.write(to: url.appending(path: name))
  }

  func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

  func problem() throws -> ClassificationProblem { try ClassificationProblem(contentsOf: url.path) }

  /// The problem whose only file is P_TRAIN with this text.
  static func problem(_ text: String, ending: String = ".tsv") throws -> ClassificationProblem {
    let scratch = try Scratch()
    try scratch.write("P_TRAIN\(ending)", text)
    return try scratch.problem()
  }

  /// The error that reading P_TRAIN with this text gives, as text; "none" when it is read.
  static func complaint(_ text: String, ending: String = ".tsv") throws -> String {
    do {
      _ = try problem(text, ending: ending)
      return "none"
    } catch let error as DataError {
      return error.description
    }
  }
}

/// A seeded generator of the tests' own (SplitMix64).
struct TestGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
