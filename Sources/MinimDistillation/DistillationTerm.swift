// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
internal import MinimLearning
internal import MinimTensor

/// The names of the distillation methods.
public enum DistillationMethod: String, CaseIterable, Codable, Sendable {
  /// Memory discrepancies of hidden states.
  case memkd
  /// Softened logits.
  case kd
  /// Hidden states through a regressor.
  case fitnet
  /// Energy of the hidden states over time.
  case at
  /// Activity of the units over time.
  case nst
  /// Hidden states through an estimator with learned variance.
  case vid
  /// Distances between cases.
  case rkdDistance = "rkd-distance"
  /// Angles between cases.
  case rkdAngle = "rkd-angle"
  /// Distances and angles between cases.
  case rkd
  /// Softened logits in two parts.
  case dkd
  /// Hidden sequences under soft time warping.
  case dt2w
}

/// One distillation loss with its weight beside the cross-entropy.
public struct DistillationTerm: Sendable {
  /// The method with its settings.
  enum Loss: Sendable {
    case memkd(MemKD)
    case kd(LogitDistillation)
    case fitnet(FitNet)
    case at(AttentionTransfer)
    case nst(NeuronSelectivity)
    case vid(VariationalInformation)
    case rkd(RelationalDistillation)
    case dkd(DecoupledDistillation)
    case dt2w(TimeWarping)
  }

  /// The method's name.
  public let method: DistillationMethod
  /// The factor of the loss, at least 0.
  public let weight: Double
  let loss: Loss

  private init(_ method: DistillationMethod, _ weight: Double, _ loss: Loss) {
    self.method = method
    self.weight = weight
    self.loss = loss
  }

  /// MemKD.
  public static func memkd(_ loss: MemKD = MemKD(), weight: Double) -> DistillationTerm {
    DistillationTerm(.memkd, weight, .memkd(loss))
  }
  /// Base-KD.
  public static func kd(
    _ loss: LogitDistillation = LogitDistillation(), weight: Double
  ) -> DistillationTerm { DistillationTerm(.kd, weight, .kd(loss)) }
  /// FitNet.
  public static func fitnet(weight: Double) -> DistillationTerm {
    DistillationTerm(.fitnet, weight, .fitnet(FitNet()))
  }
  /// Attention transfer.
  public static func at(
    _ loss: AttentionTransfer = AttentionTransfer(), weight: Double
  ) -> DistillationTerm { DistillationTerm(.at, weight, .at(loss)) }
  /// Neuron selectivity transfer.
  public static func nst(weight: Double) -> DistillationTerm {
    DistillationTerm(.nst, weight, .nst(NeuronSelectivity()))
  }
  /// Variational information distillation.
  public static func vid(weight: Double) -> DistillationTerm {
    DistillationTerm(.vid, weight, .vid(VariationalInformation()))
  }
  /// Relational distillation; one of its parts alone goes by that part's name.
  public static func rkd(
    _ loss: RelationalDistillation = RelationalDistillation(), weight: Double
  ) -> DistillationTerm {
    let method: DistillationMethod =
      loss.angle == 0 ? .rkdDistance : (loss.distance == 0 ? .rkdAngle : .rkd)
    return DistillationTerm(method, weight, .rkd(loss))
  }
  /// Decoupled distillation.
  public static func dkd(
    _ loss: DecoupledDistillation = DecoupledDistillation(), weight: Double
  ) -> DistillationTerm { DistillationTerm(.dkd, weight, .dkd(loss)) }
  /// DT2W.
  public static func dt2w(
    _ loss: TimeWarping = TimeWarping(), weight: Double
  ) -> DistillationTerm { DistillationTerm(.dt2w, weight, .dt2w(loss)) }

  /// Throws `DistillationError` for a student that lacks what the loss reads; `taps` are all that it has.
  public func check(studentTaps taps: Set<Tap>) throws(DistillationError) {
    try reading.check(taps, .student, for: method)
  }

  /// What it reads of student and teacher.
  var reading: Reading {
    switch loss {
    case .kd, .dkd: .logits
    case .rkd: .tap(.features)
    case .memkd(let memkd) where memkd.discrepancy == .cell: .tap(.cell)
    case .memkd(let memkd) where memkd.discrepancy == .hiddenAndCell: .joined(.hidden, .cell)
    case .memkd, .fitnet, .at, .nst, .vid, .dt2w: .tap(.hidden)
    }
  }

  /// What is trained beside the student, for the two widths; names begin with the method's.
  func adapters(
    student: Int, teacher: Int, using generator: inout SeededGenerator
  ) -> [(name: String, tensor: Tensor<Float>)] {
    switch loss {
    case .fitnet, .dt2w:
      return Regressor.start(of: method, student: student, teacher: teacher, using: &generator)
    case .memkd(let memkd) where memkd.discrepancy.needsRegressor:
      return Regressor.start(of: method, student: student, teacher: teacher, using: &generator)
    case .vid:
      let widths = [student, teacher, teacher]
      let maps = widths.enumerated().map { index, inputs in
        let map = Linear<Float>(inputs: inputs, outputs: teacher, using: &generator)
        return (name: "vid.map\(index + 1)", tensor: map.weight)
      }
      let start = Float(VariationalInformation.startOfVariance)
      return maps + [("vid.variance", Tensor(repeating: start, shape: [teacher]))]
    case .memkd, .kd, .at, .nst, .rkd, .dkd: return []
    }
  }

  /// The loss of a batch without its weight; `student` and `teacher` are what `reading` gave.
  func value(
    student: Tensor<Float>, teacher: Tensor<Float>, batch: TrainingBatch, adapters: Adapters,
    using generator: inout SeededGenerator
  ) throws(DistillationError) -> Tensor<Float> {
    let lengths = batch.lengths
    if reading != .logits, student.rank == 3, student.shape[1] != teacher.shape[1] {
      guard method == .at || method == .dt2w, lengths == nil else {
        throw .stepsDiffer(method, student: student.shape[1], teacher: teacher.shape[1])
      }
    }
    switch loss {
    case .memkd(let loss):
      return loss.loss(
        student: student, teacher: teacher,
        regressor: loss.discrepancy.needsRegressor ? Regressor(adapters, of: method) : nil,
        lengths: lengths, using: &generator)
    case .kd(let loss): return loss.loss(student: student, teacher: teacher)
    case .fitnet(let loss):
      return loss.loss(
        student: student, teacher: teacher, regressor: Regressor(adapters, of: method),
        lengths: lengths)
    case .at(let loss): return loss.loss(student: student, teacher: teacher, lengths: lengths)
    case .nst(let loss): return loss.loss(student: student, teacher: teacher, lengths: lengths)
    case .vid(let loss):
      let estimator = VariationalInformation.Estimator(
        maps: (1...3).map { adapters["vid.map\($0)"] }, variance: adapters["vid.variance"])
      return loss.loss(student: student, teacher: teacher, estimator: estimator, lengths: lengths)
    case .rkd(let loss): return loss.loss(student: student, teacher: teacher)
    case .dkd(let loss):
      return loss.loss(
        student: student, teacher: teacher, labels: batch.labels, epoch: batch.epoch)
    case .dt2w(let loss):
      return loss.loss(
        student: student, teacher: teacher, regressor: Regressor(adapters, of: method),
        lengths: lengths)
    }
  }
}
