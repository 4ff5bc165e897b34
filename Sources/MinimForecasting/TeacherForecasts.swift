// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// What a teacher says of all windows that a student learns from.
///
/// It is computed once and kept, unless that takes more than `limit` bytes: then the teacher runs again for each batch.
public struct TeacherForecasts: Sendable {
  /// The windows.
  public let windows: ForecastWindows
  /// The width of the teacher's feature; nil where it has none.
  public let featureWidth: Int?
  private let teacher: (any Forecaster<Float>)?
  /// (windows, channels, horizon) and (windows, channels, width); nil where they are too large to keep.
  private let kept: (output: Tensor<Float>, feature: Tensor<Float>?)?

  /// The forecasts of a model of the windows' look-back and horizon, with its features where they are asked for.
  ///
  /// A `ModernTCN` is merged for it. There must be a window.
  public init(
    _ teacher: any Forecaster<Float>, on windows: ForecastWindows, withFeature: Bool,
    limit: Int = 256_000_000
  ) {
    self.windows = windows
    let teacher: any Forecaster<Float> = (teacher as? ModernTCN<Float>)?.merged() ?? teacher
    self.teacher = teacher
    let first = teacher(windows.lookBack([0]))
    let feature = withFeature ? first.feature : nil
    featureWidth = feature?.shape[2]
    let numbers = first.output.count + (feature?.count ?? 0)
    guard numbers * MemoryLayout<Float>.size * windows.count <= limit else {
      kept = nil
      return
    }
    let pass = Self.pass(
      of: teacher, on: windows, Array(0..<windows.count), withFeature: withFeature)
    kept = (pass.output, pass.feature)
  }

  /// Forecasts that another program made: (windows, channels, horizon), in standardised units, and features (windows,
  /// channels, width) where it has some.
  ///
  /// Other shapes trap.
  public init(_ output: Tensor<Float>, feature: Tensor<Float>?, on windows: ForecastWindows) {
    precondition(
      output.shape == [windows.count, windows.channels, windows.horizon]
        && (feature.map { $0.rank == 3 && $0.shape[..<2] == output.shape[..<2] } ?? true),
      "forecasts \(output.shape) and features \(feature?.shape ?? []) of \(windows.count) windows")
    self.windows = windows
    teacher = nil
    featureWidth = feature?.shape[2]
    kept = (output, feature)
  }

  /// What the teacher says of some windows.
  public func pass(_ indices: [Int], withFeature: Bool) -> ForecastPass<Float> {
    if let kept {
      return ForecastPass(
        output: kept.output.gathered(indices, along: 0),
        feature: withFeature ? kept.feature?.gathered(indices, along: 0) : nil)
    }
    guard let teacher else { preconditionFailure("forecasts of nobody") }
    return Self.pass(of: teacher, on: windows, indices, withFeature: withFeature)
  }

  /// Window by window, so that what is said of one has the same bits whichever others are asked for.
  private static func pass(
    of teacher: any Forecaster<Float>, on windows: ForecastWindows, _ indices: [Int],
    withFeature: Bool
  ) -> ForecastPass<Float> {
    let passes = parallelMap(indices.count) { place in
      var pass = teacher(windows.lookBack([indices[place]]))
      if !withFeature { pass.feature = nil }
      return pass
    }
    let features = withFeature ? passes.compactMap(\.feature) : []
    return ForecastPass(
      output: .concatenated(passes.map(\.output), along: 0),
      feature: features.isEmpty ? nil : .concatenated(features, along: 0))
  }
}
