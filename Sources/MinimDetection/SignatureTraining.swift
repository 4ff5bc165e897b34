// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
public import MinimLearning
internal import MinimSeries
internal import MinimTensor

/// What an MSCRED learns from beside the matrices: another one's Ĥ of the second level.
public struct SignatureGuide: Sendable {
  /// The one to learn from, of the same channels; it may look at longer segments, at the same rows' ends.
  ///
  /// A memory of its own begins anew with each window.
  public let teacher: MSCRED
  /// λ: how much of the loss is the distance to the teacher, 0 to 1.
  public let weight: Float
  /// T: both are divided by it, so the distance by T².
  public let temperature: Float

  /// A guide from its parts; λ = 0.5 and T = 4 by default (methods, gon 3.5 A13).
  public init(teacher: MSCRED, weight: Float = 0.5, temperature: Float = 4) {
    self.teacher = teacher
    self.weight = weight
    self.temperature = temperature
  }
}

extension MSCRED {
  /// The level whose Ĥ is compared with the teacher's.
  static let guidedLevel = 1

  /// Keeps the weights of the least error on `held`.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try fit(windows, held: held, plan: plan, progress: progress, guide: nil)
  }

  /// Keeps the weights of the least mean squared error on `held`, or on the windows themselves where that has no whole window.
  ///
  /// Loss: MSE(Ŝ, S), with a guide (1 - λ) MSE(Ŝ, S) + λ / T² MSE(Ĥₛ, Ĥₜ), Ĥₛ through a 1 × 1 map where widths differ, which
  /// is trained and dropped. Windows are `stride` rows apart, five gaps by default. A memory walks along every stream at the start of each epoch; a window begins with
  /// the state that it left there and its gradient goes back to that row (methods, gon 3.5 A10, but windows are
  /// shuffled). With a run folder it goes on from there bit for bit if `resume`. Throws
  /// `TrainingError`, `FileError`, `SafetensorsError`, and `DataError` where no stream has a whole window. A guide wants two levels
  /// or more of both, and a teacher of the same channels.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress,
    guide: SignatureGuide?,
    every stride: Int? = nil, run: RunFolder? = nil, resume: Bool = false, identity: String = ""
  ) throws {
    let stride = stride ?? SignatureScales.steps * configuration.scales.gap
    let watched = held.wholeEnds(every: stride).isEmpty ? windows : held
    let cases = SignatureCases(windows, every: stride)
    let validation = SignatureCases(watched, every: stride)
    guard cases.ends.count > 0 else {
      let longest = windows.recording.streams.map(\.count).max() ?? 0
      throw DataError(
        file: windows.recording.name, found: "\(longest) rows in the longest stream",
        expected: "\(windows.length) or more to learn from",
        advice: "give longer recordings or a smaller span")
    }
    let maps = guide.map { TeacherMaps($0.teacher, cases: cases) }
    let start = TrainingState(
      model: Assisted(model: self, adapters: adapters(for: guide?.teacher, seed: plan.seed)),
      plan: plan,
      generator: SeededGenerator(seed: plan.seed ^ 0x5EED))
    let trainer = Trainer<Assisted<Self>>(
      plan: plan, caseCount: cases.ends.count,
      loss: { trained, indices, epoch, _ in
        let model = trained.model
        let (inputs, targets) = model.samples(
          of: cases.rows(indices), after: cases.states(of: model, epoch: epoch, indices))
        let (matrices, attended) = model.network(inputs)
        let own = Tensor.meanSquaredError(matrices, targets)
        guard let guide, let maps else { return own }
        var map = attended[Self.guidedLevel]
        if !trained.adapters.tensors.isEmpty {
          map = map.convolution(
            weight: trained.adapters["map.weight"], bias: trained.adapters["map.bias"])
        }
        let square = guide.temperature * guide.temperature
        return (1 - guide.weight) * own
          + guide.weight / square * Tensor.meanSquaredError(map, maps.of(indices))
      },
      validationLoss: { trained in
        let model = trained.model
        var total = 0.0
        validation.forget()
        for start in Swift.stride(from: 0, to: validation.ends.count, by: plan.batch) {
          let indices = Array(start..<min(start + plan.batch, validation.ends.count))
          let (inputs, targets) = model.samples(
            of: validation.rows(indices), after: validation.states(of: model, epoch: 0, indices))
          let loss = Tensor.meanSquaredError(model.network(inputs).matrices, targets)
          total += Double(loss.item) * Double(indices.count)
        }
        return total / Double(validation.ends.count)
      })
    let end = try trainer.run(
      from: start, in: run, resume: resume, identity: identity, progress: progress)
    self = end.best.model
  }

  /// The 1 × 1 map from the guided level to the teacher's, where widths differ.
  private func adapters(for teacher: MSCRED?, seed: UInt64) -> Adapters {
    guard let widths = teacher?.configuration.widths else { return Adapters() }
    let level = Self.guidedLevel
    precondition(
      min(widths.count, configuration.widths.count) > level,
      "a guide from widths \(widths) to \(configuration.widths)")
    let teacher = widths[level], width = configuration.widths[level]
    guard teacher != width else { return Adapters() }
    var generator = SeededGenerator(seed: seed ^ 0xADA7)
    let bound = 1 / Float(width).squareRoot()
    return Adapters([
      (
        "map.weight",
        .uniform(in: -bound...bound, shape: [teacher, width, 1, 1], using: &generator)
      ),
      ("map.bias", .uniform(in: -bound...bound, shape: [teacher], using: &generator)),
    ])
  }
}

extension Windows {
  /// The rows at which windows of whole length end, without the row itself, `stride` apart in each stream.
  func wholeEnds(every stride: Int) -> [Int] {
    recording.streams.flatMap { stream in
      Swift.stride(from: stream.lowerBound + length, through: stream.upperBound, by: stride)
    }
  }
}

/// The windows that are learned from or validated on, and where a memory stood at their beginning.
private final class SignatureCases {
  let windows: Windows
  let ends: [Int]
  private var walked: (epoch: Int, states: [LongTermAccumulator.State])?

  init(_ windows: Windows, every stride: Int) {
    self.windows = windows
    ends = windows.wholeEnds(every: stride)
  }

  /// Rows (count, window, channels).
  func rows(_ indices: [Int]) -> Tensor<Float> {
    windows.tensor(of: indices.map { ends[$0] - 1 })
      .reshaped(to: [indices.count, windows.length, windows.recording.channels])
  }

  func forget() { walked = nil }

  /// The memory's states before some windows' last `reach` rows, of the weights at the epoch's first batch.
  func states(of model: MSCRED, epoch: Int, _ indices: [Int]) -> LongTermAccumulator.State? {
    guard let accumulator = model.accumulator else { return nil }
    if walked?.epoch != epoch {
      walked = (epoch, walk(accumulator, reach: model.configuration.reach))
    }
    let states = indices.compactMap { walked?.states[$0] }
    return LongTermAccumulator.State(
      hidden: .concatenated(states.map(\.hidden), along: 0),
      cell: states.first?.cell == nil ? nil : .concatenated(states.compactMap(\.cell), along: 0))
  }

  private func walk(_ tracked: LongTermAccumulator, reach: Int) -> [LongTermAccumulator.State] {
    let accumulator = tracked.replacingParameters(tracked.parameters.map { $0.detached() })
    let recording = windows.recording, streams = recording.streams, ends = ends
    return parallelMap(streams.count) { index in
      let stream = streams[index]
      var walk = MemoryWalk(
        accumulator, recording: recording, stream: stream, reach: reach)
      return ends.filter { $0 > stream.lowerBound && $0 <= stream.upperBound }
        .map { walk.state(before: $0 - reach) }
    }.flatMap { $0 }
  }
}

/// The teacher's Ĥ of the guided level for every window: kept where all of them fit into 256 MB, found again for each
/// batch otherwise.
private final class TeacherMaps {
  private let teacher: MSCRED
  private let cases: SignatureCases
  private let teacherCases: Windows
  private var kept: [Tensor<Float>?]

  init(_ teacher: MSCRED, cases: SignatureCases) {
    self.teacher = teacher
    self.cases = cases
    teacherCases = Windows(cases.windows.recording, for: teacher.configuration)
    let half = (teacher.configuration.channels + 1) / 2
    let bytes =
      cases.ends.count * teacher.configuration.widths[MSCRED.guidedLevel] * half * half * 4
    kept = bytes <= 1 << 28 ? Array(repeating: nil, count: cases.ends.count) : []
  }

  /// Maps (count, width, height, width).
  func of(_ indices: [Int]) -> Tensor<Float> {
    let missing = indices.filter { kept.isEmpty || kept[$0] == nil }
    var found: [Int: Tensor<Float>] = [:]
    if !missing.isEmpty {
      let rows = teacherCases.tensor(of: missing.map { cases.ends[$0] - 1 })
        .reshaped(to: [missing.count, teacherCases.length, teacherCases.recording.channels])
      let maps = teacher.network(teacher.samples(of: rows, after: nil).inputs).attended[
        MSCRED.guidedLevel]
      for (place, index) in missing.enumerated() {
        let map = maps.sliced(place..<place + 1, along: 0)
        if kept.isEmpty { found[index] = map } else { kept[index] = map }
      }
    }
    return .concatenated(indices.compactMap { found[$0] ?? kept[$0] }, along: 0)
  }
}
