// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Times cases of Minim and, where PEERS and PEERS_PYTHON are set, the same cases in PyTorch,
/// taking turns in one run.
///
///     make bench PEERS=../shared/peers/torch PEERS_PYTHON=venv/bin/python
///
/// Every measurement is a process of its own, so that its peak memory is its own. Three rounds,
/// alternating; printed are the medians over the rounds and their ratio.
@main
enum Main {
  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "--case", arguments.count == 3, let threads = Int(arguments[2]) {
      let result = try measure(arguments[1], threads: threads)
      return print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
    if arguments.isEmpty { arguments = benchmarkCases.map(\.name) }
    let environment = ProcessInfo.processInfo.environment
    let peer = environment["PEERS"].flatMap { folder in
      environment["PEERS_PYTHON"].map { Peer(folder: folder, python: $0) }
    }
    if peer == nil { note("PEERS and PEERS_PYTHON are not set: Minim alone is measured") }
    print("| case | threads | Minim | PyTorch | ratio | peak memory Minim | PyTorch |")
    print("|---|---|---|---|---|---|---|")
    for item in benchmarkCases where arguments.contains(item.name) {
      for threads in [1, 2] {
        var ours: [Measurement] = [], theirs: [Measurement] = []
        for _ in 0..<3 {
          ours.append(try run(CommandLine.arguments[0], ["--case", item.name, "\(threads)"]))
          if let peer { theirs.append(try peer.measure(item.peerCase, threads: threads)) }
        }
        print(row(item.name, threads, summary(ours), theirs.isEmpty ? nil : summary(theirs)))
      }
    }
  }

  static func note(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }

  static func summary(_ all: [Measurement]) -> Measurement {
    func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    return Measurement(
      microseconds: middle(all.map(\.microseconds)), mebibytes: middle(all.map(\.mebibytes)))
  }

  static func row(_ name: String, _ threads: Int, _ ours: Measurement, _ theirs: Measurement?)
    -> String
  {
    func time(_ value: Double) -> String {
      value < 10_000 ? String(format: "%.1f µs", value) : String(format: "%.1f ms", value / 1000)
    }
    let peer = theirs.map { time($0.microseconds) } ?? "-"
    let ratio = theirs.map { String(format: "%.2f", $0.microseconds / ours.microseconds) } ?? "-"
    let memory = theirs.map { String(format: "%.0f MiB", $0.mebibytes) } ?? "-"
    return "| \(name) | \(threads) | \(time(ours.microseconds)) | \(peer) | \(ratio) | "
      + "\(String(format: "%.0f MiB", ours.mebibytes)) | \(memory) |"
  }
}

/// What a process measured: the median time of a step and its peak memory.
struct Measurement: Codable {
  let microseconds: Double
  let mebibytes: Double

  /// The names that the peers' scripts use.
  enum CodingKeys: String, CodingKey {
    case microseconds = "median_us"
    case mebibytes = "peak_rss_mib"
  }
}

/// The peers' scripts: `bench_torch.py CASE --threads N` prints one JSON line.
struct Peer {
  let folder: String
  let python: String

  func measure(_ name: String, threads: Int) throws -> Measurement {
    try run(
      python, ["\(folder)/bench_torch.py", name, "--threads", "\(threads)", "--seconds", "3"],
      environment: ["OMP_NUM_THREADS": "\(threads)"])
  }
}

/// Runs a program and reads the JSON on its last line.
func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws
  -> Measurement
{
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.standardOutput = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  let line = output.split(separator: 0x0A).last ?? Data()
  return try JSONDecoder().decode(Measurement.self, from: line)
}
