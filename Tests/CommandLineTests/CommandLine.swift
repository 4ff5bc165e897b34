// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a call of `minim` left behind.
struct CallResult {
  let code: Int32
  let output: String
  let errors: String

  func json() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
  }
}

/// The `minim` that was built beside these tests.
enum Tool {
  static let url: URL = {
    var folder = Bundle.main.bundleURL
    for candidate in Bundle.allBundles where candidate.bundlePath.hasSuffix(".xctest") {
      folder = candidate.bundleURL.deletingLastPathComponent()
    }
    let beside = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    let places = [folder, beside].map { $0.appending(path: "minim") }
    return places.first { FileManager.default.isExecutableFile(atPath: $0.path) } ?? places[0]
  }()

  static func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    return process
  }

  static func call(_ arguments: String...) throws -> CallResult { try call(arguments) }

  /// Calls `minim`, or a program that was built beside it, with a short text on standard input.
  static func call(
    _ arguments: [String], input: String, program: String = "minim"
  ) throws -> CallResult {
    let process = process(arguments)
    process.executableURL = url.deletingLastPathComponent().appending(path: program)
    let feed = Pipe()
    process.standardInput = feed
    return try result(of: process) {
      try feed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try feed.fileHandleForWriting.close()
    }
  }

  static func call(_ arguments: [String]) throws -> CallResult {
    try result(of: process(arguments)) {}
  }

  private static func result(
    of process: Process, feeding: () throws -> Void
  ) throws -> CallResult {
    let output = Pipe(), errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    try feeding()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return CallResult(
      code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: complaint, as: UTF8.self))
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

  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes a file, with the folders above it; returns its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  /// A small problem of two classes of waves in the UCR format; returns its folder.
  func waves(cases: Int = 40) throws -> String {
    func lines(_ shift: Int) -> String {
      (0..<cases).map { index in
        let values = (0..<30).map { step in
          sin(Double(step) * (index % 2 == 0 ? 0.4 : 0.9) + Double(index + shift))
        }
        return (["\(index % 2)"] + values.map { "\($0)" }).joined(separator: "\t")
      }.joined(separator: "\n")
    }
    try write("Waves/Waves_TRAIN.tsv", lines(0))
    try write("Waves/Waves_TEST.tsv", lines(1))
    return path("Waves")
  }
}
