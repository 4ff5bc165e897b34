// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLearning
import MinimSeries
import MinimTrials

/// What `run.json` of a detector's run folder holds.
struct DetectorReport: Codable {
  var version = minimVersion
  let model: String
  let data: String
  let seed: UInt64
  let channels: Int
  let window: Int
  /// Numbers that the detector is made of, trained or found otherwise.
  let parameters: Int
  let trainRows: Int
  let heldRows: Int
  /// Scores that thresholds are found from; nil in older folders, as what follows it where optional.
  let calibrationScores: Int?
  /// Training rows that labels call anomalous; nil without labels.
  let anomalousTrainRows: Int?
  /// Channels that did not change in training.
  let constantChannels: [Int]
  /// The name of each channel.
  let channelNames: [String]?
  /// Columns that are no channels.
  let droppedColumns: [String]?
  /// Channels that rise from each row to the next, as a clock does.
  let risingChannels: [Int]?
  let kernelLevel: String
  /// The matrices that are signs under masks; nil, as the next, for a detector that has none.
  var binaryMatrices: Int?
  /// All matrices.
  var matrices: Int?
  /// Whether a transformer makes the same row of every window; nil for other detectors.
  var constantOutput: Bool?
  /// The problems that were joined, as `--joined` names them: each is scaled by its own training rows, not by the run's.
  var joined: String?
  /// The fingerprint of the training rows.
  var dataHash: String?
  var expense: Expense?
  var run: String?

  enum CodingKeys: String, CodingKey {
    case version, model, data, seed, channels, window, parameters, matrices, joined, expense, run
    case trainRows = "train_rows"
    case heldRows = "held_rows"
    case anomalousTrainRows = "anomalous_train_rows"
    case constantChannels = "constant_channels"
    case kernelLevel = "kernel_level"
    case calibrationScores = "calibration_scores"
    case channelNames = "channel_names"
    case droppedColumns = "dropped_columns"
    case risingChannels = "rising_channels"
    case binaryMatrices = "binary_matrices"
    case constantOutput = "constant_output"
    case dataHash = "data_hash"
  }

  /// What a search or reproduction keeps of it.
  func measures(_ expense: Expense) -> TrialMeasures {
    TrialMeasures(
      processorSeconds: expense.processorSeconds, kernelLevel: kernelLevel,
      measures: [
        "train_seconds": expense.seconds, "train_peak_bytes": Double(expense.peakBytes),
        "numbers": Double(parameters), "train_rows": Double(trainRows),
      ].merging(constantOutput.map { ["constant_output": $0 ? 1 : 0] } ?? [:]) { $1 })
  }

  /// What `train` prints.
  var text: String {
    var lines = [
      "\(run ?? ""): \(model), \(parameters) numbers, window of \(counted(window, "row")) of "
        + "\(counted(channels, "channel")), from \(counted(trainRows, "row"))"
        + (heldRows > 0 ? ", \(heldRows) kept apart" : "")
        + (binaryMatrices.map { ", \(binaryMatricesText($0, of: matrices ?? $0))" } ?? "")
    ]
    if let columns = columnsText { lines.append(columns) }
    if let expense {
      lines.append(
        String(
          format: "%.2f s, %.1f MiB above the start", expense.seconds,
          Double(expense.peakBytes) / 1_048_576))
    }
    if !constantChannels.isEmpty {
      lines.append("never change in training: " + named(constantChannels))
    }
    if let risingChannels, !risingChannels.isEmpty {
      lines.append(
        named(risingChannels)
          + ": rises with every row, as a clock does; if it is one, name it \"time\" and put it first, or remove it"
      )
    }
    if let anomalousTrainRows, anomalousTrainRows > 0 {
      lines.append(
        "\(anomalousTrainRows) training rows are labelled anomalous; they were taken as normal")
    }
    if constantOutput == true {
      lines.append(constantTransformerWarning(isBinary: binaryMatrices != nil))
    }
    if let calibrationScores, let warning = fewScoresWarning(calibrationScores) {
      lines.append(warning)
    }
    return lines.joined(separator: "\n")
  }

  /// Which columns became channels, where the data names them.
  private var columnsText: String? {
    guard let channelNames, channelNames != channelNames.indices.map(String.init) else {
      return nil
    }
    return "channels: " + named(Array(channelNames.indices))
      + (droppedColumns.map { $0.isEmpty ? "" : "; left out: \($0.joined(separator: " "))" } ?? "")
  }

  private func named(_ channels: [Int]) -> String {
    channels.prefix(16).map { channelNames?[$0] ?? "\($0)" }.joined(separator: " ")
      + (channels.count > 16 ? " …" : "")
  }
}

/// The channels that rise from each of at least three rows to the next.
func risingChannels(of recording: Recording) -> [Int] {
  guard recording.count > 2 else { return [] }
  return (0..<recording.channels).filter { channel in
    (1..<recording.count).allSatisfy {
      recording.values[$0 * recording.channels + channel]
        > recording.values[($0 - 1) * recording.channels + channel]
    }
  }
}

/// What to say of a threshold from so few scores that none of them lies above POT's initial level of 0.98;
/// nil where there are more.
func fewScoresWarning(_ count: Int) -> String? {
  guard count < 50 else { return nil }
  return
    "thresholds are from \(counted(count, "score")) alone, and say little below 50: train on more rows, or with a smaller --window"
}

/// A number with what it counts: "1 row", "2 rows".
func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
