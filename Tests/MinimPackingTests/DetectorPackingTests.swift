// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimHost
import MinimLayers
import MinimLearning
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Packed detectors against the trained ones.
@Suite(.serialized) struct DetectorPackingTests {
  /// The largest relative difference of scores, root mean square, for each precision.
  ///
  /// A generation's steps are by the sign of slopes, which roundings turn where they are nearly zero: some
  /// points end elsewhere.
  private func bound(_ name: String, _ precision: Precision) -> Double? {
    let climbs = name.hasPrefix("gon")
    return switch precision {
    case .float32: climbs ? 5e-3 : 1e-5
    case .float16: name == "iforest" ? nil : 0.03
    case .int8: climbs || name == "iforest" ? nil : 0.1
    }
  }

  @Test(arguments: PackedDetectors.names)
  func streamedScoresAreTheTrainedOnes(_ name: String) throws {
    let made = try PackedDetectors(name), test = try #require(made.problem.test)
    let trained = try made.testScores()
    for precision in Precision.allCases {
      guard let bound = bound(name, precision) else {
        #expect(throws: PackingError.self) { try made.packed(precision) }
        continue
      }
      let packed = try made.packed(precision)
      let streamed = try withDetectorSession(packed.bytes) { StreamedDetector(&$0, test) }
      var differences = 0.0, squares = 0.0
      for (one, other) in zip(streamed.scores, trained.scores) {
        differences += (Double(one) - other) * (Double(one) - other)
        squares += other * other
      }
      #expect((differences / squares).squareRoot() < bound, "\(precision)")
      #expect(packed.rows == 300)
      #expect(packed.relativeDifference < bound, "\(precision)")
      guard precision == .float32, let parts = trained.channelParts else { continue }
      let near = parts.indices.count { place in
        let one = streamed.parts[place / test.channels][place % test.channels]
        return abs(one - parts[place]) <= 1e-4 * parts[place] + 1e-6
      }
      #expect(Double(near) >= (name.hasPrefix("gon") ? 0.95 : 1) * Double(parts.count))
    }
  }

  @Test func contentsAreReadBack() throws {
    var alarm = AlarmChoice()
    alarm.release = 0.75
    alarm.minimumSamples = 3
    alarm.adapts = true
    for name in PackedDetectors.names {
      let bytes = try PackedDetectors(name, rows: 600, epochs: 1).packed(alarm: alarm).bytes
      #expect(bytes[10] == 2)
      let file = try ModelFile(bytes: bytes)
      #expect(try file.bytes() == bytes, "\(name)")
      guard case .alarm(let read) = file.decision else {
        Issue.record("\(name): no alarm")
        continue
      }
      #expect(read.release == 0.75 && read.minimumSamples == 3)
      #expect(read.adapting?.settings.capacity == 128)
      #expect((read.partsValue == nil) == (name == "iforest"))
      #expect(file.preprocessing.channelNames == MachineSample.channelNames)
      #expect(file.preprocessing.repeatsFirst == (name == "lstm-ae"))
      let loaded = try LoadedModel(bytes, path: "test")
      let selfTests = try SelfTest(loaded.model).count
      withExtendedLifetime(loaded) { #expect(selfTests == 1) }
    }
  }

  @Test func whatHasNoOperationsIsRefused() throws {
    for name in ["ocsvm", "lof", "onlad"] {
      let made = try PackedDetectors(name, rows: 600, epochs: 1)
      if name == "onlad" {
        // Scores of other rows.
        #expect(throws: PackingError.self) {
          try pack(
            made.detector, scaler: made.scaler, trainedOn: made.problem.train,
            calibration: made.calibration.map { $0 + 0.1 }, precision: .float32)
        }
        #expect(throws: PackingError.self) {
          try pack(
            made.detector, scaler: nil, trainedOn: made.problem.train,
            calibration: made.calibration, precision: .float32)
        }
      } else {
        #expect(throws: PackingError.detector(type(of: made.detector).name)) {
          try made.packed()
        }
      }
    }
  }

  /// The tolerance of float32 is 1e-4 of the scores' size, and a generation's 0.01.
  @Test(arguments: [("pca", 1e-4), ("gon", 0.01)])
  func scoresOfAnotherDetectorAreRefused(_ name: String, _ tolerance: Double) throws {
    let made = try PackedDetectors(name, rows: 600, epochs: 1)
    func packed(times factor: Double) throws -> PackedDetector {
      try pack(
        made.detector, scaler: made.scaler, trainedOn: made.problem.train,
        calibration: made.calibration.map { $0 * factor }, precision: .float32)
    }
    let near = try packed(times: 1 + 0.4 * tolerance)
    #expect(abs(near.relativeDifference - 0.4 * tolerance) < 0.5 * tolerance)
    let far = #expect(throws: PackingError.self) { try packed(times: 1 + 2.5 * tolerance) }
    guard case .outputsDiffer(let difference, let limit, .float32)? = far else {
      Issue.record("\(String(describing: far))")
      return
    }
    #expect(limit == tolerance && difference > 1.9 * tolerance && difference < 3.1 * tolerance)
  }

  /// One trained score above a threshold that the packed one is below.
  @Test func changedDecisionsAreCounted() throws {
    let made = try PackedDetectors("pca", rows: 600)
    let most = try #require(
      made.calibration.indices.max { made.calibration[$0] < made.calibration[$1] })
    var moved = made.calibration
    moved[most] *= 1 + 5e-5
    var alarm = AlarmChoice()
    alarm.threshold = made.calibration[most] * (1 + 2e-5)
    for (calibration, changed) in [(made.calibration, 0), (moved, 1)] {
      let packed = try pack(
        made.detector, scaler: made.scaler, trainedOn: made.problem.train,
        calibration: calibration, precision: .float32, alarm: alarm)
      #expect(packed.changedDecisions == changed)
    }
  }

  @Test func whatTheFormatDoesNotHoldIsNamed() throws {
    for (name, precision, found) in [
      ("gon", Precision.int8, "found a gon in int8, expected float32 or float16"),
      ("iforest", .float16, "found an isolation forest in float16, expected float32"),
    ] {
      let error = #expect(throws: PackingError.self) {
        try PackedDetectors(name, rows: 600, epochs: 1).packed(precision)
      }
      #expect(error?.description.contains(found) == true, "\(String(describing: error))")
    }
    let made = try PackedDetectors("lof", rows: 600)
    #expect(throws: PackingError.detector("dilof")) {
      try pack(
        made.detector, named: "dilof", scaler: made.scaler, trainedOn: made.problem.train,
        calibration: made.calibration, precision: .float32)
    }
    // More scores than rows that they could be of.
    let few = made.problem.train.rows(0..<299)
    #expect(throws: PackingError.otherRows(scores: 300, rows: 299)) {
      try pack(
        made.detector, scaler: made.scaler, trainedOn: few, calibration: made.calibration,
        precision: .float32)
    }
  }

  @Test func aWindowThatTheFormatDoesNotHold() throws {
    let rows = Recording(name: "rows", channels: 1, values: [0, 1, 0.5, 0.5])
    var generator = SeededGenerator(seed: 1)
    let detector = GON(.init(channels: 1, window: 65_536, hidden: 1, layers: 1), using: &generator)
    #expect(throws: PackingError.windowTooLong(65_536, limit: 65_535)) {
      try pack(
        detector, scaler: RangeScaler(rows), trainedOn: rows, calibration: [1], precision: .float32)
    }
  }

  /// The encoder of a USAD reads windows and what the first decoder makes of them: an int8 input's scale is of the
  /// larger ones.
  @Test func inputScalesOfAnEncoderThatReadsTwice() throws {
    let made = try PackedDetectors("usad", rows: 600, epochs: 1)
    var model = try #require(made.detector as? USAD)
    // 1 - Σ x: nothing of windows whose sum is above 1, nearly 1 of the small numbers that the decoder makes.
    model.encoder.maps[0].weight = Tensor(
      [Float](repeating: -1, count: model.encoder.maps[0].weight.count),
      shape: model.encoder.maps[0].weight.shape)
    model.encoder.maps[0].bias = Tensor(
      [Float](repeating: 1, count: model.encoder.maps[0].bias.count),
      shape: model.encoder.maps[0].bias.shape)
    let last = model.first.maps.count - 1
    model.first.maps[last].bias = Tensor(
      [Float](repeating: -9, count: model.first.maps[last].bias.count),
      shape: model.first.maps[last].bias.shape)
    let train = try made.scaler.apply(to: made.problem.train).recording
    let calibration = Array(model.scores(of: train).scores[300...])
    let packed = try pack(
      model, scaler: made.scaler, trainedOn: made.problem.train, calibration: calibration,
      precision: .int8)
    let windows = Windows(train, for: model.configuration).tensor(of: 300..<600)
    let again = model.first(model.encoder(windows).relu()).sigmoid()
    func hidden(_ x: Tensor<Float>) -> Float { model.encoder.maps[0](x).relu().scalars.max() ?? 0 }
    #expect(hidden(windows) < 0.5 * hidden(again), "the test's premise")
    let scales = try withAlignedBytes(packed.bytes) { bytes in
      let model = try Model(bytes)
      return (0..<model.tensorCount).map { model.tensor($0) }.filter { $0.type == .int8 }
        .map(\.inputScale)
    }
    let largest = windows.scalars.map { abs($0) }.max() ?? 0
    #expect(abs(scales[0] - 2 * largest / 127) < 1e-6)
    #expect(abs(scales[1] - hidden(again) / 127) < 1e-5)
  }

  /// Scores from a window of one row, of 15 rows and of more rows than there are.
  @Test(arguments: [1, 15, 700]) func windowsOfAnyLength(_ window: Int) throws {
    let made = try PackedDetectors("pca", rows: 600, window: window)
    let test = try #require(made.problem.test)
    let trained = try made.testScores().scores
    let streamed = try withDetectorSession(made.packed(bare: true).bytes) {
      StreamedDetector(&$0, test)
    }
    for (one, other) in zip(streamed.scores, trained) {
      #expect(abs(Double(one) - other) <= 1e-4 * other + 1e-7)
    }
  }
}
