// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
public import MinimSeries
internal import MinimTensor

/// The distillation methods that a student can be trained by.
public enum DistillationMethod: String, CaseIterable, Codable, Sendable {
  /// Memory discrepancies of hidden states.
  case memkd
  /// Softened logits.
  case kd
}

/// What a teacher has to say about every training case, computed once for a data set.
public struct TeacherCache: Sendable {
  /// The values of a tap or output, one tensor (1, …) for each case.
  private let states: Tensor<Float>?
  private let logits: Tensor<Float>
  private let lengths: [Int]?

  /// Runs the teacher over the cases.
  ///
  /// `tap` names the states (cases, time, width) to keep, nil for none.
  public init(
    _ teacher: some Classifier<Float>, cases: PreparedCases, discrepancy: Discrepancy?
  ) {
    var states: [Tensor<Float>] = [], logits: [Tensor<Float>] = []
    cases.forEachBatch { indices in
      let (series, lengths) = cases.batch(indices)
      let forward = teacher(series, lengths: lengths)
      logits.append(forward.output)
      if let discrepancy { states.append(memory(of: forward, discrepancy)) }
    }
    self.logits = .concatenated(logits, along: 0)
    self.states = states.isEmpty ? nil : .concatenated(states, along: 0)
    lengths = cases.isPadded ? cases.lengths : nil
  }

  /// The distillation term: `weight` times the method's loss between the student's pass and the
  /// cache.
  public func loss(_ method: DistillationMethod, weight: Double, memkd: MemKD) -> ExtraLoss {
    ExtraLoss { batch, _, generator in
      let (forward, indices) = (batch.forward, batch.indices)
      switch method {
      case .kd:
        let teacher = logits.gathered(indices, along: 0)
        return LogitDistillation().loss(student: forward.output, teacher: teacher) * Float(weight)
      case .memkd:
        guard let states else { preconditionFailure("the cache was made without hidden states") }
        return memkd.loss(
          student: memory(of: forward, memkd.discrepancy),
          teacher: states.gathered(indices, along: 0),
          lengths: lengths.map { all in indices.map { all[$0] } }, using: &generator)
          * Float(weight)
      }
    }
  }
}

/// The states whose movement a discrepancy speaks of.
///
/// The N8 forms need an LSTM.
private func memory(of forward: Forward<Float>, _ discrepancy: Discrepancy) -> Tensor<Float> {
  let wanted: [Tap] =
    switch discrepancy {
    case .cell: [.cell]
    case .hiddenAndCell: [.hidden, .cell]
    default: [.hidden]
    }
  let found = wanted.compactMap { forward.taps[$0] }
  precondition(
    found.count == wanted.count, "discrepancy \(discrepancy.rawValue) needs taps \(wanted)")
  return found.count == 1 ? found[0] : .concatenated(found, along: 2)
}
