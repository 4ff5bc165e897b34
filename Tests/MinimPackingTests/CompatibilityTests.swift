// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimPacking
import MinimRuntime
import Testing

/// Model files of every released version, which every later version must read with the same results.
@Suite struct CompatibilityTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Compat/v1")

  @Test func filesOfFormat1LoadAndGiveTheSameBits() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".minim") }
    #expect(names.count >= 27)
    for name in names.sorted() {
      let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
      let loaded = try LoadedModel(bytes, path: name)
      let test = try SelfTest(loaded.model)
      #expect(test.count > 0, "\(name)")
      #expect(test.run(in: loaded.session) == 0, "\(name)")
      #expect(try ModelFile(loaded.model).bytes() == bytes, "\(name)")
    }
  }

  /// Alarm, score and threshold after so many rows of the machine sample, as bits: the lines that
  /// `Ports/c/stream.c` printed for windows of them.
  @Test func detectorsJudgeAStreamWithTheSameBits() throws {
    let parent = Self.folder.deletingLastPathComponent()
    let rows = try JSONDecoder().decode(
      [[Float]].self, from: Data(contentsOf: parent.appending(path: "machine.ndjson")))
    let judgements = try String(
      contentsOf: parent.appending(path: "judgements.txt"), encoding: .utf8
    ).split(separator: "\n").map { $0.split(separator: " ") }
    let wanted = Dictionary(grouping: judgements) { $0[0] }
    #expect(wanted.count == 12 && wanted.values.allSatisfy { $0.count == 12 })
    for (name, lines) in wanted {
      let file = Self.folder.appending(path: "\(name).minim")
      // The small generation finds nothing strange enough.
      #expect(lines.contains { $0[2] == "1" } == (name != "gon-float32"), "\(name)")
      try withDetectorSession([UInt8](try Data(contentsOf: file))) { session in
        // Signature matrices come a gap apart.
        let gap = session.session.model.resultInterval
        for (count, row) in rows.enumerated() {
          let between: StepStatus = count < gap ? .warming : .holding
          #expect(session.step(row) == ((count + 1) % gap == 0 ? .ready : between))
          for line in lines where Int(line[1]) == count + 1 {
            #expect(line[2] == (session.isAlarm ? "1" : "0"), "\(line)")
            #expect(UInt32(line[3], radix: 16) == session.score.bitPattern, "\(line)")
            #expect(UInt64(line[4], radix: 16) == session.threshold.bitPattern, "\(line)")
          }
        }
      }
    }
  }
}
