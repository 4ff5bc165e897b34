// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimTensor
import Testing

/// MSCREDs in files.
@Suite struct MSCREDFileTests {
  private func configuration(_ memory: LongTermMemory?) -> MSCRED.Configuration {
    .init(
      channels: 4, span: 25, widths: [3, 4], separable: memory?.cell == .gru,
      recurs: memory?.cell != .rnn, memory: memory, target: memory == nil ? .detached : .matrices,
      score: memory == nil ? .broken : .residual)
  }

  private func file(_ memory: LongTermMemory?) throws -> SafetensorsFile {
    try madeMSCRED(configuration(memory)).file(metadata: [:])
  }

  @Test(arguments: MSCREDScoringTests.memories + [.init(cell: .gru), .init(cell: .rnn)])
  func savedAndRead(_ memory: LongTermMemory?) throws {
    let bytes = try file(memory).encoded(), rows = try machineRows(120)
    let read = try storedDetector(from: SafetensorsFile(bytes: bytes), path: "here")
    let detector = try #require(read as? MSCRED)
    #expect(detector.configuration == configuration(memory))
    #expect(detector.scores(of: rows) == madeMSCRED(configuration(memory)).scores(of: rows))
    #expect(
      detector.scores(of: rows) != madeMSCRED(configuration(memory), seed: 2).scores(of: rows))
  }

  private func refusal(
    _ memory: LongTermMemory?, _ change: (inout SafetensorsFile) throws -> Void
  ) throws -> SafetensorsError? {
    var file = try file(memory)
    try change(&file)
    return #expect(throws: SafetensorsError.self) {
      _ = try storedDetector(from: file, path: "here")
    }
  }

  /// Sizes that are out of their range are no description of a detector.
  @Test(arguments: [
    (#""widths":[3,4]"#, #""widths":[]"#), (#""widths":[3,4]"#, #""widths":[3,4,2,2,2]"#),
    (#""widths":[3,4]"#, #""widths":[0,4]"#), (#""widths":[3,4]"#, #""widths":[4097,4]"#),
    (#""span":25"#, #""span":3"#), (#""span":25"#, #""span":4097"#),
    (#""span":25"#, #""span":-9000000000000000000"#), (#""channels":4"#, #""channels":0"#),
    (#""channels":4"#, #""channels":4000000000000000000"#), (#""form":"shared""#, #""form":"all""#),
    (#""cell":"lstm""#, #""cell":"tape""#), (#""score":"residual""#, #""score":"none""#),
    (#""target":"matrices","#, ""),
  ]) func configurationsOutOfRange(_ from: String, to: String) throws {
    let error = try refusal(LongTermMemory(cell: .lstm)) { file in
      let text = try #require(file.metadata["configuration"])
      #expect(text.contains(from))
      file.metadata["configuration"] = text.replacing(from, with: to)
    }
    #expect(error?.kind == .otherContents && error?.found == "no description of a mscred detector")
  }

  /// Other sizes than those of the tensors.
  @Test(arguments: [
    (LongTermMemory.Form.history, #""channels":4"#, #""channels":5"#),
    (.projected, #""channels":4"#, #""channels":3"#),
    (.shared, #""widths":[3,4]"#, #""widths":[4,3]"#),
    (.shared, #""form":"shared""#, #""form":"projected""#),
    (.shared, #""cell":"rnn""#, #""cell":"gru""#),
    (.shared, #""separable":false"#, #""separable":true"#),
    (.shared, #""widths":[3,4]"#, #""widths":[3]"#),
  ]) func configurationsOfOtherTensors(_ form: LongTermMemory.Form, from: String, to: String) throws
  {
    _ = try refusal(LongTermMemory(cell: .rnn, form: form)) { file in
      let text = try #require(file.metadata["configuration"])
      #expect(text.contains(from))
      file.metadata["configuration"] = text.replacing(from, with: to)
    }
  }

  @Test func tensorsOfTheMemoryMissing() throws {
    let error = try refusal(LongTermMemory(cell: .gru)) { file in
      file.entries.removeAll { $0.name.hasPrefix("memory.") }
    }
    #expect(error?.file == "here" && error?.kind == .otherContents)
    for name in ["memory.weight_hh", "network.memory.1.kernel", "network.decoder.0.bias"] {
      _ = try refusal(LongTermMemory(cell: .gru)) { file in
        #expect(file.entries.contains { $0.name == name })
        file.entries.removeAll { $0.name == name }
      }
    }
  }
}
