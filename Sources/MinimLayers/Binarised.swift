// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A tree whose weight matrices are signs of one magnitude under masks, and only the masks are learned
/// (Biprop; methods, sbt 2).
///
/// Every parameter of two axes or more named `weight…` has fixed weights W and trained scores S of its
/// shape. With M = 1 at the largest |S|, as many as `Binarisation.kept` says, the matrix in use is
/// α sign(W) M, α = Σ |W| M / Σ M; straight through, dL/dS = dL/dY · W · sign(S), kept or not. Biases
/// beside such a matrix are zeros, saved as buffers, unless the binarisation trains them; norms and
/// other vectors are trained as they are.
public struct Binarised<Tree: ParameterTree>: ParameterTree {
  /// The number type of the parameters.
  public typealias Scalar = Tree.Scalar

  private enum Role { case binary, trained, zero }

  /// How matrices are binarised; nil leaves the tree as it is.
  public let binarisation: Binarisation?
  private var tree: Tree
  private var scores: [Tensor<Scalar>] = []
  private let roles: [Role]

  /// The tree with fixed weights in place of its matrices, and scores uniform in ±1 / √inputs; without
  /// a binarisation the tree itself.
  public init(
    _ tree: Tree, _ binarisation: Binarisation?, using generator: inout SeededGenerator
  ) {
    precondition(binarisation?.isValid ?? true, "an impossible binarisation: keep is 0 or above 1")
    self.binarisation = binarisation
    self.tree = tree
    let parameters = tree.namedParameters
    guard let binarisation else {
      roles = parameters.map { _ in .trained }
      return
    }
    func isBinary(_ name: String, _ shape: [Int]) -> Bool {
      isMatrix(name, shape) && !binarisation.leaves(name)
    }
    let maps = Set(parameters.filter { isBinary($0.name, $0.tensor.shape) }.map(\.name.folder))
    var roles: [Role] = []
    for (name, tensor) in parameters {
      if isBinary(name, tensor.shape) {
        roles.append(.binary)
        let bound = 1 / Scalar(tensor.count / tensor.shape[0]).squareRoot()
        scores.append(.uniform(in: -bound...bound, shape: tensor.shape, using: &generator))
      } else {
        let isBias = tensor.rank == 1 && maps.contains(name.folder)
        roles.append(isBias && !binarisation.trainsBiases ? .zero : .trained)
      }
    }
    self.roles = roles
    var place = 0
    self.tree.visitParameters(under: .root) { _, tensor in
      switch roles[place] {
      case .binary: tensor = binarisation.fixedWeights(shape: tensor.shape, place: place)
      case .zero: tensor = Tensor(zeros: tensor.shape)
      case .trained: break
      }
      place += 1
    }
  }

  /// The tree in use: matrices under their masks, through which gradients reach the scores.
  public var effective: Tree {
    guard let binarisation else { return tree }
    var result = tree, place = 0, next = 0
    result.visitParameters(under: .root) { _, tensor in
      if roles[place] == .binary {
        let mask = scores[next].absolute().topKMask(binarisation.kept(of: tensor.count))
        tensor = tensor.binarised(by: mask)
        next += 1
      }
      place += 1
    }
    return result
  }

  /// Visits the scores, named `….scores` after their matrix, and the vectors that are trained.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    let roles = roles
    var own: [Tensor<Scalar>] = [], place = 0, next = 0
    swap(&own, &scores)
    defer { swap(&own, &scores) }
    try tree.visitParameters(under: path) { path, tensor in
      switch roles[place] {
      case .binary:
        try visit(path.appending("scores"), &own[next])
        next += 1
      case .trained: try visit(path, &tensor)
      case .zero: break
      }
      place += 1
    }
  }

  /// Visits the biases that are zero, and the tree's buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Scalar>) throws -> Void
  ) rethrows {
    let roles = roles
    var place = 0
    try tree.visitParameters(under: path) { path, tensor in
      if roles[place] == .zero { try visit(path, &tensor) }
      place += 1
    }
    try tree.visitBuffers(under: path, visit)
  }

  /// The seed of each binary matrix's signs, in the tree's order; nil for other parameters.
  package var signSeeds: [UInt32?] {
    roles.enumerated().map { place, role in
      role == .binary ? binarisation?.seed(ofMatrix: place) : nil
    }
  }
}

extension ParameterTree {
  /// The paths of the parameters that a binarisation may make signs: two axes or more, named `weight…`.
  public var matrixPaths: [String] {
    namedParameters.filter { isMatrix($0.name, $0.tensor.shape) }.map(\.name)
  }
}

private func isMatrix(_ path: String, _ shape: [Int]) -> Bool {
  shape.count > 1 && path.lastPart.hasPrefix("weight")
}

extension Binarised: Classifier where Tree: Classifier {
  /// What the tree in use makes of the series.
  public func callAsFunction(
    _ series: Tensor<Scalar>, lengths: [Int]?, training: Bool
  ) -> Forward<Scalar> {
    effective(series, lengths: lengths, training: training)
  }

  /// Sets the tree's buffers.
  public mutating func calibrate(_ series: Tensor<Scalar>, lengths: [Int]?) {
    var calibrated = effective, buffers: [Tensor<Scalar>] = []
    calibrated.calibrate(series, lengths: lengths)
    calibrated.visitBuffers(under: .root) { buffers.append($1) }
    var place = 0
    tree.visitBuffers(under: .root) { _, tensor in
      tensor = buffers[place].detached()
      place += 1
    }
  }
}

extension String {
  /// What comes after the last dot.
  fileprivate var lastPart: Substring { split(separator: ".").last ?? "" }
  /// What comes before the last dot.
  fileprivate var folder: String { split(separator: ".").dropLast().joined(separator: ".") }
}
