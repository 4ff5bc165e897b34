// SPDX-License-Identifier: Apache-2.0
import COpenBLAS
import Foundation
import MinimLearning
import MinimTensor

/// Times cases of Minim and, where PEERS and PEERS_PYTHON are set, the same cases in PyTorch or
/// ONNX Runtime, taking turns in one run.
///
///     make bench PEERS=../shared/peers/torch PEERS_PYTHON=venv/bin/python
///     minim-bench [CASE…] [--rounds 3] [--seconds 3] [--json FILE]
///
/// Every measurement is a process of its own, so that its peak memory is its own. Rounds alternate;
/// printed are the medians over them, their ratio, and GFLOP/s by one formula for both sides, as a
/// share of what the system's BLAS reaches on a large product.
@main
enum Main {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "--case", arguments.count == 4, let threads = Int(arguments[2]),
      let seconds = Double(arguments[3])
    {
      let result = try measure(arguments[1], threads: threads, seconds: seconds)
      return print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
    if arguments.first == "--peak", arguments.count == 2, let threads = Int(arguments[1]) {
      return print(peakOfMachine(threads: threads))
    }
    do { try compare(Options(arguments)) } catch {
      FileHandle.standardError.write(Data("minim-bench: \(error)\n".utf8))
      exit(64)
    }
  }

  static func compare(_ options: Options) throws {
    let peer = try Peer(ProcessInfo.processInfo.environment)
    defer { peer?.remove() }
    let versions =
      "Minim \(minimVersion), kernels \(kernelLevel); \(String(cString: benchmark_blas_name())); "
      + (try peer?.versions() ?? "no peers: PEERS and PEERS_PYTHON are not set")
    var report = Report(versions: versions, peak: [:], results: [])
    for threads in [1, 2] {
      let text = String(
        decoding: try outputOf(CommandLine.arguments[0], ["--peak", "\(threads)"]), as: UTF8.self)
      report.peak["\(threads)"] = Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    print(report.heading)
    for item in options.cases {
      for threads in [1, 2] {
        var ours: [Measurement] = [], theirs: [Measurement] = []
        for _ in 0..<options.rounds {
          let output = try outputOf(
            CommandLine.arguments[0], ["--case", item.name, "\(threads)", "\(options.seconds)"])
          ours.append(try measurement(output))
          if let peer {
            theirs.append(
              try peer.measure(item.peer, threads: threads, seconds: options.seconds))
          }
        }
        let result = Result(
          name: item.name, threads: threads, peer: item.peer.engine, flops: item.flops,
          ours: .middle(ours), theirs: theirs.isEmpty ? nil : .middle(theirs))
        report.results.append(result)
        print(report.row(result))
        fflush(nil)
        if let file = options.file {
          let encoder = JSONEncoder()
          encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
          try encoder.encode(report).write(to: URL(filePath: file))
        }
      }
    }
  }
}

/// What the command line asks for.
struct Options {
  var cases: [BenchmarkCase] = []
  var rounds = 3
  var seconds = 3.0
  var file: String?

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--rounds": rounds = try Self.number(word, rest.popFirst())
      case "--seconds": seconds = try Self.number(word, rest.popFirst())
      case "--json":
        guard let name = rest.popFirst() else {
          throw ProgramFailed(description: "--json wants the name of a file")
        }
        file = name
      default:
        guard let item = benchmarkCases.first(where: { $0.name == word }) else {
          throw UnknownCase(name: word)
        }
        cases.append(item)
      }
    }
    if cases.isEmpty { cases = benchmarkCases }
  }

  private static func number<Number: LosslessStringConvertible & Comparable & Numeric>(
    _ option: String, _ text: String?
  ) throws -> Number {
    guard let number = text.flatMap({ Number($0) }), number > 0 else {
      throw ProgramFailed(description: "\(option) wants a positive number, not '\(text ?? "")'")
    }
    return number
  }
}
