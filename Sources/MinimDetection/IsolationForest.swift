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

/// An isolation forest (Liu, Ting and Zhou 2008): what random splits part from the rest in few steps
/// is anomalous.
///
/// Score: 2^(-E[h] / c(ψ)) in 0...1, h the path length of a window in each tree, ψ the points of a
/// tree, c the mean length of a failing search; 0.5 where ψ is 1. Channels have no part of their own.
/// Source: methods, gon 1.12, without the fixed threshold.
public struct IsolationForest: Detector {
  /// Sizes of the forest.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows in a window, 1 to 4096.
    public var window: Int
    /// Trees.
    public var trees: Int
    /// ψ, windows that a tree is grown on: the most before training, those that there were after it.
    public var subsample: Int

    /// Sizes, by default those of the paper on single rows.
    public init(channels: Int, window: Int = 1, trees: Int = 100, subsample: Int = 256) {
      self.channels = channels
      self.window = window
      self.trees = trees
      self.subsample = subsample
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && (1...4096).contains(window) && trees > 0 && (1...1 << 20).contains(subsample)
    }

    /// trees (3 · 2^d - 2).
    public var storedCount: Double {
      Double(trees) * Double((3 << IsolationTree.depth(of: subsample)) - 2)
    }
  }

  /// The name in files.
  public static let name = "isolation-forest"
  /// The seed alone is used.
  public static let plan = TrainingPlan(epochs: 1)
  /// The sizes of this forest.
  public private(set) var configuration: Configuration
  /// The columns of splits, -1 in leaves: (trees, 2^d - 1), d = ⌈log₂ ψ⌉, nodes level by level.
  public var features: Tensor<Float>
  /// Where nodes split, to the left below that; in leaves path lengths: (trees, 2^(d + 1) - 1).
  public var values: Tensor<Float>

  /// A forest of leaves at the roots, nothing drawn yet; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible forest: \(configuration)")
    self.configuration = configuration
    let leaves = 1 << IsolationTree.depth(of: configuration.subsample)
    features = Tensor(zeros: [configuration.trees, leaves - 1]) - 1
    values = Tensor(zeros: [configuration.trees, 2 * leaves - 1])
  }

  /// No parameters: nothing is found by gradients.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {}

  /// Visits `features` and `values`.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("features"), &features)
    try visit(path.appending("values"), &values)
  }

  /// Grows each tree on windows of its own, drawn without replacement.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try windows.checkFinite()
    configuration.subsample = min(configuration.subsample, windows.count)
    let subsample = configuration.subsample
    var generator = SeededGenerator(seed: plan.seed)
    let generators = (0..<configuration.trees).map { _ in generator.split() }
    let grown = parallelMap(configuration.trees) { tree in
      var own = generators[tree]
      let rows = own.permutation(of: windows.count).prefix(subsample)
      return IsolationTree(windows.tensor(of: rows), using: &own)
    }
    let trees = configuration.trees
    features = Tensor(grown.flatMap(\.features), shape: [trees, grown[0].features.count])
    values = Tensor(grown.flatMap(\.values), shape: [trees, grown[0].values.count])
  }

  /// c(ψ), the path length of what is neither normal nor anomalous; 0 where ψ is 1.
  package var normalPath: Double { IsolationTree.averagePath(configuration.subsample) }

  /// Each window's score: (count, 1).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let count = windows.shape[0], size = configuration.window * configuration.channels
    let normal = normalPath
    var lengths = [Double](repeating: 0, count: count)
    let inner = features.shape[1]
    windows.withUnsafeScalars { windows in
      features.withUnsafeScalars { features in
        values.withUnsafeScalars { values in
          for tree in 0..<configuration.trees {
            let splits = tree * inner, places = tree * (2 * inner + 1)
            for row in 0..<count {
              var node = 0
              while node < inner {
                let column = features[splits + node]
                guard column >= 0 && column < Float(size) else { break }
                let isLeft = windows[row * size + Int(column)] < values[places + node]
                node = 2 * node + (isLeft ? 1 : 2)
              }
              lengths[row] += Double(values[places + node])
            }
          }
        }
      }
    }
    let scores = lengths.map { total -> Float in
      normal > 0 ? Float(exp2(-total / Double(configuration.trees) / normal)) : 0.5
    }
    return Tensor(scores, shape: [count, 1])
  }
}
