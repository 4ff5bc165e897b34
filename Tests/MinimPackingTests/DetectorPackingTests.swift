// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimHost
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
      #expect(try SelfTest(LoadedModel(bytes, path: "test").model).count == 1)
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
