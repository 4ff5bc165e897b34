// SPDX-License-Identifier: Apache-2.0
import CAllocationCounter
import MinimHost
import MinimPacking
import MinimRuntime
import MinimSeries
import MinimTensor
import Testing

@Suite struct AllocationTests {
  /// A million samples and ten thousand results, for every cell, precision and mode, in turn.
  @Test(.enabled(if: allocations_are_counted() != 0, "calls cannot be counted here"))
  func stepsAndResultsDoNotTouchTheHeap() throws {
    let first = allocation_count()
    let probe = [Int](repeating: first == 0 ? 1 : 2, count: Int.random(in: 100...200))
    #expect(allocation_count() > first || probe.isEmpty, "the counter does not count")
    let combinations = RecurrentCell.packed.flatMap { cell in
      Precision.allCases.flatMap { precision in
        NormalisePolicy.allCases.map { (cell, precision, $0) }
      }
    }
    let sample: [Float] = [0.25, -0.5]
    for (cell, precision, normalise) in combinations {
      let models = try PackedModels(
        cell: cell, layers: 2, channels: 2, preparation: Preparation(normalise: normalise))
      let loaded = try LoadedModel(models.packed(precision).bytes, path: "test")
      let session = loaded.session
      let before = allocation_count()
      var rejected = 0
      sample.withUnsafeBufferPointer { buffer in
        guard let pointer = buffer.baseAddress else { return }
        for step in 0..<(1_000_000 / combinations.count) {
          if session.step(pointer) == .rejected { rejected += 1 }
          if step % 100 == 0 { _ = session.result() }
        }
      }
      #expect(allocation_count() == before)
      #expect(rejected == 0)
    }
  }
}
