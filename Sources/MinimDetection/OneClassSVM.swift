// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A one-class support vector machine whose Gaussian kernel exp(-γ ‖x - y‖²) is approximated by random
/// Fourier features.
///
/// By Schölkopf, Platt, Shawe-Taylor, Smola and Williamson 2001; features by Rahimi and Recht 2007.
/// φ(x) = √(2 / D) cos(Ω x + b), rows of Ω normal with variance 2 γ, b uniform in [0, 2π), both drawn
/// before training. Minimised: F(w, ρ) = ½ ‖w‖² - ρ + 1 / (ν n) Σ max(0, ρ - w · φ(xᵢ)). Score:
/// ρ - w · φ(x), above 0 for at most the share ν of the training windows. Channels have no part of
/// their own. Source: methods, gon 1.12, with a smaller ν and features for the kernel.
public struct OneClassSVM: Detector {
  /// Sizes and choices.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows in a window.
    public var window: Int
    /// D, the number of features.
    public var features: Int
    /// γ, the kernel's inverse squared width.
    public var gamma: Double
    /// ν, the share of training windows that may lie outside.
    public var nu: Double

    /// Sizes; γ is 1 / (window · channels), one over the numbers in a window, whatever their variance.
    public init(channels: Int, window: Int = 1, features: Int = 256, nu: Double = 0.1) {
      self.channels = channels
      self.window = window
      self.features = features
      gamma = 1 / Double(max(1, channels * window))
      self.nu = nu
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && window > 0 && features > 0 && gamma > 0 && gamma.isFinite && nu > 0 && nu <= 1
    }

    /// features (s + 2) + 1, s = window · channels.
    public var storedCount: Double {
      Double(features) * (Double(window) * Double(channels) + 2) + 1
    }
  }

  /// The name in files.
  public static let name = "one-class-svm"
  /// Shuffled batches of 256; steps have no rate to choose.
  public static let plan = TrainingPlan(epochs: 50, batch: 256)
  /// The sizes of this machine.
  public let configuration: Configuration
  /// Ω: (D, window · channels).
  public var frequencies: Tensor<Float>
  /// b: (D).
  public var phases: Tensor<Float>
  /// w: (D).
  public var weight: Tensor<Float>
  /// ρ: (1).
  public var offset: Tensor<Float>

  /// A machine with its features drawn; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible one-class machine: \(configuration)")
    self.configuration = configuration
    let size = configuration.window * configuration.channels
    frequencies = .normal(
      deviation: Float((2 * configuration.gamma).squareRoot()),
      shape: [configuration.features, size], using: &generator)
    phases = .uniform(in: 0...2 * .pi, shape: [configuration.features], using: &generator)
    weight = Tensor(zeros: [configuration.features])
    offset = Tensor(zeros: [1])
  }

  /// Visits `weight` and `offset`.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("weight"), &weight)
    try visit(path.appending("offset"), &offset)
  }

  /// Visits `frequencies` and `phases`.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("frequencies"), &frequencies)
    try visit(path.appending("phases"), &phases)
  }

  /// φ of windows (count, window · channels): (count, D).
  func mapped(_ windows: Tensor<Float>) -> Tensor<Float> {
    var result = windows.linear(weight: frequencies, bias: phases)
    let scale = (2 / Float(configuration.features)).squareRoot()
    result.withUnsafeMutableScalars { values in
      for index in values.indices { values[index] = scale * cos(values[index]) }
    }
    return result
  }

  /// Stochastic subgradient descent with averaging, in float64; ρ is found exactly at the end.
  ///
  /// At its best ρ, F is ½ ‖w‖² less the mean of w · φ over its lowest share ν. A batch's subgradient
  /// by w is w - d, d the mean φ over that share of the batch, its last row counted in part where
  /// needed. Step t, from 0, goes 2 / (t + 2) of the way to d; the mean of all w with weights t + 1 is
  /// kept, whose error falls as 1 / t (Lacoste-Julien, Schmidt and Bach 2012). Windows that do not
  /// fill the last batch of an epoch wait for another epoch. Then ρ is the least w · φ that leaves the
  /// share ν at it or below.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try windows.checkFinite()
    let batch = max(1, min(plan.batch, windows.count)), features = configuration.features
    var generator = SeededGenerator(seed: plan.seed)
    var w = [Double](repeating: 0, count: features), average = w, step = 0.0
    for epoch in 0..<plan.epochs {
      let order = generator.permutation(of: windows.count)
      for start in stride(from: 0, through: windows.count - batch, by: batch) {
        let shares = shares(of: order[start..<start + batch], in: windows, along: w)
        let direction = lowestMean(shares, of: batch)
        for index in 0..<features {
          w[index] += 2 / (step + 2) * (direction[index] - w[index])
          average[index] += 2 / (step + 2) * (w[index] - average[index])
        }
        step += 1
      }
      progress.show(epoch + 1)
    }
    progress.finish()
    var along: [Double] = []
    for start in stride(from: 0, to: windows.count, by: batch) {
      let rows = start..<min(start + batch, windows.count)
      along += shares(of: rows, in: windows, along: average).flatMap(\.along)
    }
    along.sort()
    let outside = Int((configuration.nu * Double(along.count)).rounded(.up))
    weight = Tensor(average.map(Float.init), shape: weight.shape)
    offset = Tensor([Float(along[max(1, min(outside, along.count)) - 1])], shape: [1])
  }

  /// φ of some rows' windows and w · φ, in shares of 64 rows.
  private func shares<Rows: RandomAccessCollection<Int> & Sendable>(
    of rows: Rows, in windows: Windows, along w: [Double]
  ) -> [(mapped: Tensor<Float>, along: [Double])] {
    let share = 64, features = configuration.features
    return parallelMap((rows.count + share - 1) / share) { index in
      let own = rows.dropFirst(index * share).prefix(share)
      let mapped = mapped(windows.tensor(of: own))
      let along = mapped.withUnsafeScalars { values in
        w.withUnsafeBufferPointer { w in
          (0..<own.count).map { row in
            var sum = 0.0
            for index in 0..<features { sum += w[index] * Double(values[row * features + index]) }
            return sum
          }
        }
      }
      return (mapped, along)
    }
  }

  /// The mean of φ over the share ν of a batch where w · φ is lowest.
  private func lowestMean(
    _ shares: [(mapped: Tensor<Float>, along: [Double])], of count: Int
  ) -> [Double] {
    let along = shares.flatMap(\.along), features = configuration.features
    let mass = configuration.nu * Double(count)
    var result = [Double](repeating: 0, count: features), left = mass
    for row in along.indices.sorted(by: { (along[$0], $0) < (along[$1], $1) }) where left > 0 {
      let part = min(1, left) / mass
      left -= 1
      shares[row / 64].mapped.withUnsafeScalars { values in
        let start = row % 64 * features
        for index in 0..<features { result[index] += part * Double(values[start + index]) }
      }
    }
    return result
  }

  /// Each window's score: (count, 1).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let along = mapped(windows).product(weight.reshaped(to: [configuration.features, 1]))
    return offset - along
  }
}
