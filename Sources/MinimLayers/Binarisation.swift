// SPDX-License-Identifier: Apache-2.0
import MinimTensor

/// How the matrices of a tree become signs of one magnitude under learned masks (methods, sbt 2).
public struct Binarisation: Codable, Equatable, Sendable {
  /// Where the weights under the masks come from, which training never changes.
  public enum Weights: String, Codable, CaseIterable, Sendable {
    /// ±σ, σ² = min(2, 1 / (2 keep)) / inputs, σ rounded to float16: what is kept has at most half the variance
    /// 1 / inputs, or a reconstruction begins so far off that the first steps may push every unit below zero for good.
    case signedConstant = "signed-constant"
    /// A normal distribution of deviation √(2 / inputs).
    case kaimingNormal = "kaiming-normal"
    /// Uniform in ±1 / √inputs.
    case uniform
  }

  /// The share that a sparse binary transformer keeps where nobody says.
  public static let usualKeep = 0.25

  /// The share of each matrix that its mask keeps, above 0 to 1; the paper's p is 1 - keep.
  public var keep: Double
  /// Where the weights come from.
  public var weights: Weights
  /// Whether the biases of maps are trained; zeros otherwise.
  public var trainsBiases: Bool
  /// Matrices whose path is one of these, or goes on behind one with a dot, stay as they are, and are trained.
  public var dense: [String]
  /// The seed of signs; each matrix has its own, from this and its place.
  public var seed: UInt32

  /// A binarisation from its parts.
  public init(
    keep: Double, weights: Weights = .signedConstant, trainsBiases: Bool = false,
    dense: [String] = [], seed: UInt32 = 0
  ) {
    self.keep = keep
    self.weights = weights
    self.trainsBiases = trainsBiases
    self.dense = dense
    self.seed = seed
  }

  /// Whether it keeps a share above 0 and at most 1.
  public var isValid: Bool { keep > 0 && keep <= 1 }

  /// Whether a matrix of this path stays as it is.
  func leaves(_ path: String) -> Bool { dense.contains { Self.isBeginning($0, of: path) } }

  /// What `dense` names that no matrix of a tree has as its path's beginning.
  public func unmatchedNames(in tree: some ParameterTree) -> [String] {
    let paths = tree.matrixPaths
    return dense.filter { name in !paths.contains { Self.isBeginning(name, of: $0) } }
  }

  private static func isBeginning(_ name: String, of path: String) -> Bool {
    path == name || path.hasPrefix(name + ".")
  }

  /// How many of n weights a mask keeps: n - ⌊(1 - keep) n⌋, at least 1.
  public func kept(of count: Int) -> Int { max(1, count - dropped(of: count, keep: keep)) }

  /// The seed of the signs of the matrix at one place among all parameters of a tree.
  package func seed(ofMatrix place: Int) -> UInt32 {
    signSeed(UInt64(seed), matrix: place)
  }

  /// The fixed weights of a matrix, inputs are all axes but the first.
  func fixedWeights<Scalar: TensorScalar>(shape: [Int], place: Int) -> Tensor<Scalar> {
    let inputs = shape.dropFirst().reduce(1, *), own = seed(ofMatrix: place)
    let signs = fixedSigns(seed: own, count: shape.reduce(1, *))
    var generator = SeededGenerator(seed: UInt64(own))
    let sizes: [Scalar] =
      switch weights {
      case .signedConstant:
        Array(
          repeating: Scalar(
            Float(Float16((min(2, 1 / (2 * keep)) / Double(inputs)).squareRoot()))),
          count: signs.count)
      case .kaimingNormal:
        Tensor<Scalar>.normal(
          deviation: Scalar((2 / Double(inputs)).squareRoot()), shape: shape, using: &generator
        ).scalars.map(abs)
      case .uniform:
        signs.map { _ in Scalar(generator.nextUniform() / Double(inputs).squareRoot()) }
      }
    return Tensor(zip(signs, sizes).map { $0 ? -$1 : $1 }, shape: shape)
  }
}

/// ⌊(1 - keep) n⌋ for a share as people write it: 0.9 leaves 1 of 10, though 1 - 0.9 is less than 0.1 in binary.
func dropped(of count: Int, keep: Double) -> Int { Int((1 - keep) * Double(count) + 1e-9) }
