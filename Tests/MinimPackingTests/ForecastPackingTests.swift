// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimForecasting
import MinimHost
import MinimLayers
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

/// Packed forecasters against those that they are made of.
@Suite struct ForecastPackingTests {
  /// The forecasts of windows, row by row in original units.
  private func forecasts(
    _ model: some Forecaster<Float>, _ rows: Recording, _ scaler: Scaler
  ) -> [[Float]] {
    let configuration = model.configuration, channels = configuration.channels
    let windows = ForecastWindows(
      scaler.scaled(rows), times: nil, part: 0..<rows.count, lookback: configuration.lookback,
      horizon: configuration.horizon)
    let found = model(windows.lookBack(0..<windows.count)).output
    return (0..<windows.count).map { window in
      (0..<configuration.horizon * channels).map { place in
        let (step, channel) = (place / channels, place % channels)
        let number = found.scalars[
          (window * channels + channel) * configuration.horizon + step]
        return number * scaler.deviations[channel] + scaler.means[channel]
      }
    }
  }

  /// The root mean square difference of a channel's forecasts, in its deviations, the largest of all channels.
  private func difference(_ a: [[Float]], _ b: [[Float]], _ scaler: Scaler) -> Double {
    let channels = scaler.means.count
    #expect(a.count == b.count && a.count > 100)
    return (0..<channels).map { channel in
      var sum = 0.0, count = 0.0
      for (a, b) in zip(a, b) {
        for place in stride(from: channel, to: a.count, by: channels) {
          let difference = Double(a[place] - b[place]) / Double(scaler.deviations[channel])
          sum += difference * difference
          count += 1
        }
      }
      return (sum / count).squareRoot()
    }.max() ?? .infinity
  }

  /// What a session forecasts after each row from the first whole window on, but for the last horizon.
  private func streamed(
    _ session: Session<some MinimRuntime.Kernels>, _ rows: Recording
  ) -> [[Float]] {
    (0..<rows.count - session.model.horizon).compactMap { row in
      let status = session.step(Array(rows.row(row)))
      #expect(status == (row + 1 < session.model.windowLength ? .warming : .ready))
      guard status == .ready else { return nil }
      let result = session.result()
      return (0..<session.model.outputCount).map { result[$0] }
    }
  }

  @Test(arguments: MadeForecaster.all)
  func streamedForecastsAreTheModels(_ made: MadeForecaster) throws {
    let rows = try made.rows(300, from: 300), model = made.model()
    for (precision, bound) in [(Precision.float32, 2e-6), (.float16, 5e-4), (.int8, 0.01)] {
      let (scaler, packed) = try made.packed(precision)
      let expected = forecasts(model, rows, scaler)
      let loaded = try LoadedModel(packed.bytes, path: "test")
      defer { withExtendedLifetime(loaded) {} }
      #expect(try SelfTest(loaded.model).run(in: loaded.session) == 0)
      loaded.session.reset()
      let found = streamed(loaded.session, rows)
      let size = difference(expected, expected.map { $0.map { _ in 0 } }, scaler)
      let share = difference(found, expected, scaler)
      // Transformers add what they find to the last row: rounding is a share of the forecasts.
      let unit = model is TransformerForecaster<Float> ? max(1, size) : 1
      #expect(share < bound * unit && size > 0.2, "\(precision): \(share) of \(size)")
      #expect(packed.windows == 64 && packed.relativeDifference < bound, "\(packed)")
      #expect(packed.bytes[10] == 4)
      #expect(try ModelFile(bytes: packed.bytes).bytes() == packed.bytes)
      try withAlignedBytes(packed.bytes) { bytes in
        let model = try Model(bytes)
        let memory = UnsafeMutableRawBufferPointer.allocate(
          byteCount: model.memoryBytes, alignment: 16)
        defer { memory.deallocate() }
        let plain = streamed(try Session<PlainKernels>(model, memory: memory), rows)
        #expect(plain == found, "\(precision)")
      }
    }
  }

  /// Decompositions, transforms and norms are no operations of their own; a result costs the products alone.
  @Test func whatIsPackedAndWhatItCosts() throws {
    for (made, codes, adds) in [
      (
        .perceptron, [.window, .series, .map, .affine, .map, .forecast],
        3 * (32 * 48 + 32 + 24 * 32)
      ),
      (.sparse, [.window, .series, .map, .forecast], 3 * (96 * 25 + 24 * 4 * 2)),
    ] as [(MadeForecaster, [OperationCode], Int64)] {
      let bytes = try made.packed(bare: true).packed.bytes, file = try ModelFile(bytes: bytes)
      #expect(file.operations.map(\.code) == codes && file.stepOperations == 1)
      try withModel(bytes) { model in
        #expect(model.multiplyAdds.step == 0 && model.multiplyAdds.result == adds)
        #expect(model.isForecaster && model.outputCount == 3 * model.horizon)
        #expect(model.decisionKind == .none)
      }
    }
    // Window, series, the other values and the room by hand, for one channel.
    let one = try #require(
      MadeForecaster.all.first { $0.channels == 1 && $0.testDescription != "rank 3" })
    let memory = try withModel(one.packed(bare: true).packed.bytes) { $0.memoryBytes }
    let values = 1 + 96 + 96 + 64 + 64 + 24 + 24
    #expect(memory == 4 * (4 + 1 + values + (7 + 6) + (96 + 64) + 96 + 15))
  }

  /// Rows of maps in one byte a weight, and their inputs' scale from the windows of training.
  @Test func int8InputsSpanTheTrainingWindows() throws {
    let file = try ModelFile(bytes: MadeForecaster.perceptron.packed(.int8).packed.bytes)
    let scales = file.tensors.filter { $0.type == .int8 }.map { tensor in
      Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(tensor.block[$1]) << UInt32(8 * $1) })
    }
    #expect(scales.count == 2)
    let rows = try MadeForecaster.perceptron.rows(300), scaler = Scaler(rows)
    let windows = ForecastWindows(
      scaler.scaled(rows), times: nil, part: 0..<300, lookback: 48, horizon: 24)
    let values = windows.lookBack(0..<windows.count).values
    let centred = values - values.mean(over: [2], keepingAxes: true)
    #expect(abs(scales[0] * 127 - (centred.absolute().scalars.max() ?? 0)) < 1e-5)
  }

  @Test func intervalsComeInDeviationsOfTheLookBack() throws {
    let widths: [[Float]] = [
      (0..<24).map { Float($0) / 8 }, (0..<24).map { 1 + Float($0) },
    ]
    let (_, packed) = try MadeForecaster.perceptron.packed(
      intervals: .init(levels: [0.8, 0.95], scales: [0.5, 1, 2], widths: widths))
    try withModel(packed.bytes) { model in
      let intervals = try #require(model.intervals)
      #expect(intervals.levelCount == 2 && intervals.horizon == 24)
      #expect(intervals.level(0) == 0.8 && intervals.level(1) == 0.95)
      for (channel, scale) in [(0, 0.5), (1, 1), (2, 2)] as [(Int, Float)] {
        #expect(intervals.halfWidth(level: 0, step: 3, channel: channel) == scale * 0.375)
        #expect(intervals.halfWidth(level: 1, step: 23, channel: channel) == scale * 24)
      }
    }
    // Of another horizon.
    #expect(throws: PackingError.self) {
      try MadeForecaster.perceptron.packed(
        intervals: .init(levels: [0.8], scales: [1, 1, 1], widths: [[1, 2, 3]]))
    }
  }

  @Test func whatCannotBePackedSaysWhy() throws {
    for (made, reason) in MadeForecaster.refused {
      let recording = try made.rows(4200)
      let error = #expect(throws: PackingError.self) {
        try pack(
          made.model(), scaler: Scaler(recording), trainedOn: recording, precision: .float32)
      }
      #expect(error?.description.hasPrefix(reason) == true, "\(String(describing: error))")
    }
    let few = try MadeForecaster.sparse.rows(143), scaler = Scaler(few)
    #expect(throws: PackingError.tooFewRows(143, least: 144)) {
      try pack(
        MadeForecaster.sparse.model(), scaler: scaler, trainedOn: few, precision: .float32)
    }
    // Numbers that no precision holds.
    var broken = try #require(MadeForecaster.perceptron.model() as? ForecastPerceptron<Float>)
    broken.season.norm.runningVariance = broken.season.norm.runningVariance * -10
    let rows = try MadeForecaster.perceptron.rows(300)
    let error = #expect(throws: PackingError.self) {
      try pack(broken, scaler: Scaler(rows), trainedOn: rows, precision: .float32)
    }
    guard case .notRepresentable("scales and shifts", _, .float32) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// Loads a file and, if it is accepted, runs it.
  private func outcome(_ bytes: [UInt8]) throws {
    let loaded = try LoadedModel(bytes, path: "damaged")
    _ = try ModelFile(loaded.model)
    for row in 0..<3 {
      _ = loaded.session.step((0..<loaded.model.channelCount).map { Float($0 + row) })
    }
    _ = loaded.session.result()
  }

  @Test func everyTruncationAndEveryFlippedBitIsRefused() throws {
    let bytes = try MadeForecaster.small.packed(
      .int8,
      intervals: .init(levels: [0.8], scales: [1, 2], widths: [[1, 2]]), bare: true
    ).packed.bytes
    try outcome(bytes)
    expectDamageIsRefused(bytes, outcome)
  }

  @Test(
    .enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"),
    arguments: MadeForecaster.all)
  func stepsAndResultsDoNotTouchTheHeap(_ made: MadeForecaster) throws {
    for precision in [Precision.float32, .int8] {
      let loaded = try LoadedModel(made.packed(precision, bare: true).packed.bytes, path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let session = loaded.session, sample = [Float](repeating: 0.5, count: made.channels)
      let before = allocation_count()
      sample.withUnsafeBufferPointer { buffer in
        guard let pointer = buffer.baseAddress else { return }
        for _ in 0..<100 {
          _ = session.step(pointer)
          _ = session.result()
        }
      }
      #expect(allocation_count() == before)
    }
  }
}
