// SPDX-License-Identifier: Apache-2.0
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The embedded sample: made-up vibration of a rotating machine in six conditions.
///
/// Nothing is read from disk.
///
/// Each series is 100 steps of one sensor. The shaft turns 3 to 6 times in it, at a random phase;
/// every condition adds its own pattern on top of the shaft's own vibration, and noise covers part
/// of it.
public enum VibrationSample {
  /// The conditions, in class order.
  public static let classNames = [
    "healthy", "imbalance", "misalignment", "bearing", "looseness", "rub",
  ]

  /// Labelled series for training and test, classes in turn.
  ///
  /// `noise` is the noise's standard deviation relative to the machine's vibration; the same
  /// generator state gives the same problem.
  public static func problem(
    trainCases: Int, testCases: Int, noise: Double,
    using generator: inout some RandomNumberGenerator
  ) -> ClassificationProblem {
    func set(_ name: String, _ count: Int) -> SeriesSet {
      let cases = (0..<count).map { index in
        let label = index % classNames.count
        return SeriesCase(
          length: 100, values: series(label, noise: noise, using: &generator), label: label,
          line: index + 1)
      }
      return SeriesSet(name: name, channelCount: 1, classNames: classNames, cases: cases)
    }
    return ClassificationProblem(
      name: "MachineVibration", format: "generated",
      train: set("MachineVibration_TRAIN", trainCases),
      test: set("MachineVibration_TEST", testCases))
  }

  private static func series(
    _ condition: Int, noise: Double, using generator: inout some RandomNumberGenerator
  ) -> [Double] {
    func uniform(_ low: Double, _ high: Double) -> Double {
      low + (high - low) * Double(generator.next() >> 11) * 0x1p-53
    }
    func normal() -> Double {
      (-2 * log(1 - uniform(0, 1))).squareRoot() * cos(2 * .pi * uniform(0, 1))
    }
    let turns = uniform(3, 6), phase = uniform(0, 2 * .pi), second = uniform(0, 2 * .pi)
    let strength = uniform(0.6, 1.4), impact = uniform(0, 1)
    return (0..<100).map { step in
      let angle = 2 * .pi * turns * Double(step) / 100 + phase
      let base = 0.5 * sin(angle) + 0.3 * sin(2 * angle + second)
      let cycle = angle / (2 * .pi)
      var value = base
      switch condition {
      case 1: value += 0.9 * strength * sin(angle)
      case 2: value += 0.8 * strength * sin(2 * angle + second)
      case 3:  // 3.6 impacts a turn, each a short ring
        let since = (cycle * 3.6 + impact).truncatingRemainder(dividingBy: 1)
        value += 1.2 * strength * exp(-6 * since) * cos(14 * .pi * since)
      case 4: value += 0.8 * strength * sin(angle / 2 + impact) + 0.3 * strength * sin(1.5 * angle)
      case 5:  // contact once a turn clips the wave and shakes the shaft
        let contact = max(0, sin(angle + impact) - 0.5)
        value += 1.6 * strength * contact * sin(9 * angle)
      default: break
      }
      return value + noise * normal()
    }
  }
}
