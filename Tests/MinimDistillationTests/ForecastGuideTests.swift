// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDistillation
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

/// In order, for the thread count is the process's own.
@Suite(.serialized) struct ForecastGuideTests {
  /// Windows of 24 rows and 8 to come of 2 channels with a season.
  private func windows(_ part: Range<Int>) -> ForecastWindows {
    let values = (0..<240 * 2).map { place -> Float in
      let season = sin(Double(place / 2) / 2 + Double(place % 2))
      return Float(season + Double(place * place % 7) / 20)
    }
    return ForecastWindows(
      Recording(name: "made", channels: 2, values: values), times: nil, part: part, lookback: 24,
      horizon: 8)
  }

  private var student: ForecastPerceptron<Float> {
    var generator = SeededGenerator(seed: 2)
    return ForecastPerceptron(
      .init(channels: 2, lookback: 24, horizon: 8, hidden: 12), using: &generator)
  }

  private var teacher: InvertedTransformer<Float> {
    var generator = SeededGenerator(seed: 3)
    return InvertedTransformer(
      .init(
        channels: 2, lookback: 24, horizon: 8, width: 6, layers: 1, heads: 2, feedForward: 8),
      using: &generator)
  }

  private let plan = TrainingPlan(epochs: 4, learningRate: 0.01, schedule: .halving, seed: 3)

  private func trained(
    _ guide: ForecastGuide, epochs: Int = 4, run: RunFolder? = nil, resume: Bool = false
  ) throws -> TrainingOutcome<ForecastPerceptron<Float>> {
    var plan = plan
    plan.epochs = epochs
    return try trainForecaster(
      student, on: windows(0..<160), validation: windows(160..<200), plan: plan, run: run,
      resume: resume, guide: guide)
  }

  /// A teacher whose forecasts are kept, made again for each batch, or given by another program.
  @Test func keptMadeAgainAndGivenAreTheSame() throws {
    let train = windows(0..<160), teacher = teacher, distillation = TimeDistillation()
    #expect(train.count > 64 && train.count % 32 != 0)
    let kept = TeacherForecasts(teacher, on: train, withFeature: true)
    let all = kept.pass(Array(0..<train.count), withFeature: true)
    let direct = teacher(train.lookBack(0..<train.count))
    #expect((all.output - direct.output).absolute().max().item < 1e-5)
    let sources = [
      kept,
      TeacherForecasts(teacher, on: train, withFeature: true, limit: 0),
      TeacherForecasts(all.output, feature: all.feature, on: train),
    ]
    for source in sources { #expect(source.featureWidth == 6) }
    let outcomes = try sources.map {
      try trained(distillation.guide(for: student, from: $0, seed: 5)).best.parameters
    }
    #expect(outcomes[0] == outcomes[1] && outcomes[0] == outcomes[2])
    let bare = TeacherForecasts(all.output, feature: nil, on: train)
    let without = try trained(distillation.guide(for: student, from: bare, seed: 5))
    #expect(without.best.parameters != outcomes[0])
    var alone = distillation
    alone.beta = 0
    for source in sources + [TeacherForecasts(teacher, on: train, withFeature: false)] {
      let guide = alone.guide(for: student, from: source, seed: 5)
      #expect(guide.adapters.tensors.isEmpty)
      #expect(try trained(guide).best.parameters == without.best.parameters)
    }
  }

  /// The regressor has the two widths, and is trained: its gradients are not 0.
  @Test func theRegressorIsTrained() throws {
    let train = windows(0..<160)
    let source = TeacherForecasts(teacher, on: train, withFeature: true)
    let guide = TimeDistillation().guide(for: student, from: source, seed: 5)
    #expect(guide.adapters.tensors.map(\.tensor.shape) == [[12, 6], [12], [12, 12], [12]])
    #expect(
      TimeDistillation().guide(for: student, from: source, seed: 6).adapters.tensors[0].tensor
        != guide.adapters.tensors[0].tensor)
    let indices = [3, 90, 0], adapters = guide.adapters.tracked()
    let value = try guide.value(student(train.lookBack(indices)), indices, adapters)
    for gradient in gradients(of: value, for: adapters.parameters) {
      #expect(gradient.absolute().max().item > 1e-6)
    }
    let loss = TimeDistillation().loss(
      student(train.lookBack(indices)), teacher(train.lookBack(indices)),
      regressor: guide.adapters.parameters)
    #expect(abs(value.item - loss.item) < 1e-5 * loss.item)
  }

  /// A student without features has no adapters, and its guide no terms of features.
  @Test func aStudentWithoutFeatures() throws {
    let train = windows(0..<160)
    var generator = SeededGenerator(seed: 2)
    let linear = LinearForecaster<Float>(
      .init(kind: .last, channels: 2, lookback: 24, horizon: 8), using: &generator)
    let source = TeacherForecasts(teacher, on: train, withFeature: true)
    let guide = TimeDistillation(alpha: 2).guide(for: linear, from: source, seed: 5)
    #expect(guide.adapters.tensors.isEmpty)
    let own = linear(train.lookBack([7])).output, other = teacher(train.lookBack([7])).output
    let value = try guide.value(linear(train.lookBack([7])), [7], guide.adapters).item
    let expected =
      TimeDistillation.scaleLoss(own, other) + TimeDistillation.periodLoss(own, other)
    #expect(abs(value - 2 * expected.item) < 1e-6)
  }

  @Test func threadsAndStopsDoNotChangeBits() throws {
    let before = threadCount
    defer { threadCount = before }
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func guide() -> ForecastGuide {
      TimeDistillation(alpha: 0.5, beta: 2).guide(
        for: student, from: TeacherForecasts(teacher, on: windows(0..<160), withFeature: true),
        seed: 5)
    }
    threadCount = 1
    let whole = try trained(guide())
    threadCount = 2
    #expect(try trained(guide()).best.parameters == whole.best.parameters)
    let run = try RunFolder(path: folder, resume: false)
    try run.write("{}", to: "run.json")
    _ = try trained(guide(), epochs: 2, run: run)
    let rest = try trained(
      guide(), run: RunFolder(path: folder, resume: true), resume: true)
    #expect(rest.epochs == 4 && rest.bestLoss == whole.bestLoss)
    #expect(rest.best.parameters == whole.best.parameters)
  }
}
