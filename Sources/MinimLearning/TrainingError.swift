// SPDX-License-Identifier: Apache-2.0

/// What stops a training run.
public enum TrainingError: Error, Equatable, CustomStringConvertible, Sendable {
  /// A number that is NaN or infinite, at its first appearance. Epoch and batch count from 1.
  case notFinite(epoch: Int, batch: Int, tensor: String)
  /// There is a checkpoint, but of another run, or of one whose teacher was other then.
  case otherRun(path: String)
  /// The folder holds a run already.
  case runExists(path: String)
  /// `--resume` was given, but there is nothing to go on from.
  case nothingToResume(path: String)

  /// One line: what happened, where, and what to do.
  public var description: String {
    switch self {
    case .notFinite(let epoch, let batch, let tensor):
      "training stopped at epoch \(epoch), batch \(batch): \(tensor) is NaN or infinite; try a smaller --learning-rate"
    case .otherRun(let path):
      "\(path): the checkpoint belongs to a run with other options, data, teacher weights, version or kernel level; give the same ones or another --out"
    case .runExists(let path):
      "\(path): holds a run already; give --resume to go on with it, or another --out"
    case .nothingToResume(let path): "\(path): no checkpoint to resume from"
    }
  }
}
