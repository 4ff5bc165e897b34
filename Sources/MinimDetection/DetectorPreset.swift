// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
public import MinimTensor

/// Sizes that a user may ask of any detector; nil leaves the detector's own.
public struct DetectorSizes: Equatable, Sendable {
  /// Rows that a score looks at.
  public var window: Int?
  /// Units of hidden layers, components, trees or features, whatever makes the detector larger.
  public var hidden: Int?
  /// Hidden layers.
  public var layers: Int?
  /// What else a transformer may be asked to be.
  public var transformer: TransformerChoices
  /// Whether a transformer predicts the last row from those before.
  public var predicts: Bool
  /// What else a detector on signature matrices may be asked to be.
  public var signatures: SignatureChoices

  /// Sizes, each of them optional.
  public init(
    window: Int? = nil, hidden: Int? = nil, layers: Int? = nil,
    transformer: TransformerChoices = TransformerChoices(), predicts: Bool = false,
    signatures: SignatureChoices = SignatureChoices()
  ) {
    self.window = window
    self.hidden = hidden
    self.layers = layers
    self.transformer = transformer
    self.predicts = predicts
    self.signatures = signatures
  }
}

/// What a user may set of a detector.
public enum DetectorSetting: String, CaseIterable, Sendable {
  case window, hidden, layers, epochs, batch
  case learningRate = "learning-rate"
  case held
}

/// A detector as users choose it: a kind with its choices made.
public struct DetectorPreset: Sendable {
  /// The name on the command line and in tables.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// How training goes where nobody says otherwise.
  public let plan: TrainingPlan
  /// The settings that change it.
  public let settings: Set<DetectorSetting>
  /// Whether recordings come as they are rather than scaled to their training range.
  public let readsRaw: Bool
  /// Whether it is a transformer, which has choices of its own.
  public let isTransformer: Bool
  /// Whether it works on signature matrices, which have choices of their own.
  public let readsSignatures: Bool
  /// How far beyond 0 … 1 scaled rows may lie.
  public let rangeLimit: Float
  /// The share of each matrix that masks keep where nobody says; nil for one whose matrices are as they are.
  public let keep: Double?
  private let make: @Sendable (Int, DetectorSizes, inout SeededGenerator) -> (any Detector)?

  init<Kind: Detector>(
    _ name: String, _ summary: String, takes settings: Set<DetectorSetting>,
    plan: TrainingPlan? = nil, readsRaw: Bool = false, keep: Double? = nil,
    _ configure: @escaping @Sendable (Int, DetectorSizes) -> Kind.Configuration, _: Kind.Type
  ) {
    self.name = name
    self.summary = summary
    self.settings = settings
    self.plan = plan ?? Kind.plan
    self.readsRaw = readsRaw
    self.keep = keep
    isTransformer = Kind.self == StepTransformerDetector.self
    readsSignatures = Kind.self == MSCRED.self
    rangeLimit = readsSignatures ? 1 : 4
    make = { channels, sizes, generator in
      let configuration = configure(channels, sizes)
      return configuration.isValid ? Kind(configuration, using: &generator) : nil
    }
  }

  /// A detector at its start for so many channels; nil where the sizes do not go together.
  public func detector(
    channels: Int, sizes: DetectorSizes, using generator: inout SeededGenerator
  ) -> (any Detector)? {
    make(channels, sizes, &generator)
  }

  /// The preset of a name.
  public static func named(_ name: String) -> DetectorPreset? { all.first { $0.name == name } }

  /// All presets, in the order of tables.
  public static let all = [
    DetectorPreset(
      "gon", "generative optimisation network, scores by reconstruction within 0 and 1",
      takes: gonSettings,
      { gon($0, $1) }, GON.self),
    DetectorPreset(
      "gon-free", "the same, reconstructions anywhere",
      takes: gonSettings,
      { gon($0, $1, clamps: false) }, GON.self),
    DetectorPreset(
      "gon-discriminator", "the same network, scores by -ln D(x)",
      takes: gonSettings,
      { gon($0, $1, score: .discriminator) }, GON.self),
    DetectorPreset(
      "gon-compat", "GON as its reference code, errors included",
      takes: [.epochs, .batch, .learningRate],
      plan: TrainingPlan(epochs: 5, batch: 1, learningRate: 5e-4), readsRaw: true,
      { channels, _ in .compat(channels: channels) }, GON.self),
    DetectorPreset(
      "pca", "reconstruction by principal components of windows",
      takes: closedForm,
      { .init(channels: $0, window: $1.window ?? 15, components: $1.hidden ?? 32) },
      PrincipalComponents.self),
    DetectorPreset(
      "iforest", "isolation forest on single rows",
      takes: closedForm,
      { .init(channels: $0, window: $1.window ?? 1, trees: $1.hidden ?? 100) },
      IsolationForest.self),
    DetectorPreset(
      "ocsvm", "one-class support vector machine on random Fourier features of single rows",
      takes: closedForm.union([.epochs, .batch]),
      { .init(channels: $0, window: $1.window ?? 1, features: $1.hidden ?? 256) },
      OneClassSVM.self),
    DetectorPreset(
      "lof", "local outlier factor among a random sample of single rows",
      takes: closedForm,
      { .init(channels: $0, window: $1.window ?? 1, capacity: $1.hidden ?? 1000) },
      LocalOutlierFactor.self),
    DetectorPreset(
      "dilof", "local outlier factor among rows summarised as they stream by",
      takes: closedForm,
      {
        .init(
          channels: $0, window: $1.window ?? 1, capacity: $1.hidden ?? 1000, summarises: true)
      }, LocalOutlierFactor.self),
    DetectorPreset(
      "onlad", "autoencoder of one random layer, learned sequentially in closed form",
      takes: closedForm,
      { .init(channels: $0, window: $1.window ?? 5, hidden: $1.hidden) }, ONLAD.self),
    DetectorPreset(
      "usad", "an autoencoder trained against a second one",
      takes: network,
      { .init(channels: $0, window: $1.window ?? 5, hidden: $1.hidden ?? 16) }, USAD.self),
    DetectorPreset(
      "lstm-ae", "an LSTM that repeats the window from its last state",
      takes: network,
      { .init(channels: $0, window: $1.window ?? 15, hidden: $1.hidden ?? 16) },
      LSTMAutoencoder.self),
    DetectorPreset(
      "mad-gan", "an autoencoder that also has to deceive a discriminator",
      takes: network,
      { .init(channels: $0, window: $1.window ?? 5, hidden: $1.hidden) }, MADGAN.self),
    DetectorPreset(
      "slimgan", "the same, trained at three widths and scored at half of it",
      takes: network,
      { .slim(channels: $0, window: $1.window ?? 3, hidden: $1.hidden) }, MADGAN.self),
    DetectorPreset(
      "cae-m", "a convolutional autoencoder of windows as images",
      takes: network.subtracting([.hidden]),
      { .init(channels: $0, window: $1.window) }, CAEM.self),
    DetectorPreset(
      "transformer", "a transformer that reconstructs the last row of a window, or predicts it",
      takes: gonSettings,
      { transformer($0, $1) }, StepTransformerDetector.self),
    DetectorPreset(
      "sbt", "the same as a sparse binary transformer: signs under masks, step-t attention",
      takes: gonSettings, keep: Binarisation.usualKeep,
      {
        transformer(
          $0, $1, looks: .lastStep, binarisation: Binarisation(keep: Binarisation.usualKeep))
      },
      StepTransformerDetector.self),
    DetectorPreset(
      "mscred", "an autoencoder of signature matrices, four levels of convolutional LSTMs",
      takes: signatureSettings,
      { $1.signatures.configuration(channels: $0, sizes: $1, widths: [32, 64, 128, 256]) },
      MSCRED.self),
    DetectorPreset(
      "mscred-small", "the same with two levels",
      takes: signatureSettings,
      { $1.signatures.configuration(channels: $0, sizes: $1, widths: [32, 64]) }, MSCRED.self),
    DetectorPreset(
      "mscred-device", "the same with 8 and 16 channels in two-part convolutional LSTMs",
      takes: signatureSettings, plan: devicePlan,
      {
        $1.signatures.configuration(channels: $0, sizes: $1, widths: [8, 16], separable: true)
      }, MSCRED.self),
  ]

  /// Of what is computed rather than trained: batches are how the rows are read.
  private static let closedForm: Set<DetectorSetting> = [.window, .hidden, .held]
  private static let network = closedForm.union([.epochs, .batch, .learningRate])
  private static let gonSettings = network.union([.layers])
  private static let signatureSettings = network.subtracting([.hidden])
  /// An epoch of the small model takes a fifteenth of the student's time and brings as much less.
  private static let devicePlan: TrainingPlan = {
    var plan = MSCRED.plan
    plan.epochs = 80
    return plan
  }()

  private static func gon(
    _ channels: Int, _ sizes: DetectorSizes, clamps: Bool = true,
    score: GON.Score = .reconstruction
  ) -> GON.Configuration {
    GON.Configuration(
      channels: channels, window: sizes.window ?? 15, hidden: sizes.hidden ?? 64,
      layers: sizes.layers ?? 2, clamps: clamps, score: score)
  }

  /// Windows of 50 rows, width twice the channels, at least 16, two layers (methods, sbt 1).
  private static func transformer(
    _ channels: Int, _ sizes: DetectorSizes, looks: TransformerConfiguration.Looks = .everywhere,
    binarisation: Binarisation? = nil
  ) -> StepTransformerDetector.Configuration {
    StepTransformerDetector.Configuration(
      encoder: sizes.transformer.encoder(
        inputs: channels, width: sizes.hidden ?? max(16, 2 * channels), layers: sizes.layers ?? 2,
        steps: sizes.window ?? 50, norm: .none, looks: looks),
      predicts: sizes.predicts, binarisation: sizes.transformer.binarisation(or: binarisation))
  }
}
