// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import MinimLayers
import MinimModels
import MinimSeries

/// `minim account`.
struct Account: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What a transformer costs, as its paper counts and in truth.",
    discussion: """
      Example: minim account --features 38 --window 200 --width 76 --keep 0.25 --task detect
      """)

  enum Model: String, CaseIterable, ExpressibleByArgument { case sbt }
  enum Task: String, CaseIterable, ExpressibleByArgument { case classify, detect, forecast }

  @Option(help: "The paper: sbt, sparse binary transformers.")
  var model = Model.sbt
  @Option(parsing: .unconditional, help: "Numbers of a step.")
  var features: Int
  @Option(parsing: .unconditional, help: "Steps of a window or series.")
  var window: Int
  @Option(parsing: .unconditional, help: "Width of the encoder.")
  var width: Int
  @Option(parsing: .unconditional, help: "Layers.")
  var layers = 2
  @Option(parsing: .unconditional, help: "Heads of the attention.")
  var heads = 2
  @Option(parsing: .unconditional, help: "Units between the two maps of a layer.")
  var feedForward = 256
  @Option(
    parsing: .unconditional,
    help: "The share of each matrix that its mask keeps; without it the dense transformer alone.")
  var keep: Double?
  @Option(help: "What it is for.")
  var task: Task
  @Option(parsing: .unconditional, help: "Classes, with --task classify.")
  var classes: Int?
  @Option(
    help:
      "The norm after each residual connection; by default the paper's: batch to classify, none to detect, time to forecast."
  )
  var norm: TransformerNorm?
  @OptionGroup var output: OutputOptions

  func run() throws {
    let report = AccountReport(try account(), model: model.rawValue, task: task.rawValue)
    if output.json { try output.printJSON(report) } else { print(report.text) }
  }

  /// Throws `OptionError` that names the option.
  private func account() throws(OptionError) -> TransformerAccount {
    func check(
      _ option: String, _ found: Int, _ range: ClosedRange<Int>
    ) throws(OptionError) {
      guard range.contains(found) else {
        throw OptionError(
          "--\(option): found \(found), expected \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("features", features, 1...1_000_000)
    // A last step needs one before it.
    try check("window", window, (task == .classify ? 1 : 2)...65_536)
    try check("width", width, 2...4096)
    try check("layers", layers, 1...64)
    try check("heads", heads, 1...64)
    try check("feed-forward", feedForward, 1...65_536)
    guard width % 2 == 0, width % heads == 0 else {
      throw OptionError(
        "--width: found \(width), expected an even number that \(heads) heads (--heads) divide")
    }
    if let keep, !(keep > 0 && keep <= 1) {
      throw OptionError("--keep: found \(keep), expected a share above 0 and at most 1")
    }
    if task != .classify, norm == .batch {
      throw OptionError(
        "--norm: found batch, expected none, token or time with --task \(task.rawValue), whose last step goes alone"
      )
    }
    return TransformerAccount(
      features: features, window: window, width: width, heads: heads, layers: layers,
      feedForward: feedForward, keep: keep, task: try accountedTask(), norm: norm)
  }

  private func accountedTask() throws(OptionError) -> TransformerAccount.Task {
    guard task == .classify else {
      if let classes {
        throw OptionError("--classes: found \(classes), expected none without --task classify")
      }
      return task == .detect ? .detection : .forecast
    }
    guard let classes, (1...1_000_000).contains(classes) else {
      throw OptionError(
        "--classes: found \(classes.map(String.init) ?? "none"), expected 1 to 1000000 with --task classify"
      )
    }
    return .classification(classes: classes)
  }
}

/// What `account` prints.
struct AccountReport: Encodable {
  struct Paper: Encodable {
    let parameters: Double
    let bits: Double
    let operations: Double

    init(_ count: TransformerAccount.Count) {
      parameters = count.parameters
      bits = count.bits
      operations = count.operations
    }
  }

  let model: String
  let task: String
  let norm: String
  let window: Int
  let paperDense: Paper
  let paperSparse: Paper?
  let denseMultiplyAdds: Double
  let sparseMultiplyAdds: Double?
  let stepMultiplyAdds: Double?
  let stepMultiplyAddsAllWeights: Double?
  let streamMultiplyAdds: Double?
  let streamMultiplyAddsAllWeights: Double?
  let denseBytes: Double
  let maskBytes: Double?
  let codedBytes: Double?

  enum CodingKeys: String, CodingKey {
    case model, task, norm, window
    case paperDense = "paper_dense"
    case paperSparse = "paper_sparse"
    case denseMultiplyAdds = "dense_multiply_adds"
    case sparseMultiplyAdds = "sparse_multiply_adds"
    case stepMultiplyAdds = "step_multiply_adds"
    case stepMultiplyAddsAllWeights = "step_multiply_adds_all_weights"
    case streamMultiplyAdds = "stream_multiply_adds"
    case streamMultiplyAddsAllWeights = "stream_multiply_adds_all_weights"
    case denseBytes = "dense_bytes"
    case maskBytes = "mask_bytes"
    case codedBytes = "coded_bytes"
  }

  init(_ account: TransformerAccount, model: String, task: String) {
    self.model = model
    self.task = task
    norm = account.norm.rawValue
    window = account.window
    paperDense = Paper(account.paperDense)
    paperSparse = account.paperSparse.map(Paper.init)
    denseMultiplyAdds = account.denseMultiplyAdds
    sparseMultiplyAdds = account.sparseMultiplyAdds
    stepMultiplyAdds = account.stepMultiplyAdds(.kept)
    stepMultiplyAddsAllWeights = account.stepMultiplyAdds(.all)
    streamMultiplyAdds = account.streamMultiplyAdds(.kept)
    streamMultiplyAddsAllWeights = account.streamMultiplyAdds(.all)
    denseBytes = account.denseBytes
    maskBytes = account.maskBytes
    codedBytes = account.codedBytes
  }

  var text: String {
    func row(_ name: String, _ dense: Double, _ sparse: Double?, _ unit: Double, _ form: String)
      -> [String]
    {
      let cells = [dense, sparse].map { $0.map { String(format: form, $0 / unit) } ?? "-" }
      return [name] + cells + [sparse.map { String(format: "%.2f", dense / $0) } ?? "-"]
    }
    let dense = denseMultiplyAdds
    let rows: [(rows: [[String]], isShown: Bool)] = [
      (
        [
          row(
            "paper: thousand parameters", paperDense.parameters, paperSparse?.parameters, 1e3,
            "%.1f"),
          row("paper: Mbit", paperDense.bits, paperSparse?.bits, 1e6, "%.3f"),
          row("paper: MFLOP", paperDense.operations, paperSparse?.operations, 1e6, "%.2f"),
          row(
            "true: million multiply-adds, as its code goes", dense, sparseMultiplyAdds, 1e6, "%.3f"),
        ], true
      ),
      (
        [
          row(
            "true: step-t by its exact algebra, kept weights", dense, stepMultiplyAdds, 1e6, "%.3f"),
          row("true: the same, all weights", dense, stepMultiplyAddsAllWeights, 1e6, "%.3f"),
        ], stepMultiplyAdds != nil
      ),
      (
        [
          row(
            "true: a sample of a stream without positions, kept weights", dense, streamMultiplyAdds,
            1e6, "%.3f"),
          row("true: the same, all weights", dense, streamMultiplyAddsAllWeights, 1e6, "%.3f"),
        ], streamMultiplyAdds != nil
      ),
      (
        [
          row("true: bytes, seed and masks of a bit a weight", denseBytes, maskBytes, 1, "%.0f"),
          row("true: bytes, seed and masks coded", denseBytes, codedBytes, 1, "%.0f"),
        ], true
      ),
    ]
    let shown = rows.filter(\.isShown).flatMap(\.rows)
    // Without --keep nothing is binary: step-t attention alone tells the two apart.
    let other = paperSparse == nil && stepMultiplyAdds != nil ? "step-t" : "binary"
    return TextTable(["figure", "dense", other, "dense / \(other)"], rows: shown).text
      + "\n\n" + difference
  }

  /// Why the paper's figures are not the true ones.
  private var difference: String {
    let attention =
      task == Account.Task.classify.rawValue
      ? " Products with scattered zeros of queries, keys and values it takes as saved." : ""
    return """
      The paper's figures are not the true ones, for it counts all maps but Q, K and V once and not at each of the \
      \(window) steps.\(attention) Its bit for a weight is the sign or the mask: it holds both only where a seed \
      gives the signs. Its dense sizes have biases, which the binary ones go without.
      """
  }
}
