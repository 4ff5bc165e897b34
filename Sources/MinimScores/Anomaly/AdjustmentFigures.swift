// SPDX-License-Identifier: Apache-2.0

/// Precision, recall and F1 of one way to count.
public struct DetectionFigures: Sendable, Equatable {
  /// In 0...1; 0 if there is no alarm.
  public let precision: Figure
  /// In 0...1; undefined without anomalies.
  public let recall: Figure
  /// In 0...1; undefined without anomalies.
  public let f1: Figure

  /// Figures whose only reason to be missing is that there are no anomalies.
  init(precision: Double?, recall: Double?, f1: Double?) {
    self.precision = Figure(precision, else: .noAnomaly)
    self.recall = Figure(recall, else: .noAnomaly)
    self.f1 = Figure(f1, else: .noAnomaly)
  }

  init(_ counts: DetectionCounts?) {
    self.init(precision: counts?.precision, recall: counts?.recall, f1: counts?.f1)
  }
}

extension DetectionFigures: Encodable {
  /// Encodes `precision`, `recall` and `f1`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ReportKey.self)
    try container.encode(precision, "precision")
    try container.encode(recall, "recall")
    try container.encode(f1, "f1")
  }
}

/// Point-adjusted figures, which exist here only beside the unadjusted ones.
public struct AdjustmentFigures: Sendable, Equatable {
  /// Every point counts as it is.
  public let unadjusted: DetectionFigures
  /// One alarm fills a segment (PA%K with K = 0): random scores come near 1.
  public let pointAdjusted: DetectionFigures
  /// The F1 for each K of ``PointAdjustedF1Curve``; nil without anomalies.
  public let f1ByPercent: PointAdjustedF1Curve?
  /// The area under that curve, in 0...1.
  public var area: Figure { Figure(f1ByPercent?.area, else: .noAnomaly) }
}

extension AdjustmentFigures: Encodable {
  /// Encodes `unadjusted`, `point_adjusted`, `f1_by_percent` with its `percents`, and its area.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ReportKey.self)
    try container.encode(unadjusted, "unadjusted")
    try container.encode(pointAdjusted, "point_adjusted")
    if let f1ByPercent {
      try container.encode(PointAdjustedF1Curve.percents, "percents")
      try container.encode(f1ByPercent.values, "f1_by_percent")
    } else {
      try container.encode(Figure.undefined(.noAnomaly), "f1_by_percent")
    }
    try container.encode(area, "f1_by_percent_area")
  }
}
