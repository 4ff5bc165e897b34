// SPDX-License-Identifier: Apache-2.0
import MinimRuntime

/// `inspect`: what a model file is and what it costs.
public struct InspectCommand {
  /// Whether to print one JSON object.
  public var json: Bool

  /// An inspection, as text or JSON.
  public init(json: Bool) { self.json = json }

  /// Prints the description of a model.
  ///
  /// Throws `HostError.badModel` for a damaged PROVENANCE.
  public func run(_ loaded: LoadedModel, output: Int32 = 1) throws(HostError) {
    defer { withExtendedLifetime(loaded) {} }
    var text = TextOutput(output)
    let entries = try provenance(of: loaded)
    text.write(json ? jsonText(loaded, entries) : plainText(loaded, entries))
    text.flush()
  }

  private func provenance(of loaded: LoadedModel) throws(HostError) -> [(String, String)] {
    do throws(ModelError) {
      let provenance = try Provenance(loaded.model)
      return (0..<provenance.count).map { index in
        let entry = provenance.entry(index)
        return (
          String(decoding: entry.key, as: UTF8.self), String(decoding: entry.value, as: UTF8.self)
        )
      }
    } catch {
      throw loaded.badModel(error)
    }
  }

  /// Bytes of the header with its table and of each section, without the padding between.
  private func sizes(_ model: Model) -> [(name: String, bytes: Int)] {
    let sections = SectionType.allCases.map {
      (name: "\($0.name)", bytes: model.section($0).length)
    }
    let present = sections.filter { $0.bytes > 0 }
    let table = ModelFormat.headerBytes + ModelFormat.recordBytes * present.count
    let padding = model.byteCount - table - present.reduce(0) { $0 + $1.bytes }
    return [("header", table)] + present + [("padding", padding)]
  }

  private func types(_ model: Model) -> String {
    let names = (0..<model.tensorCount).map { model.tensor($0).type.name }
    return TensorType.allCases.map { $0.name }.filter { names.contains($0) }
      .joined(separator: " and ")
  }

  /// The one-bit tensors whose masks lie there as bits, and those whose masks are coded.
  private func masks(_ model: Model) -> (plain: Int, coded: Int) {
    let tensors = (0..<model.tensorCount).map(model.tensor).filter { $0.type == .oneBit }
    let coded = tensors.count { $0.hasCodedMask }
    return (tensors.count - coded, coded)
  }

  private func operations(_ model: Model) -> [String] {
    (0..<model.operationCount).map { index in
      let operation = model.operation(index), name = model.operationName(index)
      return "\(name) \(model.valueLength(operation.input))->\(model.valueLength(operation.output))"
    }
  }

  private func plainText(_ loaded: LoadedModel, _ entries: [(String, String)]) -> String {
    let model = loaded.model, adds = model.multiplyAdds
    var lines = [
      "file           \(model.byteCount) bytes, format 1.\(model.minorVersion)",
      "graph          " + operations(model).joined(separator: ", "),
      "parameters     \(model.parameterCount), biases folded, in \(types(model))",
      "memory         \(model.detectorMemoryBytes) bytes for a session",
      "multiply-adds  \(adds.step) a sample, \(adds.result) a result",
      "input          \(model.channelCount) channel\(model.channelCount == 1 ? "" : "s"), \(model.mode.name) of "
        + "\(model.shortestLength) to \(model.windowLength) steps, normalisation \(model.normalisation.name)",
    ]
    let masks = masks(model)
    if masks != (0, 0) {
      let parts = [(masks.plain, "plain"), (masks.coded, "coded")].filter { $0.0 > 0 }
      lines.insert(
        "masks          " + parts.map { "\($0.0) \($0.1)" }.joined(separator: ", "), at: 3)
    }
    for channel in 0..<model.channelCount where model.normalisation == .scaler {
      let shift = model.scaler[2 * channel], scale = model.scaler[2 * channel + 1]
      let name = loaded.channelNames[channel]
      // A detector scales by the range of training, a classifier by mean and deviation.
      let (first, second) =
        model.decisionKind == .alarm ? ("least", "range") : ("mean", "deviation")
      lines.append(
        "  channel \(name.isEmpty ? "\(channel)" : name): \(first) \(shift), \(second) \(scale)")
    }
    switch model.decisionKind {
    case .classes:
      let names = (0..<model.classCount).map(loaded.className).joined(separator: " ")
      lines.append("classes        \(model.classCount): \(names)")
    case .threshold: lines.append("threshold      \(model.threshold)")
    case .alarm:
      let alarm = model.alarm
      lines.append(
        "threshold      \(alarm.threshold)\(alarm.adapting == nil ? "" : ", adapting")")
      lines.append(
        "alarm          after \(alarm.minimumSamples) above, until below \(alarm.release) of the threshold"
      )
    case .none: break
    }
    if model.isForecaster {
      lines.append("forecasts      \(model.horizon) rows from \(model.shortestLength)")
    }
    if let intervals = model.intervals {
      let levels = (0..<intervals.levelCount).map { "\(intervals.level($0))" }
      lines.append("intervals      \(levels.joined(separator: " ")) of forecasts")
    }
    lines.append("sections")
    for (name, bytes) in sizes(model) {
      lines.append("  \(name)\(String(repeating: " ", count: 15 - name.count))\(bytes)")
    }
    if !entries.isEmpty { lines.append("provenance") }
    for (key, value) in entries {
      let parts = value.split(separator: "\n").joined(separator: "\n    ")
      lines.append(parts == value ? "  \(key): \(value)" : "  \(key):\n    \(parts)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func jsonText(_ loaded: LoadedModel, _ entries: [(String, String)]) -> String {
    let model = loaded.model, adds = model.multiplyAdds
    func list(_ texts: [String]) -> String { "[" + texts.joined(separator: ",") + "]" }
    func object(_ members: [(String, String)]) -> String {
      "{" + members.map { "\(jsonString($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
    var members: [(String, String)] = [
      ("bytes", "\(model.byteCount)"), ("format", "\"1.\(model.minorVersion)\""),
      ("graph", list(operations(model).map(jsonString))),
      ("parameters", "\(model.parameterCount)"), ("types", jsonString(types(model))),
      ("memory_bytes", "\(model.detectorMemoryBytes)"),
      ("multiply_adds_per_sample", "\(adds.step)"), ("multiply_adds_per_result", "\(adds.result)"),
      ("channels", "\(model.channelCount)"), ("channel_names", list(loaded.quotedChannels)),
      ("mode", jsonString(model.mode.name)),
      ("window", "\(model.windowLength)"), ("shortest", "\(model.shortestLength)"),
      ("normalisation", jsonString(model.normalisation.name)),
      ("scaler", list(model.scaler.map(jsonNumber))),
      ("sections", object(sizes(model).map { ($0.name, "\($0.bytes)") })),
      ("provenance", object(entries.map { ($0.0, jsonString($0.1)) })),
    ]
    let masks = masks(model)
    if masks != (0, 0) {
      members.append(
        ("masks", object([("plain", "\(masks.plain)"), ("coded", "\(masks.coded)")])))
    }
    switch model.decisionKind {
    case .classes: members.append(("classes", list(loaded.quotedClasses)))
    case .threshold: members.append(("threshold", jsonNumber(model.threshold)))
    case .alarm:
      let alarm = model.alarm
      members += [
        ("threshold", jsonNumber(alarm.threshold)), ("adapts", "\(alarm.adapting != nil)"),
        ("release", jsonNumber(alarm.release)), ("minimum_samples", "\(alarm.minimumSamples)"),
      ]
    case .none: break
    }
    if model.isForecaster { members.append(("horizon", "\(model.horizon)")) }
    if let intervals = model.intervals {
      let levels = (0..<intervals.levelCount).map { jsonNumber(intervals.level($0)) }
      members.append(("interval_levels", list(levels)))
    }
    return object(members) + "\n"
  }
}

/// `verify`: whether a model file is whole and this machine computes what it should.
public struct VerifyCommand {
  /// Whether to print one JSON object.
  public var json: Bool

  /// A verification, reported as text or JSON.
  public init(json: Bool) { self.json = json }

  /// Checks all sections and runs the self-test.
  ///
  /// The rest was checked when the model was loaded. Throws `HostError`.
  public func run(_ loaded: LoadedModel, output: Int32 = 1) throws(HostError) {
    defer { withExtendedLifetime(loaded) {} }
    var text = TextOutput(output)
    let vectors: Int, wrong: Int
    do throws(ModelError) {
      _ = try Provenance(loaded.model)
      let test = try SelfTest(loaded.model)
      vectors = test.count
      wrong = test.run(in: loaded.session)
    } catch {
      throw loaded.badModel(error)
    }
    guard wrong == 0 else {
      throw .checkFailed(
        "\(loaded.path): self-test: \(wrong) outputs have other bits than when the model was packed; "
          + "do not use it on this machine")
    }
    let tested = vectors == 0 ? "no self-test in it" : "self-test passed, \(vectors) vectors"
    text.write(
      json
        ? "{\"ok\":true,\"self_test_vectors\":\(vectors)}\n"
        : "\(loaded.path): checksums and contents fine, \(tested)\n")
    text.flush()
  }
}
