// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor

/// A detector of a seed's weights.
func madeMSCRED(_ configuration: MSCRED.Configuration, seed: UInt64 = 1) -> MSCRED {
  var generator = SeededGenerator(seed: seed)
  return MSCRED(configuration, using: &generator)
}

/// Rows of the made-up machine: 4 channels from 0 to 1.
func machineRows(_ count: Int, seed: UInt64 = 2) throws -> Recording {
  var generator = SeededGenerator(seed: seed)
  let rows = MachineSample.problem(
    trainRows: count, testRows: 80, segments: 0, using: &generator
  ).train
  return try RangeScaler(rows).apply(to: rows).recording
}

/// A detector after some epochs on rows, of which the last fifth is held.
func fittedMSCRED(
  _ detector: MSCRED, on rows: Recording, epochs: Int, guide: SignatureGuide? = nil,
  every stride: Int? = nil, run: RunFolder? = nil, resume: Bool = false, identity: String = "x"
) throws -> MSCRED {
  var detector = detector
  var plan = MSCRED.plan
  plan.epochs = epochs
  plan.learningRate = 0.01
  let learned = rows.count - rows.count / 5
  try detector.fit(
    Windows(rows.rows(0..<learned), for: detector.configuration),
    held: Windows(rows.rows(learned..<rows.count), for: detector.configuration), plan: plan,
    progress: Progress("test", total: epochs, unit: "epoch", quiet: true), guide: guide,
    every: stride, run: run, resume: resume, identity: identity)
  return detector
}

/// The samples (count, 5, 3, n, n) that end before some rows, and their targets, of a recording of one stream: β by one pass of the
/// memory over all rows, a reach of first rows before them.
func samplesOfOnePass(
  of detector: MSCRED, _ rows: Recording, ends: [Int]
) -> (inputs: Tensor<Float>, targets: Tensor<Float>) {
  let configuration = detector.configuration, n = rows.channels, count = ends.count
  let scales = configuration.scales, reach = 4 * scales.gap + max(scales.gap, 10)
  let windows = Windows(rows, for: configuration).tensor(of: ends.map { $0 - 1 })
  let matrices = scales.matrices(of: windows.reshaped(to: [count, configuration.window, n]))
  var inputs = matrices
  if let accumulator = detector.accumulator {
    let all = (-reach..<rows.count).flatMap { rows.row(max($0, 0)) }
    let added = accumulator(
      Tensor(all, shape: [1, reach + rows.count, n]), after: nil,
      at: ends.flatMap { end in (0..<5).map { reach + end - (4 - $0) * scales.gap } }, carry: 1
    ).matrices
    inputs = matrices + added.reshaped(to: [count, 5, 1, n, n])
  }
  let targets = configuration.target == .matrices ? matrices : inputs
  return (inputs, targets.sliced(4..<5, along: 1).reshaped(to: [count, 3, n, n]))
}
