// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimTensor
import Testing

/// Sizes of MSCREDs: methods, gon 3.4.
@Suite struct MSCREDCountTests {
  private func made(_ configuration: MSCRED.Configuration) -> MSCRED {
    var generator = SeededGenerator(seed: 1)
    return MSCRED(configuration, using: &generator)
  }

  @Test(arguments: [25, 55]) func thePapersSizes(channels: Int) {
    for (widths, count) in [([32, 64, 128, 256], 6_687_843), ([32, 64], 408_611)] {
      let configuration = MSCRED.Configuration(channels: channels, widths: widths)
      #expect(configuration.storedCount == Double(count))
      #expect(made(configuration).storedCount == count)
    }
  }

  @Test func separableSizes() {
    // 896 + 18,496 and 18,464 + 1,731 of convolutions as above.
    let count = 39_587 + 8 * (32 * 32 + 64 * 64) + 22 * (32 + 64)
    let configuration = MSCRED.Configuration(channels: 25, widths: [32, 64], separable: true)
    #expect(configuration.storedCount == Double(count) && made(configuration).storedCount == count)
  }

  @Test(arguments: zip(["rnn", "gru", "lstm"], [1, 3, 4])) func memories(cell: String, gates: Int)
    throws
  {
    let cell = try #require(RecurrentCell(rawValue: cell))
    for channels in [25, 55] {
      let plain = MSCRED.Configuration(channels: channels, widths: [2])
      for (form, count) in [
        (LongTermMemory.Form.shared, 130 * gates),
        (.projected, (10 * channels + 120) * gates + 10 * channels),
        (.history, (2 * channels * channels + 2 * channels) * gates),
      ] {
        let memory = LongTermMemory(cell: cell, form: form)
        #expect(memory.storedCount(channels: Double(channels)) == Double(count))
        var configuration = plain
        configuration.memory = memory
        #expect(made(configuration).storedCount == made(plain).storedCount + count)
      }
    }
  }

  /// The table's numbers, of a projected memory but for its map.
  @Test(arguments: [(55, [670, 2010, 2680]), (25, [370, 1110, 1480])])
  func theTablesMemories(channels: Int, counts: [Int]) {
    for (cell, count) in zip([RecurrentCell.rnn, .gru, .lstm], counts) {
      let memory = LongTermMemory(cell: cell, form: .projected)
      #expect(memory.storedCount(channels: Double(channels)) == Double(count + 10 * channels))
    }
  }

  @Test(arguments: [[1], [3, 2], [2, 5, 3], [4, 3, 2, 1]], [false, true])
  func configurationsCountRight(widths: [Int], separable: Bool) {
    for memory in [nil, LongTermMemory(cell: .mgu, form: .history)] {
      let configuration = MSCRED.Configuration(
        channels: 3, span: 25, widths: widths, separable: separable, memory: memory)
      #expect(configuration.storedCount == Double(made(configuration).storedCount))
    }
  }
}
