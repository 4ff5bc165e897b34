// SPDX-License-Identifier: Apache-2.0

/// All figures of one score series against its labels.
///
/// A figure without a value says why and is never 0 in its place; point-adjusted figures stand
/// beside unadjusted ones only. Put the reports of ``randomScores(count:seed:)`` and of the distances
/// from the training data beside it. Encoded as JSON, keys are in snake case, and an undefined
/// `name` is null with its reason under `name_reason`.
public struct AnomalyReport: Sendable, Equatable {
  /// What thresholds chosen with these very labels reach: an upper bound, no result.
  public struct Oracle: Sendable, Equatable {
    /// The threshold of the best unadjusted F1.
    public let threshold: Figure
    /// The threshold of the best point-adjusted F1.
    public let pointAdjustedThreshold: Figure
    /// The counts at these thresholds, and the best F1 for each K.
    public let points: AdjustmentFigures
  }

  /// The number of points.
  public let pointCount: Int
  /// The number of anomalous points.
  public let anomalousCount: Int
  /// The number of maximal runs of anomalous points.
  public let segmentCount: Int
  /// ``LabelledScores/averagePrecision``.
  public let averagePrecision: Figure
  /// ``LabelledScores/areaUnderROC``.
  public let areaUnderROC: Figure
  /// The buffer of the range areas and the longest one of the volumes.
  public let maximumBuffer: Int
  /// ``LabelledScores/rangeAreas(buffer:)``, ROC.
  public let rangeROC: Figure
  /// ``LabelledScores/rangeAreas(buffer:)``, precision and recall.
  public let rangePrecisionRecall: Figure
  /// ``LabelledScores/volumeUnderSurface(maximumBuffer:)``, ROC.
  public let volumeROC: Figure
  /// ``LabelledScores/volumeUnderSurface(maximumBuffer:)``, precision and recall.
  public let volumePrecisionRecall: Figure
  /// The best that thresholds chosen with these labels reach.
  public let oracle: Oracle
  /// The figures at the threshold given; nil without one.
  public let atThreshold: ThresholdReport?

  /// Computes all figures of a series.
  ///
  /// - Parameters:
  ///   - series: Scores and labels.
  ///   - threshold: One chosen without these labels, finite; nil if there is none.
  ///   - maximumBuffer: At least 0; `bufferLength(fromAutocorrelationOf:)` of the data, or 100.
  /// - Throws: ``ScoreError`` if the threshold is not finite or the buffer negative.
  public init(_ series: LabelledScores, threshold: Double?, maximumBuffer: Int = 100) throws {
    pointCount = series.scores.count
    anomalousCount = series.anomalousCount
    segmentCount = series.segments.count
    let reason: UndefinedReason = series.anomalousCount == 0 ? .noAnomaly : .noNormalPoint
    averagePrecision = Figure(series.averagePrecision, else: .noAnomaly)
    areaUnderROC = Figure(series.areaUnderROC, else: reason)
    self.maximumBuffer = maximumBuffer
    let areas = try series.rangeAreas(buffer: maximumBuffer)
    let volumes = try series.volumeUnderSurface(maximumBuffer: maximumBuffer)
    rangeROC = Figure(areas?.roc, else: reason)
    rangePrecisionRecall = Figure(areas?.precisionRecall, else: .noAnomaly)
    volumeROC = Figure(volumes?.roc, else: reason)
    volumePrecisionRecall = Figure(volumes?.precisionRecall, else: .noAnomaly)
    let best = series.oracleF1
    let adjusted = try series.pointAdjustedOracleF1(percent: 0)
    oracle = Oracle(
      threshold: Figure(best?.threshold, else: .noAnomaly),
      pointAdjustedThreshold: Figure(adjusted?.threshold, else: .noAnomaly),
      points: AdjustmentFigures(
        unadjusted: DetectionFigures(best?.counts),
        pointAdjusted: DetectionFigures(adjusted?.counts),
        f1ByPercent: series.oraclePointAdjustedF1Curve))
    atThreshold = try threshold.map { try ThresholdReport(series, threshold: $0) }
  }
}

extension AnomalyReport.Oracle: Encodable {
  /// Encodes both thresholds and `points`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ReportKey.self)
    try container.encode(threshold, "threshold")
    try container.encode(pointAdjustedThreshold, "point_adjusted_threshold")
    try container.encode(points, "points")
  }
}

extension AnomalyReport: Encodable {
  /// Encodes all figures under snake-case keys, null with a reason where undefined.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: ReportKey.self)
    try container.encode(pointCount, "points")
    try container.encode(anomalousCount, "anomalous_points")
    try container.encode(segmentCount, "segments")
    try container.encode(averagePrecision, "average_precision")
    try container.encode(areaUnderROC, "auc_roc")
    try container.encode(maximumBuffer, "maximum_buffer")
    try container.encode(rangeROC, "range_auc_roc")
    try container.encode(rangePrecisionRecall, "range_auc_pr")
    try container.encode(volumeROC, "vus_roc")
    try container.encode(volumePrecisionRecall, "vus_pr")
    try container.encode(oracle, "oracle")
    if let atThreshold {
      try container.encode(atThreshold, "at_threshold")
    } else {
      try container.encodeNil(forKey: ReportKey("at_threshold"))
      try container.encode(UndefinedReason.noThreshold, "at_threshold_reason")
    }
  }
}
