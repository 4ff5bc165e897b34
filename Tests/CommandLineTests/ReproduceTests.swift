// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// Which sets `minim reproduce memkd` takes; `make kill-reproduction` runs it.
@Suite struct ReproduceTests {
  private func call(_ scratch: Scratch, _ more: String...) throws -> CallResult {
    try Tool.call(
      ["reproduce", "memkd", "--data", scratch.path("sets"), "--out", scratch.path("out")] + more)
  }

  @Test func aSetWithoutATestPartIsLeftOutOrRefusedBeforeTheFirstTrial() throws {
    let scratch = try Scratch()
    try scratch.write("sets/Trace/Trace_TRAIN.tsv", "1\t1\t2\t3\n2\t4\t5\t7\n")
    let byDefault = try call(scratch)
    #expect(byDefault.code == 65)
    let lines = byDefault.errors.split(separator: "\n")
    #expect(lines.count == 2, "\(byDefault.errors)")
    #expect(lines.first?.contains("sets/Trace: left out") == true)
    #expect(lines.last?.contains("none of the paper's sets") == true)
    let named = try call(scratch, "--sets", "Trace")
    #expect(named.code == 65)
    #expect(named.errors.contains("found no test part"), "\(named.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  @Test func aSetThatIsNotThereOrTwiceThereIsRefused() throws {
    let scratch = try Scratch()
    let missing = try call(scratch, "--sets", "Trace")
    #expect(missing.code == 65 && missing.errors.contains("sets/Trace"), "\(missing.errors)")
    let twice = try call(scratch, "--sets", "Trace,Trace")
    #expect(twice.code == 64 && twice.errors.contains("Trace a second time"), "\(twice.errors)")
    try scratch.write("sets/Trace/Trace_TRAIN.tsv", "1\t1\t2\t3\n2\t4\t5\t7\n")
    try scratch.write("sets/Trace/Trace_TEST.tsv", "1\t1\t2\t3\n2\t4\t5\t7\n")
    let alias = try call(scratch, "--sets", "Trace,./Trace")
    #expect(alias.code == 64 && alias.errors.contains("Trace a second time"), "\(alias.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }
}
