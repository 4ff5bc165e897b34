// SPDX-License-Identifier: Apache-2.0
internal import MinimLayers
internal import MinimRuntime
internal import MinimTensor

/// The operations and tensors of a model file, put together one by one.
///
/// Each function gives the number of the value that its operation writes; 0 is the sample.
struct GraphBuilder {
  let precision: Precision
  /// Steps of the longest case.
  let window: Int
  private(set) var operations: [ModelFile.Operation] = []
  private(set) var tensors: [ModelFile.Tensor] = []
  /// The first operations, this many, run for every sample: all but the head.
  private(set) var stepOperations = 0
  /// Whether a result is that of a case alone, so that no state may be carried on from before.
  var needsWindow = false
  /// The seeds of signs of a model whose matrices are signs under masks; none of another.
  var seeds: [UInt32] = []
  /// How masks are stored.
  var maskCoding = MaskCoding.plain
  /// The matrices of the model so far, and those stored as signs of one magnitude.
  private(set) var matrices = (all: 0, oneBit: 0)
  /// Whether the magnitude of some matrix of signs was rounded to float16.
  private(set) var hasRoundedSigns = false
  private let channels: Int

  /// Nothing yet, over a sample of so many channels.
  init(precision: Precision, window: Int, channels: Int) {
    self.precision = precision
    self.window = window
    self.channels = channels
  }

  /// The numbers in a value.
  func length(of value: Int) -> Int {
    value == 0 ? channels : operations[value - 1].outputLength
  }

  /// Any operation.
  mutating func append(_ operation: ModelFile.Operation) -> Int {
    operations.append(operation)
    return operations.count
  }

  /// A matrix given row by row, as an operand; `largest` is the largest |x| that it is multiplied
  /// with.
  ///
  /// Throws `PackingError.notRepresentable`, as the next.
  mutating func matrix(
    _ rowMajor: [Float], rows: Int, largest: Float, name: String
  ) throws -> Int {
    try addMatrix(
      oneBit(rowMajor, rows: rows, name: name)
        ?? .matrix(
          rowMajor, rows: rows, name: name, precision: precision(columns: rowMajor.count / rows),
          inputScale: inputScale(largest)))
  }

  /// Appends the tensor of a matrix of the model and gives its number.
  mutating func addMatrix(_ tensor: ModelFile.Tensor) -> Int {
    matrices.all += 1
    matrices.oneBit += tensor.type == .oneBit ? 1 : 0
    return add(tensor)
  }

  /// How a matrix of so many columns is stored: in an int8 model up to four columns in float16, which takes
  /// hardly more bytes than a scale for each row, and leaves the inputs as they are.
  func precision(columns: Int) -> Precision {
    precision == .int8 && columns <= 4 ? .float16 : precision
  }

  /// A matrix given row by row in float32 or, of a model in another precision, in float16.
  mutating func fineMatrix(_ rowMajor: [Float], rows: Int, name: String) throws -> Int {
    try addMatrix(fineTensor(rowMajor, rows: rows, name: name))
  }

  /// The tensor of `fineMatrix`, for numbers that are no matrix of the model as well.
  mutating func fineTensor(
    _ rowMajor: [Float], rows: Int, name: String
  ) throws -> ModelFile.Tensor {
    try oneBit(rowMajor, rows: rows, name: name)
      ?? .matrix(
        rowMajor, rows: rows, name: name, precision: precision == .float32 ? .float32 : .float16,
        inputScale: 1)
  }

  /// A matrix of signs of one magnitude and zeros as such, where the model has seeds: with the seed whose
  /// signs are its own, else with the signs themselves; nil for another matrix.
  ///
  /// Of a plain and a coded mask the coded one is taken where it is asked for and takes fewer bytes.
  mutating func oneBit(
    _ rowMajor: [Float], rows: Int, name: String
  ) throws -> ModelFile.Tensor? {
    guard !seeds.isEmpty, let alpha = rowMajor.first(where: { $0 != 0 }).map(abs),
      rowMajor.allSatisfy({ $0 == 0 || abs($0) == alpha })
    else { return nil }
    if Float(Float16(alpha)) != alpha { hasRoundedSigns = true }
    let mask = rowMajor.map { $0 != 0 }, signs = rowMajor.map { $0 < 0 }
    let seed = seeds.first { seed in
      let own = fixedSigns(seed: seed, count: signs.count)
      return mask.indices.allSatisfy { !mask[$0] || own[$0] == signs[$0] }
    }
    func tensor(_ coding: MaskCoding) throws -> ModelFile.Tensor {
      try .oneBit(
        mask, rows: rows, alpha: alpha, signs: seed.map { .seed($0) } ?? .explicit(signs),
        maskCoding: coding, name: name)
    }
    let plain = try tensor(.plain)
    guard maskCoding == .coded else { return plain }
    let coded = try tensor(.coded)
    return coded.block.count < plain.block.count ? coded : plain
  }

  /// A vector as an operand.
  mutating func vector(_ numbers: [Float], name: String) throws -> Int {
    add(try .vector(numbers, name: name, precision: precision))
  }

  /// Appends a tensor and gives its number.
  mutating func add(_ tensor: ModelFile.Tensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }

  /// max(x, 0).
  mutating func relu(_ value: Int) -> Int { activation(.relu, value) }

  /// An activation, element by element.
  mutating func activation(_ variant: ActivationVariant, _ value: Int) -> Int {
    append(
      .init(
        code: .activation, variant: variant.rawValue, input: value,
        outputLength: length(of: value)))
  }

  /// The operations so far run for every sample, those that come for a result only.
  mutating func endStep() { stepOperations = operations.count }

  /// The mean over the steps of a case, after which only the head is left.
  mutating func mean(_ value: Int) -> Int {
    needsWindow = true
    return append(.init(code: .mean, input: value, outputLength: length(of: value)))
  }

  /// The head's probabilities, found for a result only; `largest` as in `matrix`.
  ///
  /// The operations so far that run for every sample are all of them where no `endStep` said otherwise.
  mutating func finish(_ value: Int, head: Linear<Float>, largest: Float) throws {
    let classes = head.bias.count
    if stepOperations == 0 { endStep() }
    let operands: [Int?] = [
      try matrix(head.weight.scalars, rows: classes, largest: largest, name: "head"),
      try vector(head.bias.scalars, name: "head"),
    ]
    finish(
      append(.init(code: .linear, input: value, tensors: operands, outputLength: classes)))
  }

  /// The probabilities of logits; the operations so far that run for every sample are all of them
  /// where no head said otherwise.
  mutating func finish(_ logits: Int) {
    if stepOperations == 0 { stepOperations = operations.count }
    _ = append(.init(code: .softmax, input: logits, outputLength: length(of: logits)))
  }

  /// What one unit of an int8 input stands for: the largest |x| becomes 127.
  func inputScale(_ largest: Float) -> Float { largest > 0 ? largest / 127 : 1 }
}
