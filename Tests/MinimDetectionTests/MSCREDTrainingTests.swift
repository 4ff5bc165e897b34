// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimSeries
import MinimTensor
import Testing

/// Training of MSCREDs, with and without memory and teacher.
@Suite(.serialized) struct MSCREDTrainingTests {
  static let memories: [LongTermMemory?] = [nil, LongTermMemory(cell: .gru)]

  private func configuration(
    _ memory: LongTermMemory? = nil, widths: [Int] = [3, 4], span: Int = 25
  ) -> MSCRED.Configuration {
    .init(channels: 4, span: span, widths: widths, memory: memory, score: .residual)
  }

  private func mean(_ detector: MSCRED, _ rows: Recording) -> Double {
    detector.scores(of: rows).scores.reduce(0, +) / Double(rows.count)
  }

  @Test(
    arguments: [nil] + LongTermMemory.Form.allCases.map { LongTermMemory(cell: .rnn, form: $0) })
  func learns(_ memory: LongTermMemory?) throws {
    for target in MSCRED.Target.allCases {
      var configuration = configuration(memory)
      configuration.target = target
      let rows = try machineRows(300), before = madeMSCRED(configuration)
      let after = try fittedMSCRED(before, on: rows, epochs: 10)
      #expect(mean(after, rows) < 0.5 * mean(before, rows), "\(target)")
      // The memory is trained too.
      let name = "memory.weight_hh"
      func weights(_ detector: MSCRED) -> Tensor<Float>? {
        detector.namedParameters.first { $0.name == name }?.tensor
      }
      #expect(memory == nil ? weights(after) == nil : weights(after) != weights(before))
    }
  }

  @Test(arguments: memories) func sameBitsForAnyThreads(_ memory: LongTermMemory?) throws {
    let whole = try machineRows(300), before = threadCount
    let rows = Recording.joined([whole.rows(0..<140), whole.rows(140..<300)], name: "two")
    defer { threadCount = before }
    func bits(_ threads: Int, seed: UInt64 = 1) throws -> [Tensor<Float>] {
      threadCount = threads
      let detector = madeMSCRED(configuration(memory), seed: seed)
      return try fittedMSCRED(detector, on: rows, epochs: 2).parameters
    }
    let one = try bits(1)
    #expect(try bits(1) == one && bits(2) == one)
    #expect(try bits(1, seed: 2) != one)
  }

  /// Cut after two epochs and gone on with, it ends as without the stop: also the teacher's map.
  @Test(arguments: memories) func aResumedRunEndsWithTheSameBits(_ memory: LongTermMemory?) throws {
    let rows = try machineRows(300)
    let guide = SignatureGuide(teacher: madeMSCRED(configuration(widths: [2, 5, 3]), seed: 9))
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func trained(
      epochs: Int, in name: String, resume: Bool, identity: String = "x"
    ) throws -> MSCRED {
      let run = try RunFolder(path: "\(folder)/\(name)", resume: resume)
      if !resume { try run.write("{}", to: "run.json") }
      return try fittedMSCRED(
        madeMSCRED(configuration(memory)), on: rows, epochs: epochs, guide: guide, run: run,
        resume: resume, identity: identity)
    }
    let whole = try trained(epochs: 5, in: "whole", resume: false)
    let part = try trained(epochs: 2, in: "parts", resume: false)
    #expect(part.parameters != whole.parameters)
    #expect(throws: TrainingError.otherRun(path: "\(folder)/parts/last.safetensors")) {
      try trained(epochs: 5, in: "parts", resume: true, identity: "y")
    }
    let rest = try trained(epochs: 5, in: "parts", resume: true)
    #expect(rest.parameters == whole.parameters)
    func log(_ name: String) throws -> Data {
      try Data(contentsOf: URL(filePath: "\(folder)/\(name)/log.jsonl"))
    }
    #expect(try log("parts") == log("whole"))
    #expect(
      rest.parameters
        == (try fittedMSCRED(
          madeMSCRED(configuration(memory)), on: rows, epochs: 5, guide: guide
        ).parameters))
  }

  /// With all weight on the teacher, the student's second level comes near to the teacher's, whose segments may be longer.
  @Test func followsATeacherOfEqualWidths() throws {
    let rows = try machineRows(300), configuration = configuration()
    let teacher = try fittedMSCRED(
      madeMSCRED(self.configuration(widths: [5, 4, 2], span: 50), seed: 9), on: rows, epochs: 3)
    func maps(_ detector: MSCRED) -> Tensor<Float> {
      let windows = Windows(rows, for: detector.configuration)
      let ends = Array(stride(from: 60, to: 300, by: 20))
      let inputs = windows.tensor(of: ends)
        .reshaped(to: [ends.count, detector.configuration.window, 4])
      return detector.network(detector.samples(of: inputs, after: nil).inputs).attended[1]
    }
    let goal = maps(teacher)
    func distance(_ detector: MSCRED) -> Float {
      Tensor.meanSquaredError(maps(detector), goal).item
    }
    let start = madeMSCRED(configuration)
    let alone = try fittedMSCRED(start, on: rows, epochs: 8)
    let taught = try fittedMSCRED(
      start, on: rows, epochs: 8,
      guide: SignatureGuide(teacher: teacher, weight: 0.99, temperature: 1))
    #expect(distance(taught) < 0.5 * distance(alone))
    #expect(distance(taught) < 0.5 * distance(start))
    #expect(taught.storedCount == alone.storedCount)
  }

  /// The loss of one step over all windows, which a run folder's log holds.
  private func firstLoss(
    _ detector: MSCRED, on rows: Recording, guide: SignatureGuide? = nil
  ) throws -> EpochRecord {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    var detector = detector, plan = MSCRED.plan
    plan.epochs = 1
    plan.batch = 100
    plan.learningRate = 0
    let windows = Windows(rows, for: detector.configuration)
    try detector.fit(
      windows, held: windows, plan: plan,
      progress: Progress("test", total: 1, unit: "epoch", quiet: true), guide: guide,
      run: RunFolder(path: folder.path, resume: false))
    let line = try Data(contentsOf: folder.appending(path: "log.jsonl"))
    return try JSONDecoder().decode(EpochRecord.self, from: line)
  }

  /// Whole windows five gaps apart of each of two streams, and a memory as it goes along them.
  @Test(arguments: MSCREDScoringTests.memories, MSCRED.Target.allCases)
  func theLossIsThatOfOnePass(_ memory: LongTermMemory?, target: MSCRED.Target) throws {
    var configuration = configuration(memory)
    configuration.target = target
    let whole = try machineRows(200), detector = madeMSCRED(configuration)
    let streams = [whole.rows(0..<120), whole.rows(120..<200)]
    var total = 0.0, count = 0.0
    for rows in streams {
      let ends = Array(stride(from: configuration.window, through: rows.count, by: 10))
      let (inputs, targets) = samplesOfOnePass(of: detector, rows, ends: ends)
      let loss = Tensor.meanSquaredError(detector.network(inputs).matrices, targets).item
      total += Double(loss) * Double(ends.count)
      count += Double(ends.count)
    }
    let found = try firstLoss(detector, on: .joined(streams, name: "two"))
    #expect(abs(found.trainLoss - total / count) < 1e-5 * total / count)
    #expect(abs(found.validationLoss - total / count) < 1e-5 * total / count)
  }

  /// (1 - λ) of the own loss and λ / T² of the distance to the maps of a teacher of longer segments, at the same rows.
  @Test func temperaturesDivideByTheirSquares() throws {
    let rows = try machineRows(120), detector = madeMSCRED(configuration())
    let teacher = madeMSCRED(configuration(widths: [2, 4, 3], span: 50), seed: 9)
    let ends = Array(stride(from: detector.configuration.window, through: 120, by: 10))
    func map(_ detector: MSCRED) -> Tensor<Float> {
      detector.network(samplesOfOnePass(of: detector, rows, ends: ends).inputs).attended[1]
    }
    let distance = Double(Tensor.meanSquaredError(map(detector), map(teacher)).item)
    let own = try firstLoss(detector, on: rows).trainLoss
    #expect(distance > 1e-3 && abs(own - distance) > 1e-3)
    for (weight, temperature): (Float, Float) in [(0, 4), (1, 1), (1, 2), (1, 4), (0.3, 3)] {
      let guide = SignatureGuide(teacher: teacher, weight: weight, temperature: temperature)
      let found = try firstLoss(detector, on: rows, guide: guide)
      let part = Double(weight), square = Double(temperature * temperature)
      let expected = (1 - part) * own + part / square * distance
      #expect(abs(found.trainLoss - expected) < 1e-5 * expected)
      #expect(abs(found.validationLoss - own) < 1e-6 * own)
    }
    let standard = SignatureGuide(teacher: teacher)
    #expect(standard.weight == 0.5 && standard.temperature == 4)
  }

  /// Through a map of its own, which is in no file.
  @Test(arguments: memories) func followsATeacherOfOtherWidths(_ memory: LongTermMemory?) throws {
    let rows = try machineRows(300)
    let teacher = madeMSCRED(configuration(widths: [6, 7]), seed: 9)
    let start = madeMSCRED(configuration(memory))
    let alone = try fittedMSCRED(start, on: rows, epochs: 5)
    let taught = try fittedMSCRED(
      start, on: rows, epochs: 5, guide: SignatureGuide(teacher: teacher, temperature: 1))
    #expect(taught.parameters != alone.parameters)
    #expect(mean(taught, rows) < 0.5 * mean(start, rows))
    #expect(taught.namedParameters.map(\.name) == start.namedParameters.map(\.name))
    let bytes = try taught.file(metadata: [:]).encoded()
    let read = try storedDetector(from: SafetensorsFile(bytes: bytes), path: "here")
    #expect(read.scores(of: rows) == taught.scores(of: rows))
  }

  /// No window of a training batch reaches from one stream into the next: windows are those of the streams alone.
  @Test(arguments: memories) func streamsDoNotMeet(_ memory: LongTermMemory?) throws {
    let whole = try machineRows(200)
    let long = whole.rows(0..<160), short = whole.rows(160..<180)
    let detector = madeMSCRED(configuration(memory))
    #expect(short.count < detector.configuration.window)
    func bits(_ rows: Recording) throws -> [Tensor<Float>] {
      var fitted = detector, plan = MSCRED.plan
      plan.epochs = 2
      try fitted.fit(
        Windows(rows, for: fitted.configuration), held: Windows(rows, for: fitted.configuration),
        plan: plan, progress: Progress("test", total: 2, unit: "epoch", quiet: true))
      return fitted.parameters
    }
    let alone = try bits(long)
    #expect(try bits(.joined([long, short], name: "both")) == alone)
    #expect(try bits(whole.rows(0..<180)) != alone)
  }

  @Test(arguments: memories, [100, 280]) func namesWhatIsNotANumber(
    _ memory: LongTermMemory?, row: Int
  ) throws {
    var values = try machineRows(300).values
    values[4 * row + 2] = .nan
    let rows = Recording(name: "broken", channels: 4, values: values)
    do {
      _ = try fittedMSCRED(madeMSCRED(configuration(memory)), on: rows, epochs: 2)
      Issue.record("trained")
    } catch TrainingError.notFinite(let epoch, _, let tensor) {
      #expect(epoch == 1 && tensor == (row == 100 ? "the loss" : "the validation loss after it"))
    }
  }

  @Test func tooFewRowsAreAnError() throws {
    let whole = try machineRows(100)
    let rows = Recording.joined([whole.rows(0..<22), whole.rows(22..<38)], name: "short")
    var detector = madeMSCRED(configuration())
    #expect(detector.configuration.window == 23)
    let error = DataError(
      file: "short", found: "22 rows in the longest stream", expected: "23 or more to learn from",
      advice: "give longer recordings or a smaller span")
    #expect(throws: error) {
      try detector.fit(
        Windows(rows, for: detector.configuration),
        held: Windows(rows, for: detector.configuration),
        plan: MSCRED.plan, progress: Progress("test", total: 1, unit: "epoch", quiet: true))
    }
    // One row more, and there is a window, which is held too where no held rows are.
    var plan = MSCRED.plan
    plan.epochs = 1
    let enough = whole.rows(0..<23), start = detector.parameters
    try detector.fit(
      Windows(enough, for: detector.configuration),
      held: Windows(whole.rows(50..<60), for: detector.configuration), plan: plan,
      progress: Progress("test", total: 1, unit: "epoch", quiet: true))
    #expect(detector.parameters != start)
  }
}
