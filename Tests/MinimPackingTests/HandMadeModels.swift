// SPDX-License-Identifier: Apache-2.0
import MinimPacking
import MinimRuntime
import MinimTensor

/// Model files put together by hand from operations that no trained model uses yet.
struct HandMadeModels {
  var precision: Precision
  var tensors: [ModelFile.Tensor] = []
  var operations: [ModelFile.Operation] = []
  private var generator: SeededGenerator

  init(_ precision: Precision, seed: UInt64 = 7) {
    self.precision = precision
    generator = SeededGenerator(seed: seed)
  }

  /// Multiples of 1/256 in ±1/2.
  mutating func numbers(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(Int(generator.next() % 257) - 128) / 256 }
  }

  private mutating func add(_ tensor: ModelFile.Tensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }

  mutating func matrix(_ rows: Int, _ columns: Int, inputScale: Float = 0.03125) throws -> Int {
    let numbers = numbers(rows * columns)
    return add(
      try .matrix(
        numbers, rows: rows, name: "matrix", precision: precision, inputScale: inputScale))
  }

  mutating func vector(_ count: Int) throws -> Int {
    let numbers = numbers(count)
    return add(try .vector(numbers, name: "vector", precision: precision))
  }

  /// Appends a convolution; returns the value that it writes.
  @discardableResult
  mutating func convolution(
    _ variant: ConvolutionVariant, of input: Int, inputs: Int, outputs: Int, taps: Int,
    dilation: UInt16, bias: Bool = true
  ) throws -> Int {
    let read = variant == .full ? inputs : 1
    let weights = numbers(outputs * read * taps)
    var operands: [Int?] = [
      add(
        try .convolution(
          weights, outputs: outputs, taps: taps, name: "convolution", precision: precision,
          inputScale: 0.03125))
    ]
    if bias { operands.append(try vector(outputs)) }
    return append(
      .init(
        code: .convolution, variant: variant.rawValue, input: input, parameter: dilation,
        tensors: operands, outputLength: outputs))
  }

  /// Appends a minimal gated unit; returns the value that it writes.
  @discardableResult
  mutating func unit(of input: Int, inputs: Int, units: Int) throws -> Int {
    let operands: [Int?] = [
      try matrix(2 * units, inputs), try matrix(2 * units, units, inputScale: 1.0 / 127),
      try vector(2 * units), try vector(units),
    ]
    return append(
      .init(
        code: .recurrent, variant: RecurrentVariant.mgu.rawValue, input: input, tensors: operands,
        outputLength: units))
  }

  @discardableResult
  mutating func append(_ operation: ModelFile.Operation) -> Int {
    operations.append(operation)
    return operations.count
  }

  func file(
    _ mode: PreprocessingMode, channels: Int, steps: Int, decision: ModelFile.Decision = .none
  ) -> ModelFile {
    ModelFile(
      operations: operations, stepOperations: steps, tensors: tensors,
      preprocessing: .init(
        mode: mode, normalisation: .none, channels: channels, window: 24, shortest: 20),
      decision: decision)
  }

  /// All new operations: two convolutions with a residual connection, a depth-wise one between, a
  /// minimal gated unit beside a mean over time, and a head over both.
  static func student(_ precision: Precision, _ mode: PreprocessingMode) throws -> ModelFile {
    var made = HandMadeModels(precision)
    let first = try made.convolution(.full, of: 0, inputs: 1, outputs: 8, taps: 3, dilation: 1)
    let relu = made.append(.init(code: .activation, input: first, outputLength: 8))
    let middle = try made.convolution(
      .depthwise, of: relu, inputs: 8, outputs: 8, taps: 3, dilation: 2, bias: false)
    let last = try made.convolution(.full, of: middle, inputs: 8, outputs: 8, taps: 1, dilation: 1)
    let sum = made.append(
      .init(code: .add, input: last, parameter: UInt16(relu), outputLength: 8))
    let features = made.append(.init(code: .activation, input: sum, outputLength: 8))
    let hidden = try made.unit(of: features, inputs: 8, units: 5)
    made.append(.init(code: .mean, input: features, outputLength: 8))
    let joined = made.append(.init(code: .join, input: hidden, parameter: 2, outputLength: 13))
    let head: [Int?] = [try made.matrix(2, 13), try made.vector(2)]
    let logits = made.append(.init(code: .linear, input: joined, tensors: head, outputLength: 2))
    made.append(.init(code: .softmax, input: logits, outputLength: 2))
    var file = made.file(mode, channels: 1, steps: 8, decision: .classes(["flat", "steep"]))
    let samples = made.numbers(24).map { 4 * $0 }
    file.selfTests = [.init(samples: samples, output: DirectNet(file).results(samples).last ?? [])]
    return file
  }
}

/// What a model file means, computed for whole series, operation by operation, with every
/// input looked up at its time: nothing is carried from step to step but h of a recurrent unit.
struct DirectNet {
  let file: ModelFile

  init(_ file: ModelFile) { self.file = file }

  /// The result after each step of samples (step by step, all channels), without a window.
  func results(_ samples: [Float]) -> [[Float]] {
    let channels = file.preprocessing.channels
    var values = [
      stride(from: 0, to: samples.count, by: channels).map {
        Array(samples[$0..<($0 + channels)])
      }
    ]
    for operation in file.operations { values.append(series(operation, values)) }
    return values[values.count - 1]
  }

  private func series(_ operation: ModelFile.Operation, _ values: [[[Float]]]) -> [[Float]] {
    let x = values[operation.input], parameter = Int(operation.parameter)
    let length = operation.outputLength
    switch operation.code {
    case .activation: return x.map { $0.map { $0 > 0 ? $0 : 0 } }
    case .softmax:
      return x.map { line in
        let powers = line.map { expOf($0 - (line.max() ?? 0)) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
      }
    case .linear:
      return x.map { product(operation.tensors[0], $0, onto: bias(operation, 1, length)) }
    case .add: return zip(x, values[parameter]).map { zip($0, $1).map { $0 + $1 } }
    case .join:
      return x.indices.map { time in
        (operation.input..<(operation.input + parameter)).flatMap { values[$0][time] }
      }
    case .mean:
      return x.indices.map { time in
        (0..<length).map { channel in
          x[0...time].reduce(Float(0)) { $0 + $1[channel] } / Float(time + 1)
        }
      }
    case .convolution: return convolution(operation, x)
    case .recurrent: return minimalGatedUnit(operation, x)
    case .window:
      return x.indices.map { time in
        (time - parameter + 1...time).flatMap { x[max(0, $0)] }
      }
    case .clip:
      let bounds = bias(operation, 0, 2)
      return x.map { $0.map { min(max($0, bounds[0]), bounds[1]) } }
    case .error:
      let weight = operation.tensors.isEmpty ? 1 : bias(operation, 0, 1)[0]
      return zip(x, values[parameter]).map { a, b in
        zip(a.suffix(length), b.suffix(length)).map { weight * (($0 - $1) * ($0 - $1)) }
      }
    case .reduce: return x.map { [$0.reduce(0, +) / Float($0.count)] }
    case .forest, .generate, .recall, .embed, .layer, .attend, .pool, .series, .map, .affine,
      .forecast, .remember, .signatures, .accumulate, .image, .imageLSTM, .deviations:
      preconditionFailure("compared with the trained models instead")
    }
  }

  private func convolution(_ operation: ModelFile.Operation, _ x: [[Float]]) -> [[Float]] {
    guard let number = operation.tensors[0] else { return [] }
    let dilation = Int(operation.parameter), inputs = x[0].count
    let depthwise = operation.variant == ConvolutionVariant.depthwise.rawValue
    let taps = file.tensors[number].columns / (depthwise ? 1 : inputs)
    let start = bias(operation, 1, operation.outputLength)
    return x.indices.map { time in
      let seen = (0..<taps).map { tap in
        let past = time - (taps - 1 - tap) * dilation
        return past < 0 ? [Float](repeating: 0, count: inputs) : x[past]
      }
      guard depthwise else { return product(number, seen.flatMap { $0 }, onto: start) }
      return (0..<inputs).map { channel in
        row(channel, of: number, seen.map { $0[channel] }, onto: start[channel])
      }
    }
  }

  private func minimalGatedUnit(_ operation: ModelFile.Operation, _ x: [[Float]]) -> [[Float]] {
    let units = operation.outputLength
    var h = [Float](repeating: 0, count: units)
    return x.map { x in
      let ofInput = product(operation.tensors[0], x, onto: bias(operation, 2, 2 * units))
      let ofState = product(
        operation.tensors[1], h,
        onto: [Float](repeating: 0, count: units) + bias(operation, 3, units))
      h = h.indices.map { unit in
        let f = sigmoidOf(ofInput[unit] + ofState[unit])
        let n = tanhOf(ofInput[units + unit] + f * ofState[units + unit])
        return (1 - f) * h[unit] + f * n
      }
      return h
    }
  }

  private func bias(_ operation: ModelFile.Operation, _ operand: Int, _ length: Int) -> [Float] {
    guard operand < operation.tensors.count, let number = operation.tensors[operand] else {
      return [Float](repeating: 0, count: length)
    }
    return (0..<length).map { element(file.tensors[number], $0, 0) }
  }

  private func product(_ number: Int?, _ x: [Float], onto start: [Float]) -> [Float] {
    start.indices.map { row($0, of: number ?? 0, x, onto: start[$0]) }
  }

  /// One number of a product: in order of columns; of int8, exact and then scaled.
  private func row(_ row: Int, of number: Int, _ x: [Float], onto start: Float) -> Float {
    let tensor = file.tensors[number]
    precondition(tensor.type != .oneBit, "compared with a dense twin instead")
    guard tensor.type == .int8 else {
      var sum = start
      for (column, x) in x.enumerated() { sum += element(tensor, row, column) * x }
      return sum
    }
    let inputScale = Float(bitPattern: bits(tensor, 0, 4))
    let rowScale = Float(Float16(bitPattern: UInt16(bits(tensor, 4 + 2 * row, 2))))
    var sum = 0
    for (column, x) in x.enumerated() {
      let steps = max(-127, min(127, x * (1 / inputScale))).rounded(.toNearestOrEven)
      let weight = tensor.block[4 + 2 * tensor.rows + column * tensor.rows + row]
      sum += Int(Int8(bitPattern: weight)) * Int(steps)
    }
    return start + Float(sum) * (rowScale * inputScale)
  }

  private func element(_ tensor: ModelFile.Tensor, _ row: Int, _ column: Int) -> Float {
    let place = column * tensor.rows + row
    return tensor.type == .float32
      ? Float(bitPattern: bits(tensor, 4 * place, 4))
      : Float(Float16(bitPattern: UInt16(bits(tensor, 2 * place, 2))))
  }

  private func bits(_ tensor: ModelFile.Tensor, _ place: Int, _ count: Int) -> UInt32 {
    (0..<count).reduce(0) { $0 | UInt32(tensor.block[place + $1]) << UInt32(8 * $1) }
  }
}
