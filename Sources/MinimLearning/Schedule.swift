// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// How the learning rate changes over a run.
public enum ScheduleKind: String, Codable, CaseIterable, Sendable {
  /// The same rate throughout.
  case constant
  /// A tenth of the rate from half of the epochs on, a hundredth from three quarters on.
  case step
  /// rate · (1 + cos(π · epoch / epochs)) / 2
  case cosine
  /// Halved after 10 epochs without a better validation loss, down to a thousandth of the start.
  case plateau
  /// Halved after every epoch but the first.
  case halving
}

/// The learning rate of a run, and what it remembers.
package struct Schedule: Equatable, Sendable {
  let kind: ScheduleKind
  let start: Double
  let epochs: Int
  /// Plateau: the factor so far, the best loss seen, and epochs since.
  var factor = 1.0
  var best = Double.infinity
  var waited = 0

  package init(_ plan: TrainingPlan) {
    kind = plan.schedule
    start = plan.learningRate
    epochs = plan.epochs
  }

  /// The rate of an epoch, counted from 0.
  package func rate(epoch: Int) -> Double {
    switch kind {
    case .constant: start
    case .step: start * (2 * epoch < epochs ? 1 : 4 * epoch < 3 * epochs ? 0.1 : 0.01)
    case .cosine: start * (1 + cos(Double.pi * Double(epoch) / Double(epochs))) / 2
    case .plateau: start * factor
    case .halving: start * pow(0.5, Double(max(0, epoch - 1)))
    }
  }

  /// Takes note of an epoch's validation loss.
  package mutating func observe(_ loss: Double) {
    if loss < best {
      best = loss
      waited = 0
    } else {
      waited += 1
      if waited > 10 {
        factor = max(factor / 2, 1e-3)
        waited = 0
      }
    }
  }
}
