// SPDX-License-Identifier: Apache-2.0
import MinimForecasting
import MinimLayers
import MinimTensor
import Testing

/// Trained numbers of teachers, look-back 720, against the tables of methods, timedistill 3; buffers do not count.
@Suite struct TeacherCountTests {
  /// A row of a table: its sizes, and millions of numbers for the horizons 96, 192, 336 and 720.
  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let sizes: [Int]
    let millions: [Double]
    var horizons = [96, 192, 336, 720]
    var testDescription: String { name }
  }

  /// Whether a count is what the table says, to its last printed digit.
  private func expect(_ count: Double, _ millions: Double, _ row: Row, _ horizon: Int) {
    let digit: Double = millions < 10 ? 1e3 : millions < 100 ? 1e4 : millions < 200 ? 1e4 : 1e5
    #expect(
      (count / digit).rounded() == (millions * 1e6 / digit).rounded(),
      "\(row.name), horizon \(horizon): \(count)")
  }

  /// Whether a model made of the configuration holds what it says.
  private func expectHeld<F: Forecaster<Float>>(_ configuration: F.Configuration, _: F.Type) {
    var generator = SeededGenerator(seed: 1)
    let model = F(configuration, using: &generator)
    let held = model.entries().reduce(0) { $0 + $1.shape.reduce(1, *) }
    #expect(configuration.storedCount == Double(held))
  }

  /// Layers and width.
  static let inverted = [
    Row(name: "ECL", sizes: [3, 512], millions: [5.153, 5.203, 5.276, 5.473]),
    Row(name: "ETTh1", sizes: [2, 256], millions: [1.001, 1.026, 1.063, 1.162]),
    Row(name: "ETTh2", sizes: [2, 128], millions: [0.304, 0.316, 0.335, 0.385]),
    Row(name: "Solar", sizes: [2, 512], millions: [3.575, 3.625, 3.699, 3.896]),
    Row(name: "Traffic", sizes: [4, 512], millions: [6.731, 6.781, 6.854, 7.051]),
    Row(name: "Weather", sizes: [3, 512], millions: [5.153, 5.203, 5.276, 5.473]),
  ]

  @Test(arguments: inverted) func invertedTransformer(_ row: Row) {
    for (horizon, millions) in zip(row.horizons, row.millions) {
      let configuration = InvertedTransformer<Float>.Configuration(
        channels: 7, lookback: 720, horizon: horizon, width: row.sizes[1], layers: row.sizes[0])
      #expect(configuration.isValid)
      expect(configuration.storedCount, millions, row, horizon)
      if millions < 0.35 { expectHeld(configuration, InvertedTransformer<Float>.self) }
    }
  }

  /// Layers, width, units of a layer and heads.
  ///
  /// The row of Weather has heads that do not share its width.
  static let patches = [
    Row(name: "ECL", sizes: [2, 128, 256, 16], millions: [1.373, 2.479, 4.138, 8.562]),
    Row(name: "ETTh1", sizes: [1, 512, 2048, 16], millions: [7.585, 12.01, 18.64, 36.34]),
    Row(name: "ETTh2", sizes: [3, 512, 2048, 4], millions: [13.89, 18.31, 24.95, 42.64]),
    Row(name: "ETTm1", sizes: [3, 512, 2048, 2], millions: [13.89, 18.31, 24.95, 42.64]),
    Row(name: "Solar", sizes: [2, 128, 128, 8], millions: [1.307, 2.414, 4.073, 8.497]),
    Row(name: "Traffic", sizes: [2, 512, 512, 8], millions: [7.589, 12.01, 18.65, 36.34]),
  ]

  @Test(arguments: patches) func patchTransformer(_ row: Row) {
    for (horizon, millions) in zip(row.horizons, row.millions) {
      let configuration = PatchTransformer<Float>.Configuration(
        channels: 7, lookback: 720, horizon: horizon, width: row.sizes[1], layers: row.sizes[0],
        heads: row.sizes[3], feedForward: row.sizes[2])
      #expect(configuration.isValid)
      expect(configuration.storedCount - 2 * Double(row.sizes[1]), millions, row, horizon)
      if millions < 1.35 { expectHeld(configuration, PatchTransformer<Float>.self) }
    }
  }

  /// The small sizes, which are the default: about 0.08 M for 336 rows.
  @Test func smallPatchTransformer() {
    let configuration = PatchTransformer<Float>.Configuration(
      channels: 7, lookback: 336, horizon: 96)
    #expect(configuration.storedCount == 81_072 + 32)
    expectHeld(configuration, PatchTransformer<Float>.self)
  }

  /// Channels, ratio and blocks, for the horizons 96 and 720.
  static let convolutions = [
    Row(name: "ECL", sizes: [321, 8, 1], millions: [129.26, 136.45], horizons: [96, 720]),
    Row(name: "ETTh1", sizes: [7, 1, 1], millions: [1.199, 8.388], horizons: [96, 720]),
    Row(name: "ETTm1", sizes: [7, 8, 3], millions: [2.739, 9.928], horizons: [96, 720]),
    Row(name: "Solar", sizes: [137, 1, 1], millions: [5.193, 12.38], horizons: [96, 720]),
    Row(name: "Traffic", sizes: [862, 8, 1], millions: [822.8, 830.0], horizons: [96, 720]),
    Row(name: "Weather", sizes: [21, 8, 1], millions: [3.040, 10.23], horizons: [96, 720]),
  ]

  @Test(arguments: convolutions) func modernTCN(_ row: Row) {
    let channels = row.sizes[0], blocks = row.sizes[2]
    // Means and variances of the norms, which are not trained.
    let buffers = 2 * 64 + blocks * (4 * 64 * channels + 2 * 64)
    for (horizon, millions) in zip(row.horizons, row.millions) {
      let configuration = ModernTCN<Float>.Configuration(
        channels: channels, lookback: 720, horizon: horizon, ratio: row.sizes[1], blocks: blocks)
      #expect(configuration.isValid)
      expect(configuration.storedCount - Double(buffers), millions, row, horizon)
      if millions < 3 { expectHeld(configuration, ModernTCN<Float>.self) }
    }
  }
}
