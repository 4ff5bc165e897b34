// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import Foundation
import MinimDetection
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Operations of signature matrices at work: places in memory, states, damage, the heap.
@Suite struct SignatureOperationTests {
  private static let cells: [RecurrentVariant] = [.rnn, .lstm, .gru, .mgu]

  private func sample(_ row: Int, _ channels: Int) -> [Float] {
    (0..<channels).map { Float((row * 37 + $0 * 11) % 29) / 16 - 0.5 }
  }

  /// A run of the model from the start: the status of each step and the bits of each result.
  private func results(_ session: Session<some MinimRuntime.Kernels>, rows: Int) -> [[UInt32]] {
    session.reset()
    return (0..<rows).map { row in
      let status = session.step(sample(row, session.model.channelCount))
      let result = session.result()
      return [UInt32(status.rawValue)]
        + (0..<session.model.outputCount).map { result[$0].bitPattern }
    }
  }

  /// Results come a gap apart and hold between; they may be asked for or not.
  @Test func resultsHold() throws {
    let loaded = try LoadedModel(SignatureModels.all().bytes(), path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let found = results(loaded.session, rows: 20)
    for row in 0..<20 {
      #expect(found[row][0] == (row == 0 ? 1 : row % 2 == 1 ? 0 : 3))
      if row > 1, row % 2 == 0 { #expect(found[row][1] == found[row - 1][1]) }
    }
    #expect(Set(found.map { $0[1] }).count > 9)
    loaded.session.reset()
    for row in 0..<20 { _ = loaded.session.step(sample(row, 3)) }
    #expect(loaded.session.result()[0].bitPattern == found[19][1])
    // A rejected sample leaves no trace.
    loaded.session.reset()
    for row in 0..<20 {
      #expect(loaded.session.step([0, .nan, 0]) == .rejected)
      _ = loaded.session.step(sample(row, 3))
    }
    #expect(loaded.session.result()[0].bitPattern == found[19][1])
  }

  /// Constant rows give the same result from the first on, for the first row stands for those before it.
  @Test func theFirstRowStandsForThoseBefore() throws {
    let made = try PackedSignatures(.init(channels: 4, span: 30, widths: [3], score: .residual))
    let loaded = try LoadedModel(made.packed().bytes, path: "test")
    defer { withExtendedLifetime(loaded) {} }
    var found: Set<UInt32> = []
    for _ in 0..<60 {
      _ = loaded.session.step([0.25, -0.5, 1, 0.125])
      found.insert(loaded.session.result()[0].bitPattern)
    }
    #expect(found.count == 1)
  }

  /// Memory that begins at any multiple of 4 gives the same bits by all kernels, and nothing beside it is written.
  @Test(arguments: Precision.allCases) func memoryMayLieAnywhere(_ precision: Precision) throws {
    for file in [
      try SignatureModels.all(precision),
      try ModelFile(
        bytes: PackedSignatures(.init(channels: 9, span: 20, widths: [5, 6], score: .residual))
          .packed(precision).bytes),
    ] {
      try withAlignedBytes(file.bytes()) { bytes in
        let model = try Model(bytes), border = 256
        let room = UnsafeMutableRawBufferPointer.allocate(
          byteCount: model.memoryBytes + 64 + border, alignment: 64)
        defer { room.deallocate() }
        var first: [[UInt32]]?
        for offset in stride(from: 0, to: 64, by: 12) {
          for index in room.indices { room[index] = 0x5A }
          let memory = UnsafeMutableRawBufferPointer(
            rebasing: room[offset..<offset + model.memoryBytes])
          let plain = results(try Session<PlainKernels>(model, memory: memory), rows: 20)
          let host = results(try Session<HostKernels>(model, memory: memory), rows: 20)
          #expect(plain == host)
          #expect(plain == first ?? plain)
          first = plain
          #expect(Set(plain.joined()).count > 8)
          #expect(room[..<offset].allSatisfy { $0 == 0x5A })
          #expect(room[(offset + model.memoryBytes)...].allSatisfy { $0 == 0x5A })
        }
      }
    }
  }

  /// Kernels of the processor at hand against those in plain Swift.
  @Test func shiftedSumsHaveTheSameBits() {
    var generator = SeededGenerator(seed: 9)
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(Int(generator.next() % 2001) - 1000) / 77 }
    }
    for rows in 1...4 {
      for lanes in [16, 32, 48, 64, 80, 208] {
        for scales in [nil, SIMD4<Float>(0.5, 0.3, 0.7, 0.1)] {
          let count = 13, weights = numbers(rows * count), x = numbers(400)
          let offsets = (0..<count).map { _ in UInt32(generator.next() % 190) }
          let start = numbers(rows * lanes) + [-77]
          var plain = start, host = start
          PlainKernels.accumulateShifted(
            weights, rows: rows, offsets, count: count, x, lanes: lanes, scales: scales,
            into: &plain)
          HostKernels.accumulateShifted(
            weights, rows: rows, offsets, count: count, x, lanes: lanes, scales: scales,
            into: &host)
          #expect(plain == host && plain.last == -77)
          // By hand, one number.
          let row = rows - 1, lane = lanes - 3
          var sum = scales == nil ? start[row * lanes + lane] : 0
          for term in 0..<count {
            sum = sum + weights[term * rows + row] * x[Int(offsets[term]) + lane]
          }
          if let scales { sum = start[row * lanes + lane] + sum * scales[row] }
          #expect(plain[row * lanes + lane] == sum)
        }
      }
    }
  }

  /// SELU against the C library's numbers in float64, near 0 by their own size.
  @Test func seluIsNearTheTrueOne() {
    for step in -40_000...40_000 {
      for x in [Float(step) / 1000, Float(step) / 1e8] {
        let power = expm1(Double(x))
        let wanted = 1.0507009873554805 * (x > 0 ? Double(x) : 1.6732632423543772 * power)
        #expect(abs(Double(seluOf(x)) - wanted) <= 4e-7 * max(abs(wanted), 1e-30))
      }
    }
    #expect(abs(seluOf(-.infinity) + 1.758_099_3) < 1e-6 && seluOf(.infinity) == .infinity)
    #expect(seluOf(.nan).isFinite)
  }

  /// A stream that is saved anywhere goes on with the same bits.
  @Test func savedStreamsGoOn() throws {
    for cell in Self.cells {
      let bytes = try SignatureModels.all(cell: cell).bytes()
      let one = try LoadedModel(bytes, path: "one"), other = try LoadedModel(bytes, path: "other")
      let whole = results(one.session, rows: 30)
      for saved in [0, 1, 6, 9] {
        _ = results(one.session, rows: saved)
        var state = [UInt8](repeating: 0, count: one.session.stateBytes)
        try state.withUnsafeMutableBytes { try one.session.save(to: $0) }
        _ = results(other.session, rows: 3)
        try state.withUnsafeBytes { try other.session.restore(from: $0) }
        for row in saved..<30 {
          let status = other.session.step(sample(row, 3))
          #expect(UInt32(status.rawValue) == whole[row][0])
          #expect(other.session.result()[0].bitPattern == whole[row][1])
        }
      }
    }
  }

  /// Counts beyond their range and numbers that are none are found in a state, behind a right checksum.
  @Test func damagedStatesAreRefused() throws {
    let loaded = try LoadedModel(SignatureModels.all(cell: .rnn).bytes(), path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let session = loaded.session
    _ = results(session, rows: 7)
    var state = [UInt8](repeating: 0, count: session.stateBytes)
    try state.withUnsafeMutableBytes { try session.save(to: $0) }
    // Header, six states of the memory, then rows to come, place, twelve rows of three, sums.
    let start = 16 + 24, sums = start + 8 + 12 * 3 * 4
    for (place, word) in [
      (start, UInt32(19)), (start + 4, 12), (start + 8, 0x7F80_0000), (sums - 4, 0x7FC0_0000),
      (sums + 4, 0x7FF0_0000), (sums + 8 * 18 - 4, 0xFFF8_0000),
    ] {
      var damaged = state
      for byte in 0..<4 {
        damaged[place + byte] = UInt8(truncatingIfNeeded: word >> (8 * byte))
        damaged[12 + byte] = 0
      }
      var sum = Checksum()
      damaged.withUnsafeBytes { sum.update($0) }
      for byte in 0..<4 { damaged[12 + byte] = UInt8(truncatingIfNeeded: sum.value >> (8 * byte)) }
      let error = #expect(throws: ModelError.self) {
        try damaged.withUnsafeBytes { try session.restore(from: $0) }
      }
      #expect(error?.code == .stateDamaged && Int(error?.offset ?? 0) / 8 == place / 8)
    }
    try state.withUnsafeBytes { try session.restore(from: $0) }
  }

  /// Numbers of any size, of which the scaler makes infinities, leave states that are finite, so that what was saved can be restored.
  @Test func hugeNumbersLeaveStatesFinite() throws {
    for cell in Self.cells {
      var file = try SignatureModels.all(cell: cell)
      file.preprocessing.normalisation = .scaler
      file.preprocessing.scaler = [0, 0.5, 0, 0.25, 1, 0.125]
      let loaded = try LoadedModel(file.bytes(), path: "test")
      defer { withExtendedLifetime(loaded) {} }
      let session = loaded.session
      for row in 0..<60 {
        let size: Float = row < 10 ? .greatestFiniteMagnitude : row < 20 ? -1e30 : 1
        _ = session.step([size, -size, size])
        _ = session.result()
        var state = [UInt8](repeating: 0, count: session.stateBytes)
        try state.withUnsafeMutableBytes { try session.save(to: $0) }
        try state.withUnsafeBytes { try session.restore(from: $0) }
      }
    }
  }

  /// Loads a file and, if it is accepted, runs it.
  private func outcome(_ bytes: [UInt8]) throws {
    let loaded = try LoadedModel(bytes, path: "damaged")
    _ = try ModelFile(loaded.model)
    for row in 0..<3 { _ = loaded.session.step(sample(row, loaded.model.channelCount)) }
    _ = loaded.session.result()
  }

  @Test(arguments: [Precision.float32, .int8])
  func everyTruncationAndEveryFlippedBitIsRefused(_ precision: Precision) throws {
    let bytes = try SignatureModels.all(precision).bytes()
    try outcome(bytes)
    expectDamageIsRefused(bytes, outcome)
  }

  /// Files with some bytes changed and the checksums right: refused by a named error, or run.
  @Test(arguments: Precision.allCases)
  func changedFilesAreRefusedOrRun(_ precision: Precision) throws {
    var generator = SeededGenerator(seed: 5), accepted = 0
    var codes: Set<ModelError.Code> = []
    let files = try Self.cells.map { try SignatureModels.all(precision, cell: $0).bytes() }
    for round in 0..<20_000 {
      var changed = files[round % files.count]
      for _ in 0...Int(generator.next() % 3) {
        // Graph and tensors' entries lie before the weights.
        let end = generator.next() % 2 == 0 ? 840 : changed.count
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
    arguments: Precision.allCases)
  func stepsAndResultsDoNotTouchTheHeap(_ precision: Precision) throws {
    let loaded = try LoadedModel(SignatureModels.all(precision).bytes(), path: "test")
    defer { withExtendedLifetime(loaded) {} }
    let session = loaded.session, sample = sample(1, 3)
    var rejected = 0
    let before = allocation_count()
    sample.withUnsafeBufferPointer { buffer in
      guard let pointer = buffer.baseAddress else { return }
      for step in 0..<2000 {
        if session.step(pointer) == .rejected { rejected += 1 }
        if step % 20 == 0 { _ = session.result() }
      }
    }
    #expect(allocation_count() == before)
    #expect(rejected == 0)
  }
}
