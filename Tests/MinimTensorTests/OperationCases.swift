// SPDX-License-Identifier: Apache-2.0
import MinimTensor

/// One row for every case of every differentiable operation: how to call it.
///
/// The row alone gives the comparison with PyTorch (values and gradients, both types), the gradient
/// check and the timing.
///
/// To add an operation: a row here, a `case(...)` of the same name in Tools/golden/operations.py,
/// `make golden`.
struct OperationCases<S: TensorScalar>: Sendable {
  typealias Row = @Sendable ([Tensor<S>]) -> [Tensor<S>]

  static var rows: [String: Row] {
    var rows: [String: Row] = [:]
    func unary(_ name: String, scaled: S = 3, _ f: @escaping @Sendable (Tensor<S>) -> Tensor<S>) {
      for suffix in ["", "Empty"] {
        rows[name + suffix] = { [f(scaled == 1 ? $0[0] : $0[0] * scaled)] }
      }
    }
    unary("negate") { -$0 }
    unary("exp", scaled: 1) { $0.exp() }
    unary("tanh") { $0.tanh() }
    unary("sigmoid") { $0.sigmoid() }
    unary("relu") { $0.relu() }
    unary("leakyRelu") { $0.leakyRelu(slope: 0.2) }
    unary("gelu") { $0.gelu() }
    unary("selu") { $0.selu() }
    unary("softplus") { $0.softplus() }
    unary("absolute") { $0.absolute() }
    unary("clamp") { $0.clamped(to: -0.5...0.7) }
    unary("squared") { $0.squared() }
    rows["log"] = { [$0[0].log()] }
    rows["squareRoot"] = { [$0[0].squareRoot()] }

    func binary(_ name: String, _ f: @escaping @Sendable (Tensor<S>, Tensor<S>) -> Tensor<S>) {
      for suffix in ["", "Scalar", "Row", "Column", "Both", "Middle", "Empty"] {
        rows[name + suffix] = { [f($0[0], $0[1])] }
      }
    }
    binary("add") { $0 + $1 }
    binary("subtract") { $0 - $1 }
    binary("multiply") { $0 * $1 }
    binary("divide") { $0 / $1 }
    binary("maximum") { Tensor.maximum($0, $1) }

    for name in ["", "Large", "One", "Empty", "Batch", "BatchBroadcast", "BatchShared"] {
      rows["product" + name] = { [$0[0].product($0[1])] }
    }
    rows["productLeft"] = { [$0[0].product($0[1], transposed: true)] }
    rows["productRight"] = { [$0[0].product($0[1], otherTransposed: true)] }
    for name in ["productBoth", "productBatchTransposed"] {
      rows[name] = { [$0[0].product($0[1], transposed: true, otherTransposed: true)] }
    }
    rows["linear"] = { [$0[0].linear(weight: $0[1], bias: $0[2])] }
    addShaping(to: &rows)
    addReductions(to: &rows)
    addLosses(to: &rows)
    addRecurrent(to: &rows)
    addSeries(to: &rows)
    addAttention(to: &rows)
    addConvolutions(to: &rows)
    return rows
  }

  private static func addShaping(to rows: inout [String: Row]) {
    rows["reshape"] = { [$0[0].reshaped(to: [3, -1])] }
    rows["permute"] = { [$0[0].permuted([2, 0, 3, 1])] }
    rows["transpose"] = { [$0[0].transposed()] }
    rows["slice"] = { [$0[0].sliced(2..<5, along: 1)] }
    rows["sliceNothing"] = { [$0[0].sliced(2..<2, along: 1)] }
    rows["concatenate"] = { [Tensor.concatenated($0, along: 1)] }
    rows["gather"] = { [$0[0].gathered([3, 0, 3], along: 1)] }
    rows["gatherSteps"] = { [$0[0].gatheredSteps([3, 0, 2])] }
    rows["padZero"] = { [$0[0].padded(along: 1, before: 2, after: 1)] }
    rows["padReplicate"] = { [$0[0].padded(along: -1, before: 3, after: 2, mode: .replicate)] }
  }

  private static func addReductions(to rows: inout [String: Row]) {
    typealias Reduction = @Sendable (Tensor<S>, [Int]?, Bool) -> Tensor<S>
    let reductions: [String: Reduction] = [
      "sum": { $0.sum(over: $1, keepingAxes: $2) }, "mean": { $0.mean(over: $1, keepingAxes: $2) },
      "max": { $0.max(over: $1, keepingAxes: $2) },
    ]
    for (name, f) in reductions {
      rows[name] = { [f($0[0], nil, false)] }
      rows[name + "Last"] = { [f($0[0], [-1], false)] }
      rows[name + "Middle"] = { [f($0[0], [1], true)] }
      rows[name + "Outer"] = { [f($0[0], [0, 2], false)] }
    }
    rows["sumEmpty"] = { [$0[0].sum(over: [0])] }
    rows["logSumExp"] = { [($0[0] * 5).logSumExp()] }
    rows["logSumExpFirst"] = { [$0[0].logSumExp(over: 0, keepingAxes: true)] }
    rows["softmax"] = { [($0[0] * 4).softmax()] }
    rows["softmaxFirst"] = { [$0[0].softmax(over: 0)] }
    rows["softmaxEmpty"] = { [$0[0].softmax()] }
    rows["logSoftmax"] = { [($0[0] * 4).logSoftmax()] }
    rows["logSoftmaxMiddle"] = { [$0[0].logSoftmax(over: 1)] }
  }

  private static func addLosses(to rows: inout [String: Row]) {
    rows["meanSquaredError"] = { [Tensor.meanSquaredError($0[0], $0[1])] }
    rows["smoothL1"] = { [Tensor.smoothL1($0[0], $0[1], beta: 0.7)] }
    rows["crossEntropyLabels"] = { [Tensor.crossEntropy(logits: $0[0], labels: [2, 0, 1, 2])] }
    rows["crossEntropyProbabilities"] = {
      let goal = Tensor<S>([0.5, 0.25, 0.25, 0, 1, 0, 0.125, 0.125, 0.75, 1, 0, 0], shape: [4, 3])
      return [Tensor.crossEntropy(logits: $0[0], probabilities: goal)]
    }
    for name in ["layerNorm", "layerNormOne", "layerNormEmpty"] {
      rows[name] = { [$0[0].layerNorm(scale: $0[1], shift: $0[2])] }
    }
    rows["layerNormSum"] = { [$0[0].layerNorm(adding: $0[1], scale: $0[2], shift: $0[3])] }
    rows["layerNormRows"] = { [$0[0].layerNorm(adding: $0[1], scale: $0[2], shift: $0[3]) * $0[0]] }
    for name in ["batchNorm", "batchNormChannels"] {
      rows[name] = { [$0[0].batchNorm(scale: $0[1], shift: $0[2], axis: 1).value] }
    }
    rows["batchNormFixed"] = {
      let mean = Tensor<S>([0.5, -0.25, 1], shape: [3]),
        variance = Tensor<S>([1, 2, 0.5], shape: [3])
      return [$0[0].batchNorm(scale: $0[1], shift: $0[2], mean: mean, variance: variance)]
    }
  }

  private static func addRecurrent(to rows: inout [String: Row]) {
    for cell in RecurrentCell.allCases {
      for (suffix, lengths) in [
        "": nil, "Wide": nil, "Initial": nil, "Padded": [6, 1, 4, 3], "OneStep": nil,
      ] as [String: [Int]?] {
        rows[cell.rawValue + suffix] = { inputs in
          let weights = RecurrentWeights(
            input: inputs[1], recurrent: inputs[2], inputBias: inputs[3], recurrentBias: inputs[4])
          let states = inputs[0].recurrent(
            cell, weights: weights, initialHidden: inputs.count > 5 ? inputs[5] : nil,
            initialCell: inputs.count > 6 ? inputs[6] : nil, lengths: lengths)
          let last = states.last(lengths: lengths)
          return [states.hidden, last.hidden] + [last.cell].compactMap(\.self)
        }
      }
    }
  }
}
