// SPDX-License-Identifier: Apache-2.0
import MinimDistillation
import MinimSeries

extension DistillationOptions {
  /// The losses that the options choose; `seed` fixes spans that are never drawn again.
  ///
  /// Throws `OptionError` that names the option, also for an option that no chosen method reads.
  func resolved(seed: UInt64) throws(OptionError) -> ChosenDistillation {
    let entries = try methods()
    let names = Set(entries.map(\.method))
    var recipe = [
      ("method", entries.map { "\($0.method.rawValue):\($0.weight)" }.joined(separator: ","))
    ]
    /// Notes an option of some methods for the recipe: refused when no chosen method is one of them, or
    /// MemKD alone and `obstacle`, another option, keeps it from reading this one.
    func note(
      _ key: String, _ value: String?, of readers: Set<DistillationMethod>, obstacle: String? = nil
    ) throws(OptionError) {
      guard let value else { return }
      let chosen = names.intersection(readers)
      if let obstacle, chosen == [.memkd] {
        throw OptionError(
          "--\(key): found \(value), but memkd with --\(obstacle) does not read it, expected one of the two"
        )
      }
      guard !chosen.isEmpty else {
        throw OptionError(
          "--\(key): found \(value), but --method \(method) does not read it, expected a method of "
            + readers.map(\.rawValue).sorted().joined(separator: " "))
      }
      recipe.append((key, value))
    }
    let form = discrepancy.map { "discrepancy \($0.rawValue)" }
    let readsCells = discrepancy == .cell || discrepancy == .hiddenAndCell
    let allPairs = discrepancy == .relational ? form : nil
    let noDraw = allPairs ?? (terms == .short ? "terms short" : nil)
    let noBeta = penalty.flatMap { $0 == .smoothL1 ? nil : "penalty \($0.rawValue)" }
    try note(
      "teacher-layer", teacherLayer, of: [.memkd, .fitnet, .at, .nst, .vid, .dt2w],
      obstacle: readsCells ? form : nil)
    try note("discrepancy", discrepancy?.rawValue, of: [.memkd])
    try note("terms", terms?.rawValue, of: [.memkd], obstacle: allPairs)
    try note("spans", spans.map { "\($0)" }, of: [.memkd], obstacle: noDraw)
    try note("starts", starts, of: [.memkd], obstacle: noDraw)
    try note("span-draw", spanDraw?.rawValue, of: [.memkd], obstacle: noDraw)
    try note("redraw", redraw?.rawValue, of: [.memkd], obstacle: noDraw)
    try note("penalty", penalty?.rawValue, of: [.memkd])
    try note("penalty-beta", penaltyBeta.map { "\($0)" }, of: [.memkd], obstacle: noBeta)
    try note("temperature", temperature.map { "\($0)" }, of: [.kd, .dkd])
    try note("dkd-alpha", dkdAlpha.map { "\($0)" }, of: [.dkd])
    try note("dkd-beta", dkdBeta.map { "\($0)" }, of: [.dkd])
    try note("warm-up", warmUp.map { "\($0)" }, of: [.dkd])
    try note("attention", attention?.rawValue, of: [.at])
    try note("gamma", gamma.map { "\($0)" }, of: [.dt2w])
    try note("warping", warping?.rawValue, of: [.dt2w])
    var chosen: [DistillationTerm] = []
    for (method, weight) in entries { chosen.append(try term(method, weight, seed: seed)) }
    return ChosenDistillation(terms: chosen, layer: try layer(), recipe: recipe)
  }

  /// The methods of `--method` with their weights.
  private func methods() throws(OptionError) -> [(method: DistillationMethod, weight: Double)] {
    var entries: [(method: DistillationMethod, weight: Double)] = []
    var takesWeight = false
    for part in method.split(separator: ",", omittingEmptySubsequences: false) {
      let words = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = words.first.flatMap({ DistillationMethod(rawValue: String($0)) }) else {
        throw OptionError(
          "--method: found \"\(words.first ?? "")\", expected one or several of "
            + DistillationMethod.allCases.map(\.rawValue).joined(separator: " "))
      }
      guard !entries.contains(where: { $0.method == name }) else {
        throw OptionError("--method: found \(name.rawValue) a second time, expected each once")
      }
      var own = weight ?? 1
      if words.count == 2 {
        guard let value = Double(words[1]) else {
          throw OptionError("--method: found the weight \"\(words[1])\", expected a number")
        }
        own = value
      } else {
        takesWeight = true
      }
      guard Float(own).isFinite, own >= 0 else {
        let option = words.count == 2 ? "method \(name.rawValue)" : "weight"
        throw OptionError(
          "--\(option): found the weight \(own), expected 0 or more that float32 can hold")
      }
      entries.append((name, own))
    }
    if let weight, !takesWeight {
      throw OptionError(
        "--weight: found \(weight), but every method has a weight of its own in --method \(method)")
    }
    return entries
  }

  private func term(
    _ method: DistillationMethod, _ weight: Double, seed: UInt64
  ) throws(OptionError) -> DistillationTerm {
    switch method {
    case .memkd: return .memkd(try memkd(seed: seed), weight: weight)
    case .kd: return .kd(LogitDistillation(temperature: try heat()), weight: weight)
    case .fitnet: return .fitnet(weight: weight)
    case .at: return .at(AttentionTransfer(form: attention ?? .code), weight: weight)
    case .nst: return .nst(weight: weight)
    case .vid: return .vid(weight: weight)
    case .rkdDistance: return .rkd(RelationalDistillation(distance: 1, angle: 0), weight: weight)
    case .rkdAngle: return .rkd(RelationalDistillation(distance: 0, angle: 1), weight: weight)
    case .rkd: return .rkd(weight: weight)
    case .dkd:
      var loss = DecoupledDistillation(temperature: try heat())
      loss.alpha = try Self.atLeast("dkd-alpha", dkdAlpha ?? loss.alpha, 0)
      loss.beta = try Self.atLeast("dkd-beta", dkdBeta ?? loss.beta, 0)
      loss.warmUp = try Self.atLeast("warm-up", warmUp ?? loss.warmUp, 0)
      return .dkd(loss, weight: weight)
    case .dt2w:
      let distance = SoftDTW(
        gamma: try Self.above("gamma", gamma ?? 1), divergence: warping == .divergence)
      return .dt2w(TimeWarping(distance: distance), weight: weight)
    }
  }

  private func memkd(seed: UInt64) throws(OptionError) -> MemKD {
    var loss = MemKD(
      discrepancy: discrepancy ?? .startNorm, terms: terms ?? .both,
      spanDraw: spanDraw ?? .uniform, fixedSeed: redraw == .never ? seed : nil,
      penalty: penalty ?? .smoothL1)
    loss.spans = try Self.atLeast("spans", spans ?? loss.spans, 1)
    loss.beta = try Self.above("penalty-beta", penaltyBeta ?? loss.beta)
    if let starts {
      let count = Int(starts)
      guard starts == "all" || (1...10_000).contains(count ?? 0) else {
        throw OptionError("--starts: found \"\(starts)\", expected 1 to 10000, or all")
      }
      loss.starts = count
    }
    return loss
  }

  private func heat() throws(OptionError) -> Double {
    try Self.above("temperature", temperature ?? 4)
  }

  private func layer() throws(OptionError) -> TeacherLayer {
    switch teacherLayer {
    case nil, "top": return .top
    case "mean": return .mean
    case let text?:
      guard let index = Int(text), index > 0 else {
        throw OptionError(
          "--teacher-layer: found \"\(text)\", expected top, mean or a number from 1")
      }
      return .layer(index)
    }
  }

  /// A number that is above 0 in float32 too, in which losses are computed.
  private static func above(_ name: String, _ value: Double) throws(OptionError) -> Double {
    guard Float(value).isNormal, value > 0 else {
      throw OptionError(
        "--\(name): found \(value), expected a number above 0, from 1e-37 to 1e38")
    }
    return value
  }

  private static func atLeast<Value: Comparable>(
    _ name: String, _ value: Value, _ least: Value
  ) throws(OptionError) -> Value {
    guard value >= least else {
      throw OptionError("--\(name): found \(value), expected \(least) or more")
    }
    return value
  }
}
