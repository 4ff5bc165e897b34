// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimLearning
import MinimTensor
import Testing

/// Numbers of light forecasters against the tables of methods, timedistill 1 and 8.
@Suite struct StudentCountTests {
  private typealias Perceptron = ForecastPerceptron<Float>.Configuration

  /// Whether a model of the configuration holds what it says.
  private func expectHeld<F: Forecaster<Float>>(_ configuration: F.Configuration, _: F.Type) {
    var generator = SeededGenerator(seed: 1)
    let model = F(configuration, using: &generator)
    let held = model.entries().reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(configuration.isValid && configuration.storedCount == Double(held))
  }

  /// Weights alone, then with norms and RevIN's 2 C for 7, 21, 137 and 321 channels, then Traffic's and the single branch's.
  @Test(arguments: [
    (96, [836_800, 836_842, 836_926, 837_622, 838_726, 1_678_580, 418_400]),
    (192, [935_296, 935_338, 935_422, 936_118, 937_222, 1_875_380, 467_648]),
    (336, [1_083_040, 1_083_082, 1_083_166, 1_083_862, 1_084_966, 2_170_580, 541_520]),
    (720, [1_477_024, 1_477_066, 1_477_150, 1_477_846, 1_478_950, 2_957_780, 738_512]),
  ])
  func perceptron(_ horizon: Int, _ counts: [Int]) {
    for (place, channels) in [7, 21, 137, 321, 862].enumerated() {
      let sizes = Perceptron(
        channels: channels, lookback: 720, horizon: horizon, hidden: channels == 862 ? 1024 : 512)
      #expect(sizes.isValid)
      // Of 8 C numbers of two norms half are not trained; RevIN's 2 C are there but not used.
      #expect(
        sizes.storedCount - Double(4 * channels) + Double(2 * channels)
          == Double(counts[place + 1]))
      if channels < 862 {
        #expect(sizes.storedCount - Double(8 * channels) == Double(counts[0]))
      }
    }
    let single = Perceptron(channels: 7, lookback: 720, horizon: horizon, decomposes: false)
    #expect(single.storedCount - 28 == Double(counts[6]))
    if horizon == 96 { expectHeld(single, ForecastPerceptron<Float>.self) }
  }

  @Test func linear() {
    func expect(
      _ kind: LinearForecaster<Float>.Kind, _ lookback: Int, _ horizon: Int, _ count: Double
    ) {
      let sizes = LinearForecaster<Float>.Configuration(
        kind: kind, channels: 7, lookback: lookback, horizon: horizon)
      #expect(sizes.storedCount == count)
      expectHeld(sizes, LinearForecaster<Float>.self)
    }
    expect(.decomposed, 720, 96, 138_432)
    expect(.decomposed, 720, 720, 1_038_240)
    expect(.decomposed, 336, 96, 64_704)
    expect(.last, 720, 96, 69_216)
    expect(.last, 336, 96, 32_352)
    expect(.reversible, 336, 96, 32_366)
    expect(.lowRank, 720, 96, 720 * 8 + 8 * 96 + 96)
  }

  @Test func sparse() {
    func expect(_ horizon: Int, hidden: Int?, _ count: Double) {
      let sizes = SparseForecaster<Float>.Configuration(
        channels: 7, lookback: 720, horizon: horizon, hidden: hidden)
      #expect(sizes.storedCount == count)
      expectHeld(sizes, SparseForecaster<Float>.self)
    }
    expect(96, hidden: nil, 145)
    expect(720, hidden: nil, 925)
    expect(96, hidden: 128, 4509)
    expect(720, hidden: 128, 7863)
  }

  /// Complex numbers count twice.
  @Test func fourier() {
    func expect(_ lookback: Int, _ horizon: Int, harmonics: Int, _ count: Double) {
      let sizes = FourierForecaster<Float>.Configuration(
        channels: 7, lookback: lookback, horizon: horizon, harmonics: harmonics)
      #expect(sizes.storedCount == 2 * count)
      expectHeld(sizes, FourierForecaster<Float>.self)
    }
    expect(720, 720, harmonics: 2, 10_512)
    expect(360, 96, harmonics: 6, 14_338)
    expect(720, 96, harmonics: 6, 43_734)
    var generator = SeededGenerator(seed: 1)
    let usual = ForecasterPreset.named("fits")?.forecaster(
      channels: 7, lookback: 720, horizon: 96, sizes: ForecasterSizes(), using: &generator)
    #expect(usual?.parameterCount == 2 * 43_734)
    #expect(ForecasterPreset.named("sparsetsf-mlp")?.plan.learningRate == 0.002)
  }

  @Test func timeBaseAndCycleNet() {
    for (horizon, count) in [(96, 214.0), (720, 396)] {
      let sizes = TimeBase<Float>.Configuration(channels: 7, lookback: 720, horizon: horizon)
      #expect(sizes.storedCount == count)
      expectHeld(sizes, TimeBase<Float>.self)
    }
    let sizes = CycleNet<Float>.Configuration(channels: 7, lookback: 720, horizon: 96)
    #expect(sizes.storedCount == 69_384)
    expectHeld(sizes, CycleNet<Float>.self)
    let large = CycleNet<Float>.Configuration(
      channels: 321, lookback: 720, horizon: 96, period: 168, hidden: 512)
    #expect(large.storedCount == 53_928 + 721 * 512 + 513 * 96)
    expectHeld(large, CycleNet<Float>.self)
  }

  /// Sizes of damaged files are counted, or refused, without a trap.
  @Test func hugeSizesAreCountedOrRefused() {
    let big = Int.max
    #expect(Perceptron(channels: big, lookback: big, horizon: big, hidden: big).storedCount > 1e37)
    #expect(
      TimeBase<Float>.Configuration(
        channels: big, lookback: big, horizon: big, period: big, rank: big
      ).storedCount > 1e19)
    #expect(
      !TimeBase<Float>.Configuration(
        channels: 1, lookback: 24, horizon: 1, orthogonality: .infinity
      ).isValid)
    #expect(
      SparseForecaster<Float>.Configuration(
        channels: big, lookback: big, horizon: big, period: big
      ).storedCount > 9e18)
    var sizes = FourierForecaster<Float>.Configuration(channels: 1, lookback: 48, horizon: 12)
    sizes.lookback = big
    #expect(!sizes.isValid)
    sizes.lookback = 1 << 16
    sizes.horizon = 1 << 16
    #expect(sizes.isValid && sizes.storedCount > 0)
    // Tables of waves of gigabytes.
    sizes.lookback = 2
    sizes.frequencies = 2
    #expect(!sizes.isValid)
    sizes.lookback = 1 << 16
    sizes.frequencies = 1 << 15 + 2
    #expect(!sizes.isValid)
  }
}
