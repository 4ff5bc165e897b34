// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimTensor

/// A classifier of any architecture whose matrices are signs of one magnitude under learned masks
/// (methods, sbt 2).
public struct BinaryClassifier<Base: StoredClassifier<Float>>: StoredClassifier {
  /// What fixes its shape.
  public struct Configuration: ClassifierConfiguration {
    /// The architecture's own sizes.
    public var base: Base.Configuration
    /// How matrices are binarised.
    public var binarisation: Binarisation

    /// A configuration from its two parts.
    public init(base: Base.Configuration, binarisation: Binarisation) {
      self.base = base
      self.binarisation = binarisation
    }

    /// Channels of the series.
    public var channels: Int { base.channels }
    /// Classes.
    public var classes: Int { base.classes }
    /// The length that every series must have.
    public var seriesLength: Int? { base.seriesLength }
    /// Whether both parts are valid.
    public var isValid: Bool { base.isValid && binarisation.isValid }
    /// A score for each weight, and whatever else the architecture has.
    public var storedCount: Double { base.storedCount }
  }

  /// "binary-" and the architecture's name.
  public static var architecture: String { "binary-" + Base.architecture }
  /// The sizes of this classifier.
  public let configuration: Configuration
  /// The network.
  public var network: Binarised<Base>

  /// A classifier at its random start; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    self.configuration = configuration
    let base = Base(configuration.base, using: &generator)
    network = Binarised(base, configuration.binarisation, using: &generator)
  }

  /// What the network in use makes of the series.
  public func callAsFunction(
    _ series: Tensor<Float>, lengths: [Int]?, training: Bool
  ) -> Forward<Float> { network(series, lengths: lengths, training: training) }

  /// Sets the network's buffers.
  public mutating func calibrate(_ series: Tensor<Float>, lengths: [Int]?) {
    network.calibrate(series, lengths: lengths)
  }

  /// Visits the network.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows { try network.visitParameters(under: path, visit) }

  /// Visits the network's buffers.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows { try network.visitBuffers(under: path, visit) }
}

/// A classifier whose matrices are signs under masks, whatever its architecture.
package protocol BinaryModel {
  /// The classifier with the matrices in use.
  var inUse: any StoredClassifier<Float> { get }
  /// The seeds of the signs of each matrix that is signs under a mask.
  var signSeeds: [UInt32] { get }
}

extension BinaryClassifier: BinaryModel {
  package var inUse: any StoredClassifier<Float> { network.effective }
  package var signSeeds: [UInt32] { network.signSeeds.compactMap { $0 } }
}
