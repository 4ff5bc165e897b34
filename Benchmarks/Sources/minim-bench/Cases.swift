// SPDX-License-Identifier: Apache-2.0
import COpenBLAS
import Foundation
import MinimModels
import MinimTensor

/// A piece of work that both sides do.
struct BenchmarkCase: Sendable {
  let name: String
  /// The peer's script for it.
  let peer: PeerScript
  /// Floating-point operations of one step, by formula.
  let flops: Double
  /// Makes the work; each call of the result is one step.
  let prepare: @Sendable () -> () -> Void
}

let benchmarkCases =
  [
    BenchmarkCase(
      name: "lstm-3x100-train", peer: .torch("a"),
      flops: Flops.lstm(batch: 32, layers: 3, hidden: 100, trains: true)
    ) {
      trainingStep(lstm(3, 100), input: [32, 100, 25], target: [32, 1]) { $0($1).output }
    },
    BenchmarkCase(
      name: "lstm-1x8-train", peer: .torch("b"),
      flops: Flops.lstm(batch: 32, layers: 1, hidden: 8, trains: true)
    ) {
      trainingStep(lstm(1, 8), input: [32, 100, 25], target: [32, 1]) { $0($1).output }
    },
    BenchmarkCase(
      name: "lstm-1x8-infer", peer: .onnx("lstm1x8"),
      flops: Flops.lstm(batch: 1, layers: 1, hidden: 8, trains: false)
    ) {
      inferring(lstm(1, 8), input: [1, 100, 25]) { $0($1).output }
    },
  ] + modelCases + convolutionCases

/// LSTM layers on 25 features with a head of one output.
private func lstm(
  _ layers: Int, _ hidden: Int
) -> (inout SeededGenerator) -> RecurrentClassifier<Float> {
  {
    RecurrentClassifier(
      .init(cell: .lstm, layers: layers, hidden: hidden, channels: 25, classes: 1), using: &$0)
  }
}

/// The median time of a step over `seconds`, after some to warm up, and the process's peak memory.
func measure(_ name: String, threads: Int, seconds: Double) throws -> Measurement {
  guard let item = benchmarkCases.first(where: { $0.name == name }) else {
    throw UnknownCase(name: name)
  }
  threadCount = threads
  let step = item.prepare()
  for _ in 0..<5 { step() }
  var times: [Double] = []
  let end = ContinuousClock.now.advanced(by: .seconds(seconds))
  while ContinuousClock.now < end || times.count < 5 {
    let start = ContinuousClock.now
    step()
    times.append(start.duration(to: .now) / .microseconds(1))
  }
  var usage = rusage()
  #if os(Linux)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let kibibytes = Double(usage.ru_maxrss)
  #else
    getrusage(RUSAGE_SELF, &usage)
    let kibibytes = Double(usage.ru_maxrss) / 1024
  #endif
  return Measurement(microseconds: times.sorted()[times.count / 2], mebibytes: kibibytes / 1024)
}

/// A case that is not in the list.
struct UnknownCase: Error, CustomStringConvertible {
  let name: String
  var description: String {
    "there is no case '\(name)'; there are \(benchmarkCases.map(\.name).joined(separator: ", "))"
  }
}

/// The machine's peak in GFLOP/s: the best of ten products of 1536 x 1536 matrices by the system's
/// BLAS.
func peakOfMachine(threads: Int) -> Double {
  let n = 1536
  let a = [Float](repeating: 0.5, count: n * n)
  var c = a
  benchmark_blas_threads(Int32(threads))
  var best = Double.infinity
  for _ in 0..<10 {
    let start = ContinuousClock.now
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(n), Int32(n), Int32(n), 1, a, Int32(n), a,
      Int32(n), 0, &c, Int32(n))
    best = min(best, start.duration(to: .now) / .seconds(1))
  }
  return 2 * Double(n * n * n) / best / 1e9
}
