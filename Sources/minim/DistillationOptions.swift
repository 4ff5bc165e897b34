// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import MinimDistillation

extension Discrepancy: ExpressibleByArgument {}
extension Penalty: ExpressibleByArgument {}
extension MemKD.Terms: ExpressibleByArgument {}
extension MemKD.SpanDraw: ExpressibleByArgument {}
extension AttentionTransfer.Form: ExpressibleByArgument {}

/// How often MemKD's long set is drawn.
enum Redraw: String, CaseIterable, ExpressibleByArgument {
  case batch
  case never
}

/// Which of soft-DTW's two forms DT2W takes.
enum Warping: String, CaseIterable, ExpressibleByArgument {
  case softDTW = "soft-dtw"
  case divergence
}

/// The options of `distill` that choose the losses.
///
/// Most belong to one or two methods: they have no value here unless given, so that one given for a method that does
/// not read it can be refused.
struct DistillationOptions: ParsableArguments, RecipeKeyed {
  static let keys = [
    "method", "weight", "teacher-layer", "discrepancy", "terms", "spans", "starts", "span-draw",
    "redraw", "penalty", "penalty-beta", "temperature", "dkd-alpha", "dkd-beta", "warm-up",
    "attention", "gamma", "warping",
  ]

  @Option(
    help: """
      The distillation method, or several with their weights, such as memkd:10,kd:0.5; of \
      \(DistillationMethod.allCases.map(\.rawValue).joined(separator: ", ")).
      """)
  var method = "memkd"
  @Option(
    parsing: .unconditional,
    help: "The weight of methods without one of their own beside the cross-entropy. (default: 1)")
  var weight: Double?
  @Option(help: "Hidden states of the teacher: top, mean or the number of a layer. (default: top)")
  var teacherLayer: String?
  @Option(help: "memkd: the form of the memory discrepancy. (default: n1)")
  var discrepancy: Discrepancy?
  @Option(help: "memkd: short, long or both. (default: both)")
  var terms: MemKD.Terms?
  @Option(parsing: .unconditional, help: "memkd: different spans in the long term. (default: 8)")
  var spans: Int?
  @Option(
    parsing: .unconditional, help: "memkd: starts for each span, a number or all. (default: 16)")
  var starts: String?
  @Option(help: "memkd: spans drawn uniform or log-uniform. (default: uniform)")
  var spanDraw: MemKD.SpanDraw?
  @Option(help: "memkd: draw spans for each batch or never again. (default: batch)")
  var redraw: Redraw?
  @Option(help: "memkd: smooth-l1, mse or l1. (default: smooth-l1)")
  var penalty: Penalty?
  @Option(parsing: .unconditional, help: "memkd: beta of smooth-l1. (default: 1)")
  var penaltyBeta: Double?
  @Option(parsing: .unconditional, help: "kd, dkd: the temperature. (default: 4)")
  var temperature: Double?
  @Option(parsing: .unconditional, help: "dkd: the weight of the true class's part. (default: 1)")
  var dkdAlpha: Double?
  @Option(parsing: .unconditional, help: "dkd: the weight of the other classes' part. (default: 8)")
  var dkdBeta: Double?
  @Option(parsing: .unconditional, help: "dkd: epochs until the full weight. (default: 20)")
  var warmUp: Int?
  @Option(help: "at: code (mean square) or paper (norm). (default: code)")
  var attention: AttentionTransfer.Form?
  @Option(parsing: .unconditional, help: "dt2w: gamma of soft-DTW. (default: 1)")
  var gamma: Double?
  @Option(help: "dt2w: soft-dtw or divergence. (default: soft-dtw)")
  var warping: Warping?
}

/// The losses of a run, and the recipe keys that choose them.
struct ChosenDistillation {
  let terms: [DistillationTerm]
  let layer: TeacherLayer
  let recipe: [(key: String, value: String)]
}
