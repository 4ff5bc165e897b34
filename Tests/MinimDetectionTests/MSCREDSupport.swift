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

/// Rows of the made-up machine, 4 channels in 0 ... 1.
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
