// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimHost
import MinimPacking
import MinimRuntime
import Testing

/// Operations over time against PyTorch (Tools/golden/runtime_convolution.py), in every precision.
@Suite struct GoldenOperationTests {
  struct Golden: Decodable {
    struct Convolution: Decodable {
      var inputs, outputs, taps, dilation: Int
      var depthwise: Bool
      var x, weight, bias, y: [Float]
    }

    struct Unit: Decodable {
      var inputs, units: Int
      var x, w, u, b, c, y: [Float]
    }

    struct Mean: Decodable {
      var channels: Int
      var x, y: [Float]
    }

    var convolutions: [Convolution]
    var units: [Unit]
    var means: [Mean]
  }

  private func golden() throws -> Golden {
    let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Golden/runtime-convolution.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  /// The largest difference between expected results and those of a model of one operation.
  private func difference(
    _ operation: ModelFile.Operation, _ tensors: [ModelFile.Tensor], channels: Int, x: [Float],
    y: [Float]
  ) throws -> Float {
    let file = ModelFile(
      operations: [operation], stepOperations: 1, tensors: tensors,
      preprocessing: .init(
        mode: .stream, normalisation: .none, channels: channels, window: 1, shortest: 1),
      decision: .none)
    let loaded = try LoadedModel(file.bytes(), path: "test")
    var results: [Float] = []
    for start in stride(from: 0, to: x.count, by: channels) {
      _ = loaded.session.step(Array(x[start..<(start + channels)]))
      let output = loaded.session.result()
      results += (0..<operation.outputLength).map { output[$0] }
    }
    #expect(results.count == y.count)
    return zip(results, y).map { abs($0 - $1) }.max() ?? .infinity
  }

  private func limit(_ precision: Precision) -> Float {
    switch precision {
    case .float32: 2e-6
    case .float16: 2e-3
    case .int8: 0.03
    }
  }

  @Test(arguments: Precision.allCases) func convolutions(_ precision: Precision) throws {
    for item in try golden().convolutions {
      let inputScale = (item.x.map(abs).max() ?? 0) / 127
      var tensors = [
        try ModelFile.Tensor.convolution(
          item.weight, outputs: item.outputs, taps: item.taps, name: "W", precision: precision,
          inputScale: inputScale)
      ]
      if !item.bias.isEmpty {
        tensors.append(try .vector(item.bias, name: "b", precision: precision))
      }
      let variant = item.depthwise ? ConvolutionVariant.depthwise : .full
      let difference = try difference(
        .init(
          code: .convolution, variant: variant.rawValue, input: 0,
          parameter: UInt16(item.dilation), tensors: Array(tensors.indices),
          outputLength: item.outputs), tensors, channels: item.inputs, x: item.x, y: item.y)
      #expect(difference < limit(precision), "\(item.inputs) to \(item.outputs)")
    }
  }

  @Test(arguments: Precision.allCases) func minimalGatedUnits(_ precision: Precision) throws {
    for item in try golden().units {
      let inputScale = (item.x.map(abs).max() ?? 0) / 127, rows = 2 * item.units
      let tensors: [ModelFile.Tensor] = [
        try .matrix(
          item.w, rows: rows, name: "W", precision: precision, inputScale: inputScale),
        try .matrix(item.u, rows: rows, name: "U", precision: precision, inputScale: 1.0 / 127),
        try .vector(item.b, name: "b", precision: precision),
        try .vector(item.c, name: "c", precision: precision),
      ]
      let difference = try difference(
        .init(
          code: .recurrent, variant: RecurrentVariant.mgu.rawValue, input: 0,
          tensors: [0, 1, 2, 3], outputLength: item.units), tensors, channels: item.inputs,
        x: item.x, y: item.y)
      #expect(difference < limit(precision), "\(item.units) units")
    }
  }

  @Test func means() throws {
    for item in try golden().means {
      let difference = try difference(
        .init(code: .mean, input: 0, outputLength: item.channels), [], channels: item.channels,
        x: item.x, y: item.y)
      #expect(difference < limit(.float32))
    }
  }
}
