// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDistillation
import MinimLayers
import MinimLearning
import MinimModels
import MinimSeries
import MinimTensor
import Testing

@Suite struct TeacherCacheTests {
  /// Cases of two classes, some of them padded.
  private func cases(_ count: Int = 20) throws -> LearningCases {
    let cases = (0..<count).map { index in
      let count = index % 3 == 0 ? 9 : 12
      let values = (0..<count).map { Double(($0 * (index % 2 + 1) + index) % 7) }
      return SeriesCase(length: count, values: values, label: index % 2, line: index + 1)
    }
    let set = SeriesSet(name: "made", channelCount: 1, classNames: ["a", "b"], cases: cases)
    return try LearningCases(set, preparation: Preparation(length: .pad), splitSeed: 1)
  }

  private func model(_ hidden: Int, layers: Int = 1, seed: UInt64) -> RecurrentClassifier<Float> {
    var generator = SeededGenerator(seed: seed)
    return RecurrentClassifier(
      .init(cell: .lstm, layers: layers, hidden: hidden, channels: 1, classes: 2),
      using: &generator)
  }

  private let terms: [DistillationTerm] = [
    .memkd(MemKD(discrepancy: .hiddenAndCell), weight: 2), .kd(weight: 1), .fitnet(weight: 1),
    .rkd(weight: 0.1),
  ]

  /// A teacher too large to keep says the same for each batch.
  @Test func keptOrNotTheStudentIsTheSame() throws {
    let cases = try cases(), teacher = model(6, layers: 2, seed: 1), student = model(3, seed: 2)
    func trained(limit: Int) throws -> [Tensor<Float>] {
      let cache = try TeacherCache(teacher, cases: cases.train, terms: terms, limit: limit)
      var generator = SeededGenerator(seed: 3)
      return try trainClassifier(
        student, on: cases, plan: TrainingPlan(epochs: 4, batch: 5),
        extraLoss: cache.loss(for: student, using: &generator)
      ).best.parameters
    }
    #expect(try trained(limit: 0) == trained(limit: 1_000_000))
  }

  /// The sum of weighted terms is what they give one by one; FitNet's adapters have the two widths.
  @Test func termsAreSummedByWeight() throws {
    let cases = try cases().train, teacher = model(6, seed: 1), student = model(3, seed: 2)
    let (series, lengths) = cases.batch([4, 1, 0])
    let batch = TrainingBatch(
      forward: student(series, lengths: lengths), indices: [4, 1, 0],
      labels: [4, 1, 0].map { cases.labels[$0] }, lengths: lengths, epoch: 1)
    func value(_ terms: [DistillationTerm]) throws -> Float {
      var generator = SeededGenerator(seed: 3)
      let cache = try TeacherCache(teacher, cases: cases, terms: terms)
      let loss = try cache.loss(for: student, using: &generator)
      return try loss.value(batch, loss.adapters, &generator).item
    }
    let kd = try value([.kd(weight: 1)]), at = try value([.at(weight: 1)])
    #expect(kd > 0 && at > 0)
    #expect(abs(try value([.kd(weight: 3), .at(weight: 0.5)]) - (3 * kd + at / 2)) < 1e-6)
    var generator = SeededGenerator(seed: 3)
    let adapters = try TeacherCache(teacher, cases: cases, terms: [.fitnet(weight: 1)])
      .loss(for: student, using: &generator).adapters
    #expect(adapters["fitnet.weight"].shape == [6, 3] && adapters["fitnet.bias"].shape == [6])
  }

  @Test func layersOfTheTeacherDiffer() throws {
    let cases = try cases().train, teacher = model(6, layers: 2, seed: 1)
    let student = model(3, seed: 2)
    let (series, lengths) = cases.batch([0, 1])
    let batch = TrainingBatch(
      forward: student(series, lengths: lengths), indices: [0, 1], labels: [0, 1],
      lengths: lengths, epoch: 1)
    func value(_ layer: TeacherLayer) throws -> Float {
      var generator = SeededGenerator(seed: 3)
      let cache = try TeacherCache(teacher, cases: cases, terms: [.at(weight: 1)], layer: layer)
      return try cache.loss(for: student, using: &generator).value(batch, Adapters(), &generator)
        .item
    }
    #expect(try value(.top) == value(.layer(2)))
    #expect(try Set([value(.top), value(.layer(1)), value(.mean)]).count == 3)
    #expect(throws: DistillationError.self) { try value(.layer(3)) }
  }

  /// A classifier whose hidden states have half the steps.
  private struct Halved: Classifier {
    var inner: RecurrentClassifier<Float>
    func callAsFunction(
      _ series: Tensor<Float>, lengths: [Int]?, training: Bool
    ) -> Forward<Float> {
      let whole = inner(series, lengths: nil, training: training)
      var taps = whole.taps
      if let hidden = taps[.hidden] {
        taps[.hidden] = hidden.sliced(0..<(hidden.shape[1] / 2), along: 1)
      }
      return Forward(output: whole.output, taps: taps)
    }
    mutating func visitParameters(
      under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
    ) rethrows { try inner.visitParameters(under: path, visit) }
  }

  @Test func differentStepsAreForSomeMethodsOnly() throws {
    let cases = try cases().train, teacher = model(6, seed: 1)
    let student = Halved(inner: model(3, seed: 2))
    let forward = student(cases.batch([0, 1]).series)
    func value(_ term: DistillationTerm, lengths: [Int]? = nil) throws -> Float {
      var generator = SeededGenerator(seed: 3)
      let loss = try TeacherCache(teacher, cases: cases, terms: [term])
        .loss(for: student, using: &generator)
      let batch = TrainingBatch(
        forward: forward, indices: [0, 1], labels: [0, 1], lengths: lengths, epoch: 1)
      return try loss.value(batch, loss.adapters, &generator).item
    }
    #expect(try value(.at(weight: 1)).isFinite && value(.dt2w(weight: 1)).isFinite)
    #expect(throws: DistillationError.self) { try value(.memkd(weight: 1)) }
    #expect(throws: DistillationError.self) { try value(.at(weight: 1), lengths: [5, 6]) }
    let error = try #require(throws: DistillationError.self) { try value(.nst(weight: 1)) }
    #expect(error.description.contains("6 steps in the student and 12 in the teacher"), "\(error)")
  }

  /// The loss of some cases by one term, and what student and teacher show of them.
  private func loss(
    _ term: DistillationTerm, of indices: [Int], among cases: PreparedCases, layers: Int = 1,
    layer: TeacherLayer = .top, limit: Int = 1_000_000, epoch: Int = 1
  ) throws -> (value: Float, student: [Tap: Tensor<Float>], teacher: [Tap: Tensor<Float>]) {
    let teacher = model(6, layers: layers, seed: 1), student = model(3, seed: 2)
    let (series, lengths) = cases.batch(indices)
    let forward = student(series, lengths: lengths)
    let batch = TrainingBatch(
      forward: forward, indices: indices, labels: indices.map { cases.labels[$0] },
      lengths: lengths, epoch: epoch)
    var generator = SeededGenerator(seed: 3)
    let loss = try TeacherCache(teacher, cases: cases, terms: [term], layer: layer, limit: limit)
      .loss(for: student, using: &generator)
    return (
      try loss.value(batch, loss.adapters, &generator).item, forward.taps,
      teacher(series, lengths: lengths).taps
    )
  }

  /// Cases past the first block that the teacher runs over are kept as themselves.
  @Test(arguments: [[0, 255, 256, 270], [300, 260], [318]])
  func manyCasesAreKeptEachInItsPlace(_ indices: [Int]) throws {
    let cases = try cases(400).train
    #expect(cases.caseCount == 320)
    func value(_ limit: Int) throws -> Float {
      try loss(.fitnet(weight: 1), of: indices, among: cases, limit: limit).value
    }
    #expect(try abs(value(0) - value(1_000_000)) < 1e-6)
  }

  /// What form N8 is N1 of: memories, or outputs and memories side by side.
  @Test func formN8ReadsTheCells() throws {
    let cases = try cases().train, indices = [1, 0, 4]
    let (_, student, teacher) = try loss(.kd(weight: 1), of: indices, among: cases)
    func expected(_ states: ([Tap: Tensor<Float>]) throws -> Tensor<Float>) throws -> Float {
      var generator = SeededGenerator(seed: 3)
      return MemKD(terms: .short).loss(
        student: try states(student), teacher: try states(teacher),
        lengths: cases.batch(indices).lengths, using: &generator
      ).item
    }
    func found(_ form: Discrepancy) throws -> Float {
      let term = DistillationTerm.memkd(MemKD(discrepancy: form, terms: .short), weight: 1)
      return try loss(term, of: indices, among: cases).value
    }
    let hidden = try expected { try #require($0[.hidden]) }
    let cell = try expected { try #require($0[.cell]) }
    let both = try expected {
      .concatenated([try #require($0[.hidden]), try #require($0[.cell])], along: 2)
    }
    #expect(Set([hidden, cell, both]).count == 3)
    #expect(try abs(found(.startNorm) - hidden) < 1e-6)
    #expect(try abs(found(.cell) - cell) < 1e-6)
    #expect(try abs(found(.hiddenAndCell) - both) < 1e-6)
  }

  /// Form N5 takes the size of states as it is.
  @Test func theMeanOfLayersIsAMean() throws {
    let cases = try cases().train, indices = [0, 1, 2]
    let memkd = MemKD(discrepancy: .width, terms: .short)
    let (value, student, teacher) = try loss(
      .memkd(memkd, weight: 1), of: indices, among: cases, layers: 3, layer: .mean)
    let layers = try (1...3).map { try #require(teacher[.hidden(layer: $0)]) }
    var generator = SeededGenerator(seed: 3)
    let expected = memkd.loss(
      student: try #require(student[.hidden]), teacher: (layers[0] + layers[1] + layers[2]) / 3,
      lengths: cases.batch(indices).lengths, using: &generator
    ).item
    #expect(value > 0 && abs(value - expected) < 1e-6 * expected)
  }

  @Test func decoupledDistillationGrowsWithTheEpochs() throws {
    let cases = try cases().train
    func value(_ epoch: Int) throws -> Float {
      try loss(.dkd(weight: 1), of: [0, 1, 2], among: cases, epoch: epoch).value
    }
    let whole = try value(20)
    #expect(whole > 0)
    for epoch in [1, 5, 19] {
      #expect(try abs(value(epoch) - whole * Float(epoch) / 20) < 1e-5 * whole, "\(epoch)")
    }
    #expect(try value(21) == whole)
  }

  /// softplus(r) + 1e-5 is 5 for every unit of the teacher.
  @Test func theVarianceBeginsAtFive() throws {
    let cases = try cases().train
    var generator = SeededGenerator(seed: 3)
    let adapters = try TeacherCache(
      model(6, seed: 1), cases: cases, terms: [.vid(weight: 1)]
    ).loss(for: model(3, seed: 2), using: &generator).adapters
    let variance = adapters["vid.variance"]
    #expect(variance.shape == [6])
    for r in variance.scalars { #expect(abs(log1p(exp(Double(r))) + 1e-5 - 5) < 1e-6) }
  }
}
