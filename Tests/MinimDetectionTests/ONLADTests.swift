// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimSeries
import MinimTensor
import Testing

@Suite struct ONLADTests {
  @Test func sequentialLearning() throws {
    let golden = try ClosedFormGolden.read().autoencoder
    var detector = ONLAD(
      .init(
        channels: golden.channels, window: golden.window, hidden: golden.hidden,
        ridge: golden.ridge))
    detector.weight = Tensor(golden.weight, shape: detector.weight.shape)
    detector.bias = Tensor(golden.bias, shape: detector.bias.shape)
    let found = try detector.fitted(to: recording(golden.train, channels: golden.channels))
    #expect(distance(found.output.scalars.map(Double.init), golden.output) < 1e-6)
    let scores = found.scores(of: recording(golden.test, channels: golden.channels))
    let parts = try #require(scores.channelParts).map(Double.init)
    #expect(distance(parts, golden.parts) < 1e-5)
  }

  @Test func sizes() {
    #expect(
      [1, 20, 21, 50, 51].map { ONLAD.Configuration(channels: $0).hidden } == [
        16, 16, 32, 32, 64,
      ])
    for bad in [
      ONLAD.Configuration(channels: 0), .init(channels: 1, window: 0),
      .init(channels: 1, hidden: 0), .init(channels: 1, ridge: 0), .init(channels: 1, ridge: .nan),
    ] { #expect(!bad.isValid) }
  }
}
