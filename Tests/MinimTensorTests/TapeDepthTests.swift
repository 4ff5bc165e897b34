// SPDX-License-Identifier: Apache-2.0
import MinimTensor
import Testing

/// A tape may be as long as memory allows: letting go of it must not recurse through its operations.
@Suite struct TapeDepthTests {
  private func chain(_ count: Int) -> (Tensor<Float>, Tensor<Float>) {
    let start = Tensor<Float>([1], shape: [1]).variable()
    var end = start
    for _ in 0..<count { end = end + start }
    return (start, end)
  }

  @Test func longTapeIsLetGo() {
    do { _ = chain(200_000) }
  }

  @Test func longTapeIsLetGoAfterItsGradients() {
    let (start, end) = chain(200_000)
    let found = gradients(of: end, for: [start])
    #expect(found[0].scalars == [200_001])
    #expect(end.scalars == [200_001])
  }
}
