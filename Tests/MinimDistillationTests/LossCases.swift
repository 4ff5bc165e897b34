// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDistillation
import MinimTensor

/// The losses that Tools/golden/distillation.py gives values for, by the names that it uses.
///
/// Inputs are student, teacher, then what the loss trains for itself.
enum LossCases<S: TensorScalar> {
  typealias Row = @Sendable ([Tensor<S>]) -> Tensor<S>

  static var rows: [String: Row] {
    var rows: [String: Row] = [
      "at": { AttentionTransfer().loss(student: $0[0], teacher: $0[1]) },
      "atPadded": { AttentionTransfer().loss(student: $0[0], teacher: $0[1], lengths: [6, 2, 4]) },
      "atPaper": { AttentionTransfer(form: .paper).loss(student: $0[0], teacher: $0[1]) },
      "atUneven": { AttentionTransfer().loss(student: $0[0], teacher: $0[1]) },
      "rkdDistance": {
        RelationalDistillation(distance: 1, angle: 0).loss(student: $0[0], teacher: $0[1])
      },
      "rkdAngle": {
        RelationalDistillation(distance: 0, angle: 1).loss(student: $0[0], teacher: $0[1])
      },
      "rkd": { RelationalDistillation().loss(student: $0[0], teacher: $0[1]) },
      "kd": { LogitDistillation().loss(student: $0[0], teacher: $0[1]) },
      "dkd": {
        DecoupledDistillation().loss(
          student: $0[0], teacher: $0[1], labels: [1, 0, 4], epoch: 20)
      },
      "dkdWarm": {
        DecoupledDistillation(temperature: 2, alpha: 0.5, beta: 3, warmUp: 12).loss(
          student: $0[0], teacher: $0[1], labels: [1, 0, 4], epoch: 3)
      },
      // β does not matter: of two classes one other is left.
      "dkdTwo": {
        DecoupledDistillation(beta: 1000, warmUp: 0).loss(
          student: $0[0], teacher: $0[1], labels: [1, 0, 1], epoch: 1)
      },
      "softDTW": { SoftDTW(gamma: 0.3)($0[0], $0[1]).mean() },
      "softDTWBand": { SoftDTW(band: 2)($0[0], $0[1]).mean() },
      "memkdMSE": { memkd(MemKD(terms: .short, penalty: .squares), $0) },
      "memkdL1": { memkd(MemKD(terms: .short, penalty: .magnitudes), $0) },
      "memkdBeta": { memkd(MemKD(terms: .short, beta: 0.1), $0) },
    ]
    for (label, lengths) in ["": nil, "Padded": [6, 2, 4]] as [String: [Int]?] {
      rows["fitnet" + label] = {
        FitNet().loss(student: $0[0], teacher: $0[1], regressor: regressor($0), lengths: lengths)
      }
      rows["vid" + label] = {
        VariationalInformation().loss(
          student: $0[0], teacher: $0[1],
          estimator: .init(maps: Array($0[2...4]), variance: $0[5]), lengths: lengths)
      }
      rows["nst" + label] = {
        NeuronSelectivity().loss(student: $0[0], teacher: $0[1], lengths: lengths)
      }
      for form in Discrepancy.allCases {
        // As many spans and starts as there are.
        let loss = MemKD(discrepancy: form, spans: 99, starts: nil)
        rows["memkd-\(form.rawValue)" + label] = {
          memkd(loss, $0, lengths, form.needsRegressor ? regressor($0) : nil)
        }
      }
      rows["dt2w" + label] = {
        TimeWarping().loss(
          student: $0[0], teacher: $0[1], regressor: regressor($0), lengths: lengths)
      }
      rows["dt2wDivergence" + label] = {
        TimeWarping(distance: SoftDTW(gamma: 0.5, divergence: true)).loss(
          student: $0[0], teacher: $0[1], regressor: regressor($0), lengths: lengths)
      }
    }
    return rows
  }

  private static func regressor(_ inputs: [Tensor<S>]) -> Regressor<S> {
    Regressor(weight: inputs[2], bias: inputs[3])
  }

  private static func memkd(
    _ loss: MemKD, _ inputs: [Tensor<S>], _ lengths: [Int]? = nil, _ regressor: Regressor<S>? = nil
  ) -> Tensor<S> {
    var generator = SeededGenerator(seed: 1)
    return loss.loss(
      student: inputs[0], teacher: inputs[1], regressor: regressor, lengths: lengths,
      using: &generator)
  }
}

/// Reference values of one loss, as Tools/golden/distillation.py wrote them.
struct GoldenLoss: Decodable, Sendable {
  struct Array: Decodable, Sendable {
    let shape: [Int]
    let values: [Double]

    func tensor<S: TensorScalar>() -> Tensor<S> { Tensor(values.map { S($0) }, shape: shape) }
  }
  let inputs: [Array]
  let value: Double
  let gradients: [Array]

  static let all: [String: GoldenLoss] = {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = try? Data(contentsOf: tests.appending(path: "Golden/distillation.json"))
    return file.flatMap { try? JSONDecoder().decode([String: GoldenLoss].self, from: $0) } ?? [:]
  }()
}
