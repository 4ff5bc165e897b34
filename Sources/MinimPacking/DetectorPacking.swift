// SPDX-License-Identifier: Apache-2.0
public import MinimDetection
internal import MinimHost
internal import MinimLearning
internal import MinimRuntime
public import MinimSeries
internal import MinimTensor

/// How the scores of a packed detector are to become alarms.
public struct AlarmChoice: Equatable, Sendable {
  /// The share of calibration scores up to POT's initial threshold.
  public var level = 0.98
  /// The share of scores that may exceed the threshold; nil for that of `defaultRisk`.
  public var risk: Double?
  /// A threshold in place of POT's.
  public var threshold: Double?
  /// The fraction of the threshold below which a score ends an alarm, above 0 and at most 1.
  public var release = 1.0
  /// The scores above the threshold, one after the other, that raise an alarm; at least 1.
  public var minimumSamples = 1
  /// Whether the threshold goes along with the scores (SPOT).
  public var adapts = false

  /// POT at the default risk, an alarm for each score above it.
  public init() {}

  /// The peaks that an adapting threshold keeps.
  static let peaks = 128
}

/// POT's risk where nobody gives one: 1e-4, or one of all calibration scores where that is more, for they say
/// nothing of rarer ones; at most the share above the initial threshold, 1 - `level`.
public func defaultRisk(calibrationScores count: Int, level: Double) -> Double {
  min(1 - level, max(1e-4, 1 / Double(max(1, count))))
}

/// What packing a detector gave: the file, and how its scores compare with the trained detector's.
public struct PackedDetector: Sendable {
  /// The model file.
  public let bytes: [UInt8]
  /// The threshold that it begins with.
  public let threshold: Double
  /// Scores from which the threshold is.
  public let calibrationScores: Int
  /// The normal rows, of signature matrices the gaps, whose scores were compared.
  public let rows: Int
  /// The root mean square difference of their scores, as a share of the scores' root mean square.
  public let relativeDifference: Double
  /// Of these rows, those that the threshold separates otherwise with the trained scores.
  public let changedDecisions: Int
  /// Matrices of the model.
  public let matrices: Int
  /// Those stored as signs of one magnitude under a mask.
  public let oneBitMatrices: Int
}

/// Packs a trained detector into a model file.
///
/// `recording` are the raw rows that it was trained on, `calibration` its scores of the last of them, from
/// which thresholds are found: those of the packed model are, and int8 inputs are calibrated on the
/// windows that end there. Where `isJoined`, `calibration` is of other recordings too, and of an MSCRED it has one score a gap: then
/// the threshold is from these trained scores, and the packed model is compared on the last 2,048 rows. `name` is what messages call the detector, its kind by default. `bare` leaves
/// `provenance` and the self-test out of the file. Throws `PackingError`, and `DataError` where the rows do not fit
/// the scaler.
public func pack(
  _ detector: any Detector, named name: String? = nil, scaler: RangeScaler?,
  trainedOn recording: Recording, calibration: [Double], precision: Precision,
  isJoined: Bool = false, masks: MaskCoding = .plain, alarm: AlarmChoice = AlarmChoice(),
  provenance: [String: String] = [:], bare: Bool = false
) throws -> PackedDetector {
  let gap = (detector as? MSCRED)?.configuration.gap
  let ownScores = gap == nil && !isJoined
  guard !calibration.isEmpty, !ownScores || calibration.count <= recording.count else {
    throw PackingError.otherRows(scores: calibration.count, rows: recording.count)
  }
  let name = name ?? type(of: detector).name
  guard let scaler, let limit = scaler.limit else {
    throw PackingError.detector("\(name), which reads rows as they are")
  }
  let channels = recording.channels, window = detector.configuration.window
  let first = recording.count - (ownScores ? calibration.count : min(recording.count, 2048))
  // The windows of the rows to compare reach back before them.
  let rows = recording.rows(max(0, first - window + 1)..<recording.count)
  let skipped = first - max(0, first - window + 1)
  let windows = Windows(try scaler.apply(to: rows).recording, for: detector.configuration)
  // A few windows show how large what signature matrices are made of is.
  let seen =
    gap == nil
    ? Array(skipped..<min(rows.count, skipped + 4096))
    : Array(stride(from: skipped, to: rows.count, by: max(1, (rows.count - skipped) / 32)))
  var graph = GraphBuilder(precision: precision, window: window, channels: channels)
  graph.maskCoding = masks
  let parts = try graph.add(
    detector, named: name, bounds: -limit...1 + limit,
    calibratedOn: windows.tensor(of: seen))
  let names = recording.channelNames
  let scales = zip(scaler.minimums, scaler.maximums).flatMap { [$0, $0 == $1 ? 1 : $1 - $0] }
  var file = ModelFile(
    operations: graph.operations, stepOperations: graph.stepOperations, tensors: graph.tensors,
    preprocessing: .init(
      mode: graph.needsWindow ? .window : .stream, normalisation: .scaler, channels: channels,
      window: window, shortest: gap ?? 1, repeatsFirst: graph.needsWindow, scaler: scales,
      channelNames: names == names.indices.map(String.init) ? [] : names),
    decision: .none)
  let packed = try LoadedModel(try file.bytes(), path: "packed detector")
  let (scores, trained) =
    gap == nil
    ? (
      Array(packed.scores(of: rows)[skipped...]),
      ownScores ? calibration : Array(detector.scores(of: windows).scores[skipped...])
    ) : try packed.results(of: rows, beside: detector.scores(of: windows).scores)
  let difference = relativeDifference(scores, trained)
  // Where slopes are nearly zero, roundings decide which way a generation's steps go.
  let tolerance = max(
    precision.scoreTolerance, detector is GON ? 0.01 : graph.hasRoundedSigns ? 0.005 : 0)
  guard difference <= tolerance else {
    throw PackingError.outputsDiffer(
      difference: difference, tolerance: tolerance, precision: precision)
  }
  let settings = try decision(alarm, scores: ownScores ? scores : calibration, parts: parts)
  file.decision = .alarm(settings)
  if !bare {
    file.provenance = provenance.merging([
      "tool": "minim \(minimVersion)", "precision": precision.rawValue,
    ]) { given, _ in given }
    // Fewer rows than a window has where they are many numbers, for the first stands for those before it.
    let count = gap.map { 2 * $0 } ?? max(1, min(2 * window, 512 / channels))
    let samples = Array(rows.rows(0..<min(rows.count, count)).values)
    file.selfTests = [packed.selfTest(of: samples)]
  }
  let threshold = Double(settings.threshold)
  return PackedDetector(
    bytes: try file.bytes(), threshold: threshold,
    calibrationScores: ownScores ? scores.count : calibration.count, rows: scores.count,
    relativeDifference: difference,
    changedDecisions: zip(scores, trained).count { ($0 > threshold) != ($1 > threshold) },
    matrices: graph.matrices.all, oneBitMatrices: graph.matrices.oneBit)
}

/// The root mean square of a - b over that of b, which counts as 1e-9 at least: smaller scores, of what is
/// learned by heart, are roundings.
private func relativeDifference(_ a: [Double], _ b: [Double]) -> Double {
  let differences = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let squares = max(b.reduce(0) { $0 + $1 * $1 }, 1e-18 * Double(b.count))
  // A NaN is no small difference.
  return differences == 0 ? 0 : differences > 0 ? (differences / squares).squareRoot() : .infinity
}

/// The alarm of a choice, its threshold from the packed model's scores.
private func decision(
  _ choice: AlarmChoice, scores: [Double], parts: Int?
) throws -> ModelFile.Alarm {
  let risk =
    choice.risk ?? defaultRisk(calibrationScores: scores.count, level: choice.level)
  var copy = scores
  var found = try copy.withUnsafeMutableBufferPointer { buffer in
    try choice.threshold
      ?? peaksOverThreshold(buffer, level: choice.level, risk: risk).threshold
  }
  var adapting: (settings: StreamThresholdSettings, state: [UInt8])?
  if choice.adapts {
    let settings = try StreamThresholdSettings(
      level: choice.level, risk: risk, capacity: AlarmChoice.peaks)
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: settings.memoryBytes, alignment: 8)
    defer { memory.deallocate() }
    let threshold = try StreamThreshold(settings, memory: memory)
    copy = scores
    try copy.withUnsafeMutableBufferPointer { try threshold.calibrate($0) }
    var state = [UInt8](repeating: 0, count: settings.memoryBytes)
    try state.withUnsafeMutableBytes { try threshold.save(to: $0) }
    found = threshold.threshold
    adapting = (settings, state)
  }
  let largest = Double(Float.greatestFiniteMagnitude)
  return ModelFile.Alarm(
    threshold: Float(max(-largest, min(largest, found))), release: Float(choice.release),
    minimumSamples: choice.minimumSamples, partsValue: parts, adapting: adapting)
}

extension Precision {
  /// The largest root mean square difference between packed and trained scores, as a share of the
  /// scores, at which a file is still written; of a generation 0.01 at least.
  public var scoreTolerance: Double {
    switch self {
    case .float32: 1e-4
    case .float16: 0.05
    case .int8: 0.25
    }
  }
}

extension LoadedModel {
  /// The scores at the ends of all gaps of its streams, and those of a trained detector, of which there is one for each row; the
  /// session ends reset.
  ///
  /// Throws `PackingError.otherRows` where no gap ends there.
  fileprivate func results(
    of recording: Recording, beside trained: [Double]
  ) throws -> (scores: [Double], trained: [Double]) {
    var scores: [Double] = [], beside: [Double] = []
    defer { session.reset() }
    for stream in recording.streams {
      session.reset()
      for row in stream {
        let status = recording.row(row).withUnsafeBufferPointer {
          $0.baseAddress.map { session.step($0) }
        }
        guard status == .ready else { continue }
        scores.append(Double(session.result()[0]))
        beside.append(trained[row])
      }
    }
    guard !scores.isEmpty else {
      throw PackingError.otherRows(scores: trained.count, rows: recording.count)
    }
    return (scores, beside)
  }

  /// The score of each row, from the beginning of a stream; the session ends reset.
  fileprivate func scores(of recording: Recording) -> [Double] {
    defer { session.reset() }
    return (0..<recording.count).map { row in
      recording.row(row).withUnsafeBufferPointer { sample in
        if let start = sample.baseAddress { _ = session.step(start) }
        return Double(session.result()[0])
      }
    }
  }
}
