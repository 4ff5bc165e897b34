// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Operations of forecasts at work: numbers by hand, tiles, places in memory, damage, the heap.
@Suite struct ForecastOperationTests {
  private func sample(_ row: Int, _ channels: Int) -> [Float] {
    (0..<channels).map { Float((row * 37 + $0 * 11) % 29) / 2 - 5 + 3 * Float($0) }
  }

  /// A run of the model from the start; the bits of each result.
  private func results(_ session: Session<some MinimRuntime.Kernels>, rows: Int) -> [[UInt32]] {
    session.reset()
    return (0..<rows).map { row in
      _ = session.step(sample(row, session.model.channelCount))
      let result = session.result()
      return (0..<session.model.outputCount).map { result[$0].bitPattern }
    }
  }

  /// The forecast of `ForecastModels.all` in float64, step by step as the documentation has it.
  private func expected(_ file: ModelFile, level: SeriesLevel, smooths: Bool) throws -> [Double] {
    func element(_ tensor: Int, _ row: Int, _ column: Int) -> Double {
      let found = file.tensors[tensor], place = column * found.rows + row
      func bits(_ place: Int, _ count: Int) -> UInt32 {
        (0..<count).reduce(0) { $0 | UInt32(found.block[place + $1]) << UInt32(8 * $1) }
      }
      return found.type == .float32
        ? Double(Float(bitPattern: bits(4 * place, 4)))
        : Double(Float16(bitPattern: UInt16(bits(2 * place, 2))))
    }
    var forecast = [Double](repeating: 0, count: 10)
    for channel in 0..<2 {
      let mean = Double(file.preprocessing.scaler[2 * channel])
      let deviation = Double(file.preprocessing.scaler[2 * channel + 1])
      let x = (1..<13).map { (Double(sample($0, 2)[channel]) - mean) / deviation }
      func average(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
      let own = average(x)
      let squares = x.reduce(0) { $0 + ($1 - own) * ($1 - own) }
      let centre: (Int) -> Double = { phase in
        switch level {
        case .none: 0
        case .last: x[11]
        case .phases: average(stride(from: phase, to: 12, by: 3).map { x[$0] })
        case .mean, .deviation, .sampleDeviation: own
        }
      }
      let scale =
        switch level {
        case .deviation: (squares / 12 + 1e-5).squareRoot()
        case .sampleDeviation: (squares / 11 + 1e-5).squareRoot()
        default: 1.0
        }
      let standard = x.indices.map { (x[$0] - centre($0 % 3)) / scale }
      let line = x.indices.map { step in
        let taps = smooths ? 0..<3 : 0..<0
        return taps.reduce(standard[step]) { sum, tap in
          let other = step + tap - 1
          return x.indices.contains(other) ? sum + element(0, tap, 0) * standard[other] : sum
        }
      }
      for phase in 0..<3 {
        let row = 3 * channel + phase
        let units = (0..<6).map { unit in
          let sum = (0..<4).reduce(element(2, unit, 0)) {
            $0 + element(1, unit, $1) * line[3 * $1 + phase]
          }
          return element(3, row, unit / 3) * max(0, sum) + element(4, row, unit / 3)
        }
        for index in 0..<2 where 3 * index + phase < 5 {
          let sum = (0..<6).reduce(0) { $0 + element(5, index, $1) * units[$1] }
          forecast[(3 * index + phase) * 2 + channel] =
            (sum * scale + centre(phase)) * deviation + mean
        }
      }
    }
    return forecast
  }

  @Test(arguments: SeriesLevel.allCases, [true, false])
  func numbersAreThoseByHand(_ level: SeriesLevel, _ smooths: Bool) throws {
    if level == .phases, smooths { return }
    let file = try ForecastModels.all(level: level, smooths: smooths)
    let loaded = try LoadedModel(file.bytes(), path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let found = try #require(results(loaded.session, rows: 13).last)
    let wanted = try expected(file, level: level, smooths: smooths)
    for (bits, number) in zip(found, wanted) {
      #expect(abs(Double(Float(bitPattern: bits)) - number) < 1e-5 * max(1, abs(number)))
    }
    #expect(Set(found).count == 10)
    #expect(loaded.session.decision == -1)
  }

  /// An affine operation with max(y, 0), of numbers by hand.
  @Test func affinesMayBeCutOff() throws {
    var file = try ForecastModels.all(level: .none, smooths: false)
    file.operations[3].variant = 1
    file.operations[4] = .init(code: .forecast, input: 4, parameter: 2, outputLength: 36)
    file.operations.removeLast()
    file.preprocessing.normalisation = .none
    file.preprocessing.scaler = []
    file.intervals = nil
    let cut = try LoadedModel(file.bytes(), path: "test")
    file.operations[3].variant = 0
    let whole = try LoadedModel(file.bytes(), path: "test")
    defer { withExtendedLifetime((cut, whole)) {} }
    let wanted = results(whole.session, rows: 13).map { $0.map { Float(bitPattern: $0) } }
    let found = results(cut.session, rows: 13).map { $0.map { Float(bitPattern: $0) } }
    #expect(found == wanted.map { $0.map { max(0, $0) } })
    #expect(wanted.joined().contains { $0 < 0 } && found.joined().contains { $0 > 0 })
  }

  /// A channel that stays as it is has itself as its level, to the last bit, whatever is taken away from it.
  @Test func constantChannelsAreTheirOwnLevels() throws {
    var first: [[UInt32]]?
    for level in SeriesLevel.allCases where level != .none {
      var file = try ForecastModels.all(level: level, smooths: false)
      file.operations.removeLast(4)
      // Nothing but the level is left.
      file.tensors.append(try .vector([0, 0, 0, 0, 0, 0], name: "zeros", precision: .float32))
      file.operations += [
        .init(code: .affine, input: 2, tensors: [6, 6], outputLength: 24),
        .init(code: .forecast, input: 3, parameter: 2, outputLength: 10),
      ]
      let loaded = try LoadedModel(file.bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let found = (1..<200).map { number in
        loaded.session.reset()
        let sample = [Float(number) * 0.037, 77.7 / Float(number)]
        for _ in 0..<12 { _ = loaded.session.step(sample) }
        let result = loaded.session.result()
        for step in 0..<5 {
          #expect(
            abs(result[2 * step] - sample[0]) < 2e-6 && abs(result[2 * step + 1] - sample[1]) < 1e-5
          )
        }
        return (0..<10).map { result[$0].bitPattern }
      }
      #expect(found == first ?? found, "\(level)")
      first = found
    }
  }

  /// Rows of many channels in tiles have the bits of the row of one channel alone.
  @Test(arguments: [Precision.float32, .float16, .int8, nil], [true, false])
  func tilesHaveTheBitsOfRows(_ precision: Precision?, _ relu: Bool) throws {
    for channels in [2, 7, 8, 16, 17, 257] {
      let file = try ForecastModels.map(precision, channels: channels, relu: relu, biased: relu)
      let all = try LoadedModel(file.bytes(), path: "test")
      let found = results(all.session, rows: 6)
      #expect(Set(found.joined()).count > 10)
      for channel in [0, 1, channels - 1] {
        let one = try ForecastModels.map(precision, channels: 1, relu: relu, biased: relu)
        let alone = try LoadedModel(one.bytes(), path: "test")
        for row in 0..<6 {
          _ = alone.session.step([sample(row, channels)[channel]])
          let result = alone.session.result()
          for step in 0..<3 {
            let same = result[step].bitPattern == found[row][step * channels + channel]
            #expect(same, "\(channels) channels, channel \(channel), row \(row)")
          }
        }
      }
    }
  }

  /// Memory that begins at any multiple of 4 gives the same bits by all kernels, and nothing beside it is written.
  @Test(arguments: [Precision.float32, .float16, .int8, nil])
  func memoryMayLieAnywhere(_ precision: Precision?) throws {
    try lieAnywhere(ForecastModels.all(precision))
    try lieAnywhere(ForecastModels.map(precision, channels: 17, relu: false, biased: true))
  }

  private func lieAnywhere(_ file: ModelFile) throws {
    try withAlignedBytes(file.bytes()) { bytes in
      let model = try Model(bytes), border = 256
      let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.memoryBytes + 64 + border, alignment: 64)
      defer { room.deallocate() }
      var first: [[UInt32]]?
      for offset in stride(from: 0, to: 64, by: 4) {
        for index in room.indices { room[index] = 0x5A }
        let memory = UnsafeMutableRawBufferPointer(
          rebasing: room[offset..<offset + model.memoryBytes])
        let plain = results(try Session<PlainKernels>(model, memory: memory), rows: 20)
        let host = results(try Session<HostKernels>(model, memory: memory), rows: 20)
        #expect(plain == host)
        #expect(plain == first ?? plain)
        first = plain
        #expect(Set(plain.joined()).count > 60)
        #expect(room[..<offset].allSatisfy { $0 == 0x5A })
        #expect(room[(offset + model.memoryBytes)...].allSatisfy { $0 == 0x5A })
      }
    }
  }

  /// A stream that is saved in the middle goes on with the same bits.
  @Test func savedStreamsGoOn() throws {
    let bytes = try ForecastModels.all().bytes()
    let one = try LoadedModel(bytes, path: "one"), other = try LoadedModel(bytes, path: "other")
    let whole = results(one.session, rows: 20)
    _ = results(one.session, rows: 9)
    var state = [UInt8](repeating: 0, count: one.session.stateBytes)
    try state.withUnsafeMutableBytes { try one.session.save(to: $0) }
    try state.withUnsafeBytes { try other.session.restore(from: $0) }
    for row in 9..<20 {
      _ = other.session.step(sample(row, 2))
      let result = other.session.result()
      #expect((0..<10).map { result[$0].bitPattern } == whole[row])
    }
  }

  /// Loads a file and, if it is accepted, runs it.
  private func outcome(_ bytes: [UInt8]) throws {
    let loaded = try LoadedModel(bytes, path: "damaged")
    _ = try ModelFile(loaded.model)
    for row in 0..<3 { _ = loaded.session.step(sample(row, loaded.model.channelCount)) }
    _ = loaded.session.result()
    guard let intervals = loaded.model.intervals else { return }
    let last = (intervals.levelCount - 1, intervals.horizon - 1, loaded.model.channelCount - 1)
    #expect(intervals.halfWidth(level: last.0, step: last.1, channel: last.2) >= 0)
  }

  @Test(arguments: [Precision.float32, .int8])
  func everyTruncationAndEveryFlippedBitIsRefused(_ precision: Precision) throws {
    let bytes = try ForecastModels.all(precision, level: .deviation).bytes()
    try outcome(bytes)
    expectDamageIsRefused(bytes, outcome)
  }

  /// Files with some bytes changed and the checksums right: refused by a named error, or run.
  @Test(arguments: [Precision.float32, .int8, nil])
  func changedFilesAreRefusedOrRun(_ precision: Precision?) throws {
    var generator = SeededGenerator(seed: 5), accepted = 0
    var codes: Set<ModelError.Code> = []
    let files = try SeriesLevel.allCases.map {
      try ForecastModels.all(precision, level: $0, smooths: $0 != .phases).bytes()
    }
    for round in 0..<20_000 {
      var changed = files[round % files.count]
      for _ in 0...Int(generator.next() % 3) {
        // Graph and tensors' entries lie before the weights.
        let end = generator.next() % 2 == 0 ? 420 : changed.count
        changed[64 + Int(generator.next() % UInt64(end - 64))] = UInt8(
          truncatingIfNeeded: generator.next() % 2 == 0 ? generator.next() % 8 : generator.next())
      }
      do {
        try outcome(repaired(changed))
        accepted += 1
      } catch HostError.badModel(_, _, let error) {
        codes.insert(error.code)
      }
    }
    #expect(accepted > 100)
    #expect(codes.count > 15, "\(codes)")
  }

  @Test(
    .enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"),
    arguments: [Precision.float32, .float16, .int8, nil])
  func stepsAndResultsDoNotTouchTheHeap(_ precision: Precision?) throws {
    for level in SeriesLevel.allCases {
      let file = try ForecastModels.all(precision, level: level, smooths: level != .phases)
      let loaded = try LoadedModel(file.bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let session = loaded.session, sample = sample(1, 2)
      var rejected = 0, width: Float = 0
      let before = allocation_count()
      sample.withUnsafeBufferPointer { buffer in
        guard let pointer = buffer.baseAddress else { return }
        for step in 0..<2000 {
          if session.step(pointer) == .rejected { rejected += 1 }
          if step % 20 == 0 { _ = session.result() }
          width += session.model.intervals?.halfWidth(level: 1, step: 4, channel: 1) ?? 0
        }
      }
      #expect(allocation_count() == before)
      #expect(rejected == 0 && width == 48_000)
    }
  }
}
