// SPDX-License-Identifier: Apache-2.0
import MinimHost
import MinimPacking
import MinimRuntime
import MinimTensor
import Testing

/// Expects that what cuts a file short or flips one of its bits is refused.
///
/// Behind right checksums a flipped bit is refused or runs; a crash would end the tests.
func expectDamageIsRefused(_ file: [UInt8], _ outcome: ([UInt8]) throws -> Void) {
  for length in file.indices {
    #expect(throws: (any Error).self) { try outcome(Array(file[..<length])) }
    #expect(throws: (any Error).self) { try outcome(repaired(Array(file[..<length]))) }
  }
  for place in file.indices {
    for bit in 0..<8 {
      var damaged = file
      damaged[place] ^= 1 << bit
      #expect(throws: (any Error).self) { try outcome(damaged) }
      _ = try? outcome(repaired(damaged))
    }
  }
}

/// The file with all checksums made right again, as far as its tables can be followed: damage then
/// meets the checks behind the checksums.
func repaired(_ file: [UInt8]) -> [UInt8] {
  var file = file
  func word(_ offset: Int) -> Int {
    guard offset + 4 <= file.count else { return 0 }
    return (0..<4).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
  }
  func put(_ number: UInt32, at offset: Int) {
    guard offset + 4 <= file.count else { return }
    for index in 0..<4 { file[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
  }
  func checksum(_ range: Range<Int>) -> UInt32 {
    var sum = Checksum()
    file.withUnsafeBytes { sum.update(UnsafeRawBufferPointer(rebasing: $0[range])) }
    return sum.value
  }
  let count = min(word(24), 64)
  for index in 0..<count {
    let entry = 64 + 16 * index, start = word(entry + 4), end = start + word(entry + 8)
    if end <= file.count, start <= end { put(checksum(start..<end), at: entry + 12) }
  }
  let table = 64 + 16 * count
  if table <= file.count {
    put(0, at: 40)
    put(checksum(0..<table), at: 40)
  }
  return file
}

@Suite struct DamagedModelTests {
  /// Loads a file and, if it is accepted, runs all of it; returns the bits of the result.
  private func outcome(_ bytes: [UInt8]) throws -> [UInt32] {
    let loaded = try LoadedModel(bytes, path: "damaged")
    _ = try ModelFile(loaded.model)
    let sample = (0..<loaded.model.channelCount).map { Float($0) * 0.25 - 0.5 }
    for _ in 0..<3 { _ = loaded.session.step(sample) }
    let output = loaded.session.result()
    _ = loaded.session.decision
    return (0..<min(loaded.model.outputCount, 100)).map { output[$0].bitPattern }
  }

  private static let files: [[UInt8]] = {
    Precision.allCases.compactMap { precision in
      try? PackedModels(cell: .gru, layers: 2, hidden: 4, channels: 2).packed(precision).bytes
    }
  }()

  @Test func everyTruncationIsRefused() throws {
    for file in Self.files {
      for length in 0..<file.count {
        #expect(throws: (any Error).self) { try outcome(Array(file[..<length])) }
        #expect(throws: (any Error).self) { try outcome(repaired(Array(file[..<length]))) }
      }
    }
  }

  @Test func everyFlippedBitIsRefused() throws {
    let file = try PackedModels().packed(.float32, bare: true).bytes
    for place in file.indices {
      for bit in 0..<8 {
        var damaged = file
        damaged[place] ^= 1 << bit
        #expect(throws: (any Error).self) { try outcome(damaged) }
      }
    }
  }

  @Test func trailingBytesAreRefused() {
    #expect(throws: (any Error).self) { try outcome(Self.files[0] + [0]) }
  }

  /// A hundred thousand files with some bytes changed and the checksums right: refused by a named
  /// error or usable; a crash would end the test run.
  @Test func damageBehindTheChecksums() throws {
    var generator = SeededGenerator(seed: 11)
    var codes: Set<ModelError.Code> = []
    var accepted = 0
    for round in 0..<100_000 {
      var file = Self.files[round % Self.files.count]
      for _ in 0...Int(generator.next() % 3) {
        // Half of the edits hit the first 400 bytes, where the tables are.
        let span = generator.next() % 2 == 0 ? min(400, file.count) : file.count
        let place = Int(generator.next() % UInt64(span))
        let kinds: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF, UInt8(truncatingIfNeeded: generator.next())]
        file[place] = kinds[Int(generator.next() % 6)]
      }
      do {
        _ = try outcome(repaired(file))
        accepted += 1
      } catch HostError.badModel(_, _, let error) {
        codes.insert(error.code)
      } catch let error as ModelError {
        codes.insert(error.code)
      }
    }
    #expect(accepted > 1000)
    #expect(codes.count > 30, "\(codes)")
  }
}
