// SPDX-License-Identifier: Apache-2.0
public import MinimRuntime

/// Why a model was not packed.
public enum PackingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A text is longer than the format holds.
  case textTooLong(what: String, length: Int, limit: Int)
  /// The contents break a rule of the format.
  case outsideFormat(ModelError)
  /// A number of the trained model is NaN or infinite, or too large for the precision.
  case notRepresentable(tensor: String, value: Float, precision: Precision)
  /// There are no operations for this architecture.
  case architecture(String)
  /// There are no operations for such a transformer; `instead` says what to do.
  case transformer(String, instead: String)
  /// There are no operations for this detector.
  case detector(String)
  /// There are operations for this detector, but in other precisions.
  case detectorPrecision(String, Precision, others: [Precision])
  /// More calibration scores than rows that they could be of, or none.
  case otherRows(scores: Int, rows: Int)
  /// There are no operations for this forecaster; `instead` says what to do.
  case forecaster(String, instead: String)
  /// A look-back of more rows than the format holds.
  case lookbackTooLong(Int, limit: Int)
  /// Fewer training rows than a window has.
  case tooFewRows(Int, least: Int)
  /// A window of more rows than the format holds.
  case windowTooLong(Int, limit: Int)
  /// A linear model of more steps than a convolution can look at.
  case tooManySteps(Int, limit: Int)
  /// The packed model's outputs are not those of the trained model.
  case outputsDiffer(difference: Double, tolerance: Double, precision: Precision)

  /// One line: what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .textTooLong(let what, let length, let limit):
      "\(what): found \(length) bytes, expected at most \(limit); shorten it"
    case .outsideFormat(let error):
      "\(error.code.name): found \(error.found), expected \(error.expected); "
        + "the model file format does not hold it (Documentation/model-file.md)"
    case .notRepresentable(let tensor, let value, let precision):
      "\(tensor): found \(value), expected a finite number in the range of \(precision.rawValue); "
        + "train again, or pack with --precision float32"
    case .architecture(let name):
      "a \(name): found no operations for it in the model file format, expected rnn, lstm, gru, mgu, tcn, lite, "
        + "linear or transformer; train one of those"
    case .transformer(let what, let instead):
      "a transformer: found \(what), for which the model file format has no operations; \(instead)"
    case .detector(let what):
      "a detector: found \(what), for which the model file format has no operations; it has them for pca, onlad, "
        + "usad, lstm-ae, iforest, gon, gon-free, transformer and sbt as `train` makes them, and for an mscred without --no-recurrence, its memory of the form shared, up to 256 channels"
    case .detectorPrecision(let name, let precision, let others):
      "a detector: found \(name) in \(precision.rawValue), expected "
        + others.map(\.rawValue).joined(separator: " or ")
        + "; pack with --precision \(others.first?.rawValue ?? "")"
    case .otherRows(let scores, let rows):
      "training rows: found \(rows) for \(scores) calibration scores, expected those that the detector was trained on"
    case .forecaster(let what, let instead):
      "a forecaster: found \(what), for which the model file format has no operations, expected mlp, mlp-plain, dlinear, "
        + "nlinear, rlinear, low-rank, fits, sparsetsf, sparsetsf-mlp, timebase, transformer or sbt; \(instead)"
    case .lookbackTooLong(let rows, let limit):
      "a forecaster: found a look-back of \(rows) rows, expected at most \(limit); train with a smaller --lookback"
    case .tooFewRows(let rows, let least):
      "training rows: found \(rows), expected at least \(least), a look-back and a horizon; give the rows that the "
        + "forecaster was trained on"
    case .windowTooLong(let rows, let limit):
      "a detector: found a window of \(rows) rows, expected at most \(limit); train with a smaller --window"
    case .tooManySteps(let steps, let limit):
      "a linear model: found \(steps) steps, expected at most \(limit), the steps that a convolution "
        + "of the model file format looks at; train with --length resample:\(limit)"
    case .outputsDiffer(let difference, let tolerance, let precision):
      "packed outputs: found a root mean square difference of \(difference) from the trained model's, expected at "
        + "most \(tolerance) for \(precision.rawValue); "
        + (precision == .float32
          ? "give the data of the training, or bring them nearer to zero, for the packed model reads them in float32"
          : "pack with a higher --precision")
    }
  }
}

/// How the weights of a packed model are stored.
public enum Precision: String, CaseIterable, Codable, Sendable {
  /// Every number in four bytes.
  case float32
  /// Every number in two bytes.
  case float16
  /// Matrices in one byte an element with a scale for each row; vectors in float16.
  case int8

  /// The largest root mean square difference between packed and trained probabilities at which a
  /// file is still written.
  public var tolerance: Double {
    switch self {
    case .float32: 1e-5
    case .float16: 0.01
    case .int8: 0.05
    }
  }
}
