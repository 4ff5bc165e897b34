// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// Attention transfer over time: each step's share of a hidden sequence's energy must be the teacher's.
///
/// a(t) = mean over units of h(t)², divided by ‖a‖ over the valid steps. Widths need not agree; where the numbers of
/// steps differ, the longer map is averaged down to the shorter (bin i of n over T steps: from ⌊iT/n⌋ up to
/// ⌈(i+1)T/n⌉). Source: methods, memkd 2.5.
public struct AttentionTransfer: Codable, Equatable, Sendable {
  /// How two maps are compared.
  public enum Form: String, CaseIterable, Codable, Sendable {
    /// Mean over cases and steps of (aˢ - aᵗ)².
    case code
    /// Mean over cases of ‖aˢ - aᵗ‖.
    case paper
  }

  /// How two maps are compared.
  public var form: Form

  /// Transfer in one of the two forms; RepDistiller, mdistiller and torchdistill use `code`.
  public init(form: Form = .code) { self.form = form }

  /// The loss of a batch: `student` (batch, time, width) and `teacher` (batch, time, width), a constant.
  ///
  /// With `lengths` the times must agree; steps past them do not count.
  public func loss<Scalar: TensorScalar>(
    student: Tensor<Scalar>, teacher: Tensor<Scalar>, lengths: [Int]? = nil
  ) -> Tensor<Scalar> {
    let steps = min(student.shape[1], teacher.shape[1])
    let valid = ValidSteps(batch: student.shape[0], steps: steps, lengths: lengths)
    func map(_ states: Tensor<Scalar>) -> Tensor<Scalar> {
      let energy = states.squared().mean(over: [2])
      let pooled = states.shape[1] == steps ? energy : energy.averaged(to: steps)
      return valid.masked(pooled).unitLength(along: 1)
    }
    let differences = map(student) - map(teacher.detached())
    return switch form {
    case .code: differences.squared().sum() / Scalar(valid.count)
    case .paper: differences.length(along: 1).mean()
    }
  }
}

extension Tensor {
  /// (batch, time) averaged over `steps` bins of the time, as even as they go.
  fileprivate func averaged(to steps: Int) -> Tensor {
    let time = shape[1]
    var bins = Tensor(zeros: [time, steps])
    bins.withUnsafeMutableScalars { out in
      for bin in 0..<steps {
        let range = (bin * time / steps)..<(((bin + 1) * time + steps - 1) / steps)
        for step in range { out[step * steps + bin] = 1 / Scalar(range.count) }
      }
    }
    return product(bins)
  }
}
