// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

// The words that `inspect` prints. Embedded Swift has no names of cases to print.

extension TensorType {
  var name: String {
    switch self {
    case .float32: "float32"
    case .float16: "float16"
    case .int8: "int8"
    case .oneBit: "one-bit"
    }
  }
}

extension PreprocessingMode {
  var name: String {
    switch self {
    case .stream: "stream"
    case .window: "window"
    }
  }
}

extension Normalisation {
  var name: String {
    switch self {
    case .none: "none"
    case .scaler: "scaler"
    case .window: "window"
    }
  }
}

extension Model {
  /// What an operation does, in a few words: `linear`, `lstm`, `convolution of 3 by 2 steps`.
  func operationName(_ index: Int) -> String {
    let operation = operation(index)
    switch operation.code {
    case .linear: return "linear"
    case .softmax: return "softmax"
    case .recurrent: return cellName(operation)
    case .activation: return ["relu", "sigmoid", "tanh"][Int(operation.variant)]
    case .convolution:
      let taps = tapCount(operation), kind = operation.isDepthwise ? "depth-wise " : ""
      return "\(kind)convolution of \(taps) by \(operation.parameter) steps"
    case .mean: return "mean"
    case .join:
      return "join of values \(operation.input) to \(operation.input + operation.parameter - 1)"
    case .add: return "add of values \(operation.input) and \(operation.parameter)"
    case .window: return "window of \(operation.parameter) rows"
    case .clip: return "clip"
    case .error: return "error of values \(operation.input) and \(operation.parameter)"
    case .reduce: return "mean of the numbers of a value"
    case .forest: return "isolation forest of \(tensor(operation.tensor(0)).rows) trees"
    case .generate: return "generation on \(operation.parameter) maps"
    case .recall: return "\(cellName(operation)) of the same input \(operation.parameter) times"
    case .embed: return "embedding of rows"
    case .layer: return "transformer layer"
    case .attend: return "attention to the rows of value \(operation.parameter)"
    case .pool: return "mean of rows"
    case .series: return "series in phases of \(operation.parameter) rows"
    case .map: return "map of rows"
    case .affine: return "scale and shift of rows"
    case .forecast: return "forecast"
    case .remember: return "\(cellName(operation)) of each channel"
    case .signatures: return "signature matrices of \(operation.parameter) rows"
    case .accumulate: return "matrix of value \(operation.parameter) added to each"
    case .image:
      let kind = ["", "halving ", "doubling ", "depth-wise "][Int(operation.variant & 3)]
      return "\(kind)convolution of images\(operation.variant & 4 == 0 ? "" : ", selu")"
    case .imageLSTM: return "convolutional lstm with attention"
    case .deviations: return "deviations from value \(operation.parameter)"
    }
  }

  private func cellName(_ operation: Operation) -> String {
    switch operation.cell {
    case .rnn: "rnn"
    case .lstm: "lstm"
    case .gru: "gru"
    case .mgu: "mgu"
    }
  }
}
