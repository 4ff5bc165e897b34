// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
public import MinimSeries
public import MinimTensor

/// What a teacher has to say about every training case to some distillation losses.
///
/// It is computed once for a data set and kept, unless that takes more than `limit` bytes: then the teacher runs again
/// for each batch.
public struct TeacherCache: Sendable {
  private let terms: [DistillationTerm]
  private let layer: TeacherLayer
  private let teacher: any Classifier<Float>
  private let cases: PreparedCases
  /// The values of each reading, (cases, …); nil where they are too large to keep.
  private let kept: [Reading: Tensor<Float>]?

  /// Runs the teacher over the cases.
  ///
  /// Throws `DistillationError` where the teacher has no tap that a term reads.
  public init(
    _ teacher: any Classifier<Float>, cases: PreparedCases, terms: [DistillationTerm],
    layer: TeacherLayer = .top, limit: Int = 200_000_000
  ) throws(DistillationError) {
    self.terms = terms
    self.layer = layer
    self.teacher = teacher
    self.cases = cases
    let first = try Self.readings(teacher, cases, [0], terms, layer)
    let bytes = first.values.reduce(0) { $0 + $1.count * MemoryLayout<Float>.size }
    guard bytes * cases.caseCount <= limit else {
      kept = nil
      return
    }
    var parts: [Reading: [Tensor<Float>]] = [:]
    for start in stride(from: 0, to: cases.caseCount, by: 256) {
      let indices = Array(start..<min(start + 256, cases.caseCount))
      for (reading, value) in try Self.readings(teacher, cases, indices, terms, layer) {
        parts[reading, default: []].append(value)
      }
    }
    kept = parts.mapValues { .concatenated($0, along: 0) }
  }

  private static func readings(
    _ teacher: any Classifier<Float>, _ cases: PreparedCases, _ indices: [Int],
    _ terms: [DistillationTerm], _ layer: TeacherLayer
  ) throws(DistillationError) -> [Reading: Tensor<Float>] {
    let (series, lengths) = cases.batch(indices)
    let forward = teacher(series, lengths: lengths)
    var values: [Reading: Tensor<Float>] = [:]
    for term in terms {
      let reading = layer.reading(term.reading)
      values[reading] = try reading.value(of: forward, .teacher, for: term.method)
    }
    return values
  }

  private func readings(_ indices: [Int]) throws(DistillationError) -> [Reading: Tensor<Float>] {
    if let kept { return kept.mapValues { $0.gathered(indices, along: 0) } }
    return try Self.readings(teacher, cases, indices, terms, layer)
  }

  /// The sum of the terms, each by its weight, for a student to be trained on the same cases.
  ///
  /// The generator gives the adapters their start. Throws `DistillationError` where the student has no tap that a term
  /// reads.
  public func loss(
    for student: any Classifier<Float>, using generator: inout SeededGenerator
  ) throws(DistillationError) -> ExtraLoss {
    let (series, lengths) = cases.batch([0])
    let pass = student(series, lengths: lengths), example = try readings([0])
    var adapters: [(name: String, tensor: Tensor<Float>)] = []
    for term in terms {
      let own = try term.reading.value(of: pass, .student, for: term.method)
      guard let given = example[layer.reading(term.reading)] else { continue }
      adapters += term.adapters(
        student: own.shape[own.rank - 1], teacher: given.shape[given.rank - 1], using: &generator)
    }
    return ExtraLoss(adapters: Adapters(adapters)) { batch, adapters, generator in
      let given = try readings(batch.indices)
      var sum = Tensor<Float>(0)
      for term in terms {
        guard let teacher = given[layer.reading(term.reading)] else { continue }
        let value = try term.value(
          student: term.reading.value(of: batch.forward, .student, for: term.method),
          teacher: teacher, batch: batch, adapters: adapters, using: &generator)
        sum = sum + value * Float(term.weight)
      }
      return sum
    }
  }
}
