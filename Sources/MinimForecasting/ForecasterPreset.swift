// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
public import MinimTensor

/// Sizes that a user may ask of any forecaster; nil leaves the forecaster's own.
public struct ForecasterSizes: Equatable, Sendable {
  /// Units of hidden layers, width of a transformer, rank of a basis, harmonics: whatever makes the forecaster larger.
  public var hidden: Int?
  /// Layers or blocks.
  public var layers: Int?
  /// Rows of a period.
  public var period: Int
  /// What else a transformer over rows may be asked to be.
  public var transformer: TransformerChoices

  /// Sizes; the period is 24 rows by default.
  public init(
    hidden: Int? = nil, layers: Int? = nil, period: Int = 24,
    transformer: TransformerChoices = TransformerChoices()
  ) {
    self.hidden = hidden
    self.layers = layers
    self.period = period
    self.transformer = transformer
  }
}

/// What a user may set of a forecaster.
public enum ForecasterSetting: String, CaseIterable, Sendable {
  case hidden, layers
}

/// A forecaster as users choose it: a kind with its choices made.
public struct ForecasterPreset: Sendable {
  /// The name on the command line and in tables.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// The settings that change it.
  public let settings: Set<ForecasterSetting>
  /// How training goes where nobody says otherwise.
  public let plan: TrainingPlan
  /// Whether it is a transformer over rows, which has choices of its own.
  public let isTransformer: Bool
  /// The share of each matrix that masks keep where nobody says; nil for one whose matrices are as they are.
  public let keep: Double?
  private let make:
    @Sendable (Int, Int, Int, ForecasterSizes, inout SeededGenerator) -> (any Forecaster<Float>)?

  private init<Kind: Forecaster<Float>>(
    _ name: String, _ summary: String, takes settings: Set<ForecasterSetting>, rate: Double,
    epochs: Int = 30, patience: Int = 5, schedule: ScheduleKind = .halving,
    clip: Double = .greatestFiniteMagnitude, keep: Double? = nil,
    _ configure:
      @escaping @Sendable (_ channels: Int, _ lookback: Int, _ horizon: Int, ForecasterSizes) ->
      Kind.Configuration, _: Kind.Type
  ) {
    self.name = name
    self.summary = summary
    self.settings = settings
    self.keep = keep
    isTransformer = Kind.self == TransformerForecaster<Float>.self
    plan = TrainingPlan(
      epochs: epochs, batch: 32, learningRate: rate, schedule: schedule, patience: patience,
      gradientClip: clip)
    make = { channels, lookback, horizon, sizes, generator in
      let configuration = configure(channels, lookback, horizon, sizes)
      return configuration.isValid ? Kind(configuration, using: &generator) : nil
    }
  }

  /// A forecaster at its start; nil where the sizes do not go together.
  public func forecaster(
    channels: Int, lookback: Int, horizon: Int, sizes: ForecasterSizes,
    using generator: inout SeededGenerator
  ) -> (any Forecaster<Float>)? {
    make(channels, lookback, horizon, sizes, &generator)
  }

  /// The preset of a name.
  public static func named(_ name: String) -> ForecasterPreset? { all.first { $0.name == name } }

  /// All presets, in the order of tables.
  public static let all = [
    ForecasterPreset(
      "mlp", "TimeDistill's student: a perceptron on the time axis for season and trend each",
      takes: [.hidden], rate: 0.01,
      { .init(channels: $0, lookback: $1, horizon: $2, hidden: $3.hidden ?? 512) },
      ForecastPerceptron<Float>.self),
    ForecasterPreset(
      "mlp-plain", "the same without decomposition", takes: [.hidden], rate: 0.01,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2, hidden: $3.hidden ?? 512, decomposes: false)
      }, ForecastPerceptron<Float>.self),
    ForecasterPreset(
      "dlinear", "a linear map each for season and trend", takes: [], rate: 0.005,
      { channels, lookback, horizon, _ in
        .init(kind: .decomposed, channels: channels, lookback: lookback, horizon: horizon)
      },
      LinearForecaster<Float>.self),
    ForecasterPreset(
      "nlinear", "a linear map around the last row", takes: [], rate: 0.005,
      { channels, lookback, horizon, _ in
        .init(kind: .last, channels: channels, lookback: lookback, horizon: horizon)
      },
      LinearForecaster<Float>.self),
    ForecasterPreset(
      "rlinear", "a linear map of normalised windows", takes: [], rate: 0.005,
      { channels, lookback, horizon, _ in
        .init(kind: .reversible, channels: channels, lookback: lookback, horizon: horizon)
      },
      LinearForecaster<Float>.self),
    ForecasterPreset(
      "low-rank", "a linear map of low rank", takes: [.hidden], rate: 0.01,
      {
        .init(kind: .lowRank, channels: $0, lookback: $1, horizon: $2, rank: $3.hidden ?? 8)
      }, LinearForecaster<Float>.self),
    ForecasterPreset(
      "fits", "FITS: a complex linear map of low frequencies", takes: [.hidden],
      rate: 0.005,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2, period: $3.period, harmonics: $3.hidden ?? 6)
      }, FourierForecaster<Float>.self),
    ForecasterPreset(
      "sparsetsf", "SparseTSF: a small map for every phase of the period", takes: [],
      rate: 0.02,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2,
          period: dividingPeriod($3.period, lookback: $1, horizon: $2))
      }, SparseForecaster<Float>.self),
    ForecasterPreset(
      "sparsetsf-mlp", "the same with hidden units", takes: [.hidden], rate: 0.002,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2,
          period: dividingPeriod($3.period, lookback: $1, horizon: $2), hidden: $3.hidden ?? 128)
      }, SparseForecaster<Float>.self),
    ForecasterPreset(
      "timebase", "TimeBase: a few basis segments of the period", takes: [.hidden],
      rate: 0.05,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2,
          period: dividingPeriod($3.period, lookback: $1, horizon: $2, rank: $3.hidden ?? 6),
          rank: $3.hidden ?? 6)
      }, TimeBase<Float>.self),
    ForecasterPreset(
      "cyclenet", "CycleNet: a learned cycle and a linear map of the rest", takes: [],
      rate: 0.005,
      { .init(channels: $0, lookback: $1, horizon: $2, period: $3.period) },
      CycleNet<Float>.self),
    ForecasterPreset(
      "itransformer", "a teacher: a transformer whose tokens are channels",
      takes: [.hidden, .layers], rate: 1e-4, epochs: 10,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2, width: $3.hidden ?? 128, layers: $3.layers ?? 2)
      }, InvertedTransformer<Float>.self),
    ForecasterPreset(
      "patchtst", "a teacher: a transformer whose tokens are patches of a channel",
      takes: [.hidden, .layers], rate: 1e-4, epochs: 20,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2, width: $3.hidden ?? 16, layers: $3.layers ?? 3)
      }, PatchTransformer<Float>.self),
    ForecasterPreset(
      "modern-tcn", "a teacher: convolutions over time, then over units, then over channels",
      takes: [.hidden, .layers], rate: 1e-4, epochs: 10,
      {
        .init(
          channels: $0, lookback: $1, horizon: $2, width: $3.hidden ?? 64, blocks: $3.layers ?? 1)
      }, ModernTCN<Float>.self),
    ForecasterPreset(
      "transformer", "a transformer over rows, all channels together", takes: [.hidden, .layers],
      rate: 1e-3, epochs: 100, patience: 20, schedule: .plateau, clip: 1,
      { transformer($0, $1, $2, $3) }, TransformerForecaster<Float>.self),
    ForecasterPreset(
      "sbt", "the same as a sparse binary transformer: signs under masks, step-t attention",
      takes: [.hidden, .layers], rate: 1e-3, epochs: 100, patience: 20, schedule: .plateau, clip: 1,
      keep: Binarisation.usualKeep,
      {
        transformer(
          $0, $1, $2, $3, looks: .lastStep, binarisation: Binarisation(keep: Binarisation.usualKeep)
        )
      }, TransformerForecaster<Float>.self),
  ]

  /// The width of a transformer over rows where nobody says.
  public static let transformerWidth = 64

  /// Two layers, a norm of each step.
  private static func transformer(
    _ channels: Int, _ lookback: Int, _ horizon: Int, _ sizes: ForecasterSizes,
    looks: TransformerConfiguration.Looks = .everywhere, binarisation: Binarisation? = nil
  ) -> TransformerForecaster<Float>.Configuration {
    TransformerForecaster.Configuration(
      encoder: sizes.transformer.encoder(
        inputs: channels, width: sizes.hidden ?? transformerWidth, layers: sizes.layers ?? 2,
        steps: lookback + 1, norm: .token, looks: looks),
      horizon: horizon, binarisation: sizes.transformer.binarisation(or: binarisation))
  }
}

/// A period that parts look-back and horizon: the given one where it divides both, else the largest of 6 … 1 that does,
/// as SparseTSF's authors advise for long periods (methods, timedistill 8).
///
/// With a `rank`, for basis segments, it is enough that the given one parts the look-back into as many periods at least: of the
/// horizon the last may be cut.
private func dividingPeriod(_ given: Int, lookback: Int, horizon: Int, rank: Int? = nil) -> Int {
  if given > 0, lookback % given == 0,
    rank.map({ lookback / given >= $0 }) ?? (horizon % given == 0)
  {
    return given
  }
  return [6, 5, 4, 3, 2].first { lookback % $0 == 0 && horizon % $0 == 0 } ?? 1
}
