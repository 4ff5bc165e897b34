// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The script that does a case's work on the other side.
enum PeerScript: Sendable {
  /// `bench_torch.py CASE`; `line` is the `what` of its line where it prints several.
  case torch(String, line: String? = nil)
  /// `bench_ort.py NAME` on the model that `export_onnx.py` wrote.
  case onnx(String)

  /// The peer's name in the table.
  var engine: String {
    switch self {
    case .torch: "PyTorch"
    case .onnx: "ONNX Runtime"
    }
  }
}

/// What a process measured: the median time of a step and its peak memory.
struct Measurement: Codable {
  let microseconds: Double
  let mebibytes: Double
  /// What was measured, where a script measures several things.
  var what: String?

  /// The names that the peers' scripts use.
  enum CodingKeys: String, CodingKey {
    case microseconds = "median_us"
    case mebibytes = "peak_rss_mib"
    case what
  }

  /// The middle of several, each number by itself.
  static func middle(_ all: [Measurement]) -> Measurement {
    func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    return Measurement(
      microseconds: middle(all.map(\.microseconds)), mebibytes: middle(all.map(\.mebibytes)))
  }
}

/// The peers' scripts and the Python that runs them; they run in a folder of ours, for
/// `export_onnx.py` writes `out` where it stands.
struct Peer {
  let scripts: URL
  let python: String
  let folder: URL

  /// The peers that PEERS and PEERS_PYTHON name; nil without.
  init?(_ environment: [String: String]) throws {
    guard let scripts = environment["PEERS"], let python = environment["PEERS_PYTHON"] else {
      return nil
    }
    self.scripts = URL(filePath: scripts).absoluteURL
    self.python = python.contains("/") ? URL(filePath: python).absoluteURL.path : python
    folder = FileManager.default.temporaryDirectory.appending(
      path: "minim-bench-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func measure(_ script: PeerScript, threads: Int, seconds: Double) throws -> Measurement {
    switch script {
    case .torch(let name, let line):
      return try measurement(
        run("bench_torch.py", name, threads: threads, seconds: seconds), of: line)
    case .onnx(let name):
      if !FileManager.default.fileExists(atPath: folder.appending(path: "out/\(name).onnx").path) {
        _ = try run("export_onnx.py")
      }
      return try measurement(run("bench_ort.py", name, threads: threads, seconds: seconds), of: nil)
    }
  }

  /// The versions of the peers, as their packages tell them.
  func versions() throws -> String {
    let code = """
      from importlib.metadata import version, PackageNotFoundError
      for name in ("torch", "onnxruntime", "numpy"):
          try: print(name, version(name), end="; ")
          except PackageNotFoundError: pass
      """
    return String(
      decoding: try outputOf(python, ["-c", code]), as: UTF8.self
    ).trimmingCharacters(in: .whitespacesAndNewlines.union([";"]))
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  private func run(
    _ script: String, _ name: String? = nil, threads: Int = 1, seconds: Double = 0
  ) throws -> Data {
    var arguments = [scripts.appending(path: script).path]
    if let name { arguments += [name, "--threads", "\(threads)", "--seconds", "\(seconds)"] }
    return try outputOf(
      python, arguments, environment: ["OMP_NUM_THREADS": "\(threads)"], in: folder,
      silently: name == nil)
  }
}

/// A program that stopped with an error or printed no measurement.
struct ProgramFailed: Error, CustomStringConvertible {
  let description: String
}

/// The measurement on the last line of JSON, or on the last whose `what` is given.
func measurement(_ output: Data, of what: String? = nil) throws -> Measurement {
  let lines = output.split(separator: 0x0A).compactMap {
    try? JSONDecoder().decode(Measurement.self, from: $0)
  }
  guard let found = lines.last(where: { what == nil || $0.what == what }) else {
    throw ProgramFailed(
      description: "no measurement in: \(String(decoding: output, as: UTF8.self))")
  }
  return found
}

/// Runs a program and returns what it printed.
func outputOf(
  _ program: String, _ arguments: [String], environment: [String: String] = [:],
  in folder: URL? = nil, silently: Bool = false
) throws -> Data {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(filePath: program.contains("/") ? program : "/usr/bin/env")
  process.arguments = (program.contains("/") ? [] : [program]) + arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardOutput = pipe
  if silently { process.standardError = FileHandle.nullDevice }
  if let folder { process.currentDirectoryURL = folder }
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  if process.terminationStatus != 0 {
    throw ProgramFailed(
      description: "\(program) \(arguments.joined(separator: " ")): exit status "
        + "\(process.terminationStatus)")
  }
  return output
}
