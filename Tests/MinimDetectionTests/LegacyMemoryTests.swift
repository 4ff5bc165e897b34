// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import Testing

@Suite struct LegacyMemoryTests {
  /// The Memory column of the paper's third table: FTSAD-1, -25, -55, SMD and MSDS.
  @Test(arguments: [
    (LegacyMemory.gon, [0.2134, 0.5103, 1.4083, 2.5042, 2.0839]),
    (.usad, [0.9120, 1.1369, 2.8905, 5.3099, 4.4187]),
    (.madGAN, [0.5329, 0.8718, 2.4663, 3.8921, 3.2389]),
    (.slimGAN, [0.5066, 0.6489, 1.8131, 2.7568, 2.2941]),
    (.onlad, [0.3374, 1.0842, 2.9542, 4.0741, 3.3903]),
  ])
  func thePublishedColumn(_ model: LegacyMemory, _ published: [Double]) {
    let sets = [(1, 5000), (25, 1700), (55, 2264), (38, 5696), (38, 4740)]
    let found = sets.map { model.gigabytes(channels: $0.0, testRows: $0.1) }
    #expect(found.map { ($0 * 10_000).rounded() / 10_000 } == published)
  }
}
