// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import MinimLayers
import MinimSeries

extension TransformerNorm: ExpressibleByArgument {}
extension TransformerConfiguration.Positions: ExpressibleByArgument {}
extension TransformerConfiguration.ActivationMask: ExpressibleByArgument {}
extension TransformerConfiguration.Looks: ExpressibleByArgument {}
extension Binarisation.Weights: ExpressibleByArgument {}

/// The options of `--model transformer`.
struct TransformerOptions: ParsableArguments, RecipeKeyed {
  static let keys = ["heads", "feed-forward", "norm", "positions", "activation-mask"]

  @Option(parsing: .unconditional, help: "Heads of a transformer's attention; 2 by default.")
  var heads: Int?
  @Option(
    parsing: .unconditional,
    help: "Units between the two maps of a transformer's layer; 256 by default.")
  var feedForward: Int?
  @Option(
    help:
      "The norm after each residual connection of a transformer; batch by default, with --task detect none, with --task forecast token."
  )
  var norm: TransformerNorm?
  @Option(help: "What a step of a transformer knows of its place; sinusoid by default.")
  var positions: TransformerConfiguration.Positions?
  @Option(
    help:
      "What of a transformer's queries, keys and values a fixed mask keeps, the share --keep: all, random elements, or keys and values of some steps."
  )
  var activationMask: TransformerConfiguration.ActivationMask?

  /// The options that were given, and what was found.
  var given: [(key: String, value: String)] {
    [
      ("heads", heads.map(String.init)), ("feed-forward", feedForward.map(String.init)),
      ("norm", norm?.rawValue), ("positions", positions?.rawValue),
      ("activation-mask", activationMask?.rawValue),
    ].compactMap { key, value in value.map { (key, $0) } }
  }
}

/// The option that transformers over rows have, which make rows rather than classes.
struct LooksOption: ParsableArguments, RecipeKeyed {
  static let keys = ["looks"]

  @Option(
    help:
      "Which rows a row of a transformer's window looks at: everywhere, or the last one at those before (step-t)."
  )
  var looks: TransformerConfiguration.Looks?

  /// The option if it was given, and what was found.
  var given: [(key: String, value: String)] {
    looks.map { [("looks", $0.rawValue)] } ?? []
  }
}

extension TransformerChoices {
  /// What the options of a transformer over rows ask for; `keep` is the share that its masks keep where nobody says.
  ///
  /// Throws `OptionError` for a share out of its range.
  init(
    _ transformer: TransformerOptions, _ looking: LooksOption, _ binary: BinaryOptions,
    keep: Double?, seed: UInt64
  ) throws(OptionError) {
    self.init()
    heads = transformer.heads
    feedForward = transformer.feedForward
    norm = transformer.norm
    positions = transformer.positions
    looks = looking.looks
    self.seed = seed
    binarisation = try binary.binarisation(seed: seed, usual: keep)
  }
}

/// The options by which matrices become signs under masks.
struct BinaryOptions: ParsableArguments, RecipeKeyed {
  static let keys = ["keep", "weights", "train-biases", "dense"]

  @Option(
    parsing: .unconditional,
    help:
      "Make matrices signs of one magnitude under learned masks that keep this share of each, above 0 to 1; sbt does, 0.25 by default."
  )
  var keep: Double?
  @Option(help: "With masks: the fixed weights; signed-constant by default.")
  var weights: Binarisation.Weights?
  @Flag(help: "With masks: train the biases of maps; they are zero otherwise.")
  var trainBiases = false
  @Option(
    help:
      "With masks: matrices that stay as they are, comma-separated beginnings of their names in whole parts, such as encoder.embedding,head."
  )
  var dense: String?

  /// The binarisation that the options ask for; nil for none.
  ///
  /// `usual` is the share that the model keeps where nobody says. Throws `OptionError`.
  func binarisation(
    seed: UInt64, usual: Double? = nil
  ) throws(OptionError) -> Binarisation? {
    guard let keep = keep ?? usual else {
      if let given = given.first {
        throw OptionError("--\(given.key): found \(given.value), expected none without --keep")
      }
      return nil
    }
    let binarisation = Binarisation(
      keep: keep, weights: weights ?? .signedConstant, trainsBiases: trainBiases,
      dense: dense?.split(separator: ",").map(String.init) ?? [],
      seed: UInt32(truncatingIfNeeded: seed))
    guard binarisation.isValid else {
      throw OptionError("--keep: found \(keep), expected a share above 0 and at most 1")
    }
    return binarisation
  }

  /// The options that were given, and what was found.
  var given: [(key: String, value: String)] {
    [
      ("keep", keep.map { "\($0)" }), ("weights", weights?.rawValue),
      ("train-biases", trainBiases ? "true" : nil), ("dense", dense),
    ].compactMap { key, value in value.map { (key, $0) } }
  }
}

/// Why there is no transformer of a width and choices, which goes by `name`.
func impossibleTransformer(
  _ name: String, width: Int, _ choices: TransformerChoices
) -> OptionError {
  OptionError(
    "--hidden, --heads, --feed-forward: found \(width), \(choices.heads ?? 2) and \(choices.feedForward ?? 256), sizes that no \(name) has, expected an even --hidden up to 4096 that --heads divide, --heads 1 to 64, --feed-forward 1 to 65536"
  )
}

/// Refuses names of `--dense` that no matrix of a network begins with.
func checkNames(
  of binarisation: Binarisation, in network: some ParameterTree
) throws(OptionError) {
  guard let name = binarisation.unmatchedNames(in: network).first else { return }
  throw OptionError(
    "--dense: found \(name), expected beginnings of "
      + network.matrixPaths.joined(separator: ", ") + ", in whole parts between dots")
}

/// What to say of a transformer that makes the same of every window.
func constantTransformerWarning(isBinary: Bool) -> String {
  "the network makes the same of every window, for its last ReLU is zero for all: train with --norm token"
    + (isBinary ? ", --weights uniform" : "") + " or a smaller --learning-rate"
}

/// How many of the matrices of a network are signs under masks.
func binaryMatricesText(_ binary: Int, of all: Int) -> String {
  "\(binary) of \(all) matrices binary"
}
