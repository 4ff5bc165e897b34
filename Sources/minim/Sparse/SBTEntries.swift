// SPDX-License-Identifier: Apache-2.0

/// A model of the table of sparse binary transformers.
struct SBTEntry: Sendable {
  /// The name in tables.
  let name: String
  /// The share of weights that masks keep; nil for the dense transformer.
  let keep: String?
  /// Whether it also learns from the dense transformer of the same seed.
  let learns: Bool

  /// The dense transformer, the binary one at three shares, and those that learn from the former.
  static let all =
    [SBTEntry(name: "dense", keep: nil, learns: false)]
    + ["0.5", "0.25", "0.1"].flatMap { (keep: String) in
      [
        SBTEntry(name: "SBT, keep \(keep)", keep: keep, learns: false),
        SBTEntry(name: "SBT, keep \(keep), distilled", keep: keep, learns: true),
      ]
    }
}

/// A classification problem of the table.
struct SBTClassificationSet: Sendable {
  let name: String
  /// Width of the transformer.
  let width: String
  let batch: String
  /// How series of different length become one.
  var length = "require"

  static let all = [
    SBTClassificationSet(
      name: "JapaneseVowels", width: "32", batch: "8", length: "pad"),
    SBTClassificationSet(name: "NATOPS", width: "64", batch: "8"),
    SBTClassificationSet(name: "FingerMovements", width: "64", batch: "8"),
    SBTClassificationSet(name: "Epilepsy", width: "32", batch: "8"),
    SBTClassificationSet(name: "BasicMotions", width: "32", batch: "8"),
    SBTClassificationSet(name: "PenDigits", width: "32", batch: "32"),
  ]
}

/// Detection problems of the table.
struct SBTDetectionSet: Sendable {
  let set: DetectionSet
  let window: String
  /// Width of the transformer: twice the channels.
  let width: String
  /// Passes over at most 8,191 windows.
  let epochs: String
  /// The share of validation scores above the paper's threshold.
  let alarmShare: String

  static let all: [SBTDetectionSet] = [
    ("SMAP", "50", "50", "20", "0.01"), ("MSL", "50", "110", "20", "0.01"),
    ("SMD", "200", "76", "5", "0.005"),
  ].compactMap { name, window, width, epochs, share in
    DetectionSet.all.first { $0.name == name }.map {
      SBTDetectionSet(
        set: $0, window: window, width: width, epochs: epochs, alarmShare: share)
    }
  }
}

/// A forecasting problem of the table.
struct SBTForecastSet: Sendable {
  let name: String
  let file: String
  let width: String
  /// Passes over all windows.
  let epochs: String
  /// The rows, or shares of them, to learn from, to validate and to test on: the paper's, with a tenth of its training
  /// rows to validate on (methods, sbt 4).
  let split: String

  static let all = [
    SBTForecastSet(
      name: "ETTm1", file: "ETTm1.csv.gz", width: "64", epochs: "2",
      split: "41128,4569,11903"),
    SBTForecastSet(
      name: "WTH", file: "WTH.csv.gz", width: "100", epochs: "2",
      split: "0.71884,0.07984,0.20132"),
  ]
}
