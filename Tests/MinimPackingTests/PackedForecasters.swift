// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimForecasting
import MinimLayers
import MinimPacking
import MinimSeries
import MinimTensor
import Testing

/// A forecaster of random numbers, norms and buffers among them, with rows to pack it by.
struct MadeForecaster: Sendable, CustomTestStringConvertible {
  /// What it is, in a few words.
  let testDescription: String
  let channels: Int
  private let make: @Sendable (Int, inout SeededGenerator) -> any Forecaster<Float>

  private init<Kind: Forecaster<Float>>(
    _ name: String, channels: Int = 3, _: Kind.Type,
    _ configure: @escaping @Sendable (_ channels: Int) -> Kind.Configuration
  ) {
    testDescription = name
    self.channels = channels
    make = { channels, generator in
      var model = Kind(configure(channels), using: &generator)
      model.visitParameters(under: .root) { _, tensor in
        tensor = tensor + .uniform(in: -0.1...0.1, shape: tensor.shape, using: &generator)
      }
      model.visitBuffers(under: .root) { _, tensor in
        tensor = tensor + .uniform(in: -0.4...0.4, shape: tensor.shape, using: &generator)
      }
      return model
    }
  }

  /// The forecaster.
  func model() -> any Forecaster<Float> {
    var generator = SeededGenerator(seed: 11)
    return make(channels, &generator)
  }

  /// Seasons of 24 rows, a slow wave and noise, of channels that differ in level and size.
  func rows(_ count: Int, from first: Int = 0) throws -> Recording {
    var generator = SeededGenerator(seed: 3)
    let noise = Tensor<Float>.uniform(
      in: -0.3...0.3, shape: [first + count, channels], using: &generator
    ).scalars
    let values = (first..<first + count).flatMap { row in
      (0..<channels).map { channel -> Float in
        let turn = 2 * Double.pi * Double(row + 5 * channel)
        let wave = Float(sin(turn / 24) + 0.5 * cos(turn / 8) + sin(turn / 400))
        let scale = pow(10, Float(channel % 4 - 1))
        return scale * (wave + noise[row * channels + channel] + Float(3 * channel))
      }
    }
    return Recording(
      name: "made", channels: channels, channelNames: (0..<channels).map { "c\($0)" },
      values: values)
  }

  /// The scaler of 300 rows, and the model packed by them.
  func packed(
    _ precision: Precision = .float32, intervals: ConformalIntervals? = nil, bare: Bool = false
  ) throws -> (scaler: Scaler, packed: PackedForecaster) {
    let recording = try rows(300), scaler = Scaler(recording)
    return (
      scaler,
      try pack(
        model(), scaler: scaler, trainedOn: recording, intervals: intervals, precision: precision,
        bare: bare)
    )
  }

  static let sparse = Self("SparseTSF", SparseForecaster<Float>.self) {
    .init(channels: $0, lookback: 96, horizon: 48)
  }
  static let small = Self("small", channels: 2, ForecastPerceptron<Float>.self) {
    .init(channels: $0, lookback: 6, horizon: 2, hidden: 3)
  }
  static let perceptron = Self("perceptron", ForecastPerceptron<Float>.self) {
    .init(channels: $0, lookback: 48, horizon: 24, hidden: 16)
  }

  static let all = [
    perceptron, small, sparse,
    Self("plain perceptron of many channels", channels: 20, ForecastPerceptron<Float>.self) {
      .init(channels: $0, lookback: 30, horizon: 7, hidden: 9, decomposes: false)
    },
    Self("perceptron of one channel", channels: 1, ForecastPerceptron<Float>.self) {
      .init(channels: $0, lookback: 96, horizon: 24, hidden: 32)
    },
    Self("DLinear", LinearForecaster<Float>.self) {
      .init(kind: .decomposed, channels: $0, lookback: 36, horizon: 12)
    },
    Self("NLinear", LinearForecaster<Float>.self) {
      .init(kind: .last, channels: $0, lookback: 36, horizon: 12)
    },
    Self("RLinear", LinearForecaster<Float>.self) {
      .init(kind: .reversible, channels: $0, lookback: 36, horizon: 12)
    },
    Self("low rank", LinearForecaster<Float>.self) {
      .init(kind: .lowRank, channels: $0, lookback: 36, horizon: 12, rank: 8)
    },
    Self("rank 3", channels: 1, LinearForecaster<Float>.self) {
      .init(kind: .lowRank, channels: $0, lookback: 36, horizon: 12, rank: 3)
    },
    Self("SparseTSF of an odd period", channels: 17, SparseForecaster<Float>.self) {
      .init(channels: $0, lookback: 35, horizon: 14, period: 7)
    },
    Self("SparseTSF without a period", SparseForecaster<Float>.self) {
      .init(channels: $0, lookback: 35, horizon: 14, period: 1)
    },
    Self("SparseTSF with hidden units", SparseForecaster<Float>.self) {
      .init(channels: $0, lookback: 96, horizon: 24, period: 4, hidden: 20)
    },
    Self("FITS", FourierForecaster<Float>.self) {
      .init(channels: $0, lookback: 72, horizon: 24)
    },
    Self("FITS of all frequencies", channels: 1, FourierForecaster<Float>.self) {
      .init(channels: $0, lookback: 12, horizon: 12)
    },
    Self("TimeBase", TimeBase<Float>.self) {
      .init(channels: $0, lookback: 96, horizon: 30)
    },
    transformer("transformer of rows", lookback: 20, horizon: 3, norm: .token),
    transformer("transformer of one row", lookback: 1, horizon: 1, positions: .learned),
    transformer(
      "step-t transformer", lookback: 30, horizon: 1, norm: .token, positions: .learned,
      looks: .lastStep),
    transformer("set of rows", lookback: 12, horizon: 4, positions: .none, looks: .lastStep),
    transformer("binary transformer", lookback: 18, horizon: 2, Binarisation(keep: 0.5)),
    transformer(
      "binary set of rows", lookback: 40, horizon: 1, positions: .none, looks: .lastStep,
      Binarisation(keep: 0.25, trainsBiases: true)),
  ]

  private static func transformer(
    _ name: String, lookback: Int, horizon: Int, norm: TransformerNorm = .none,
    positions: TransformerConfiguration.Positions = .sinusoid,
    looks: TransformerConfiguration.Looks = .everywhere, _ binarisation: Binarisation? = nil
  ) -> Self {
    Self(name, TransformerForecaster<Float>.self) {
      .init(
        encoder: TransformerConfiguration(
          inputs: $0, width: 12, feedForward: 20, steps: lookback + 1, norm: norm,
          positions: positions, looks: looks), horizon: horizon, binarisation: binarisation)
    }
  }

  /// Those that cannot be packed, and the beginning of why.
  static let refused: [(Self, String)] = [
    (
      Self("CycleNet", CycleNet<Float>.self) { .init(channels: $0, lookback: 48, horizon: 12) },
      "a forecaster: found cyclenet, which has to be told the number of each step, for which"
    ),
    (
      Self("iTransformer", InvertedTransformer<Float>.self) {
        .init(channels: $0, lookback: 48, horizon: 12, width: 16)
      }, "a forecaster: found itransformer, a teacher, for which"
    ),
    (
      transformer("norms over time", lookback: 12, horizon: 1, norm: .time),
      "a transformer: found norms over time, for which"
    ),
    (
      transformer("long window", lookback: 4097, horizon: 1, norm: .token),
      "a forecaster: found a look-back of 4097 rows, expected at most 4096; train with"
    ),
    (
      Self("long", channels: 1, LinearForecaster<Float>.self) {
        .init(kind: .last, channels: $0, lookback: 4097, horizon: 2)
      }, "a forecaster: found a look-back of 4097 rows, expected at most 4096; train with"
    ),
  ]
}
