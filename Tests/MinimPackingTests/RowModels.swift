// SPDX-License-Identifier: Apache-2.0
import MinimPacking
import MinimRuntime

/// Model files of operations on rows, put together by hand.
struct RowModels {
  var made: HandMadeModels
  /// Whether matrices are of signs.
  private let hasSigns: Bool
  private var seed: UInt64 = 1

  /// Matrices in a precision, of signs where that is nil; vectors in float32.
  init(_ precision: Precision? = .float32) {
    made = HandMadeModels(precision ?? .float32)
    hasSigns = precision == nil
  }

  mutating func matrix(_ rows: Int, _ columns: Int) throws -> Int {
    guard hasSigns else { return try made.matrix(rows, columns) }
    seed += 1
    made.tensors.append(
      try OneBitMatrix(rows: rows, columns: columns, keep: 0.4, alpha: 0.4, seed: seed)
        .tensor(seed % 2 == 0 ? .seeded : .codedExplicit))
    return made.tensors.count - 1
  }

  mutating func vector(_ count: Int) throws -> Int {
    let precision = made.precision
    defer { made.precision = precision }
    made.precision = .float32
    return try made.vector(count)
  }

  /// The last samples or rows, as many as `rows`.
  mutating func window(_ input: Int, rows: Int, width: Int) -> Int {
    made.append(
      .init(code: .window, input: input, parameter: UInt16(rows), outputLength: rows * width))
  }

  /// A matrix and a bias of it behind, if any.
  mutating func map(_ rows: Int, _ columns: Int, biased: Bool) throws -> Int {
    let place = try matrix(rows, columns)
    if biased { _ = try vector(rows) }
    return place
  }

  /// The tensors of a layer; the first one's number.
  mutating func layerTensors(
    width: Int, hidden: Int, fed: Bool = false, biased: Bool, norms: Bool
  ) throws -> Int {
    let first = made.tensors.count
    if !fed { for _ in 0..<2 { _ = try map(width, width, biased: biased) } }
    _ = try map(hidden, width, biased: biased)
    _ = try map(width, hidden, biased: biased)
    if norms { for _ in 0..<4 { _ = try vector(width) } }
    return first
  }

  /// The tensors of an attention; the first one's number.
  mutating func attentionTensors(width: Int, biased: Bool) throws -> Int {
    let first = try map(width, width, biased: biased)
    _ = try matrix(width, width)
    _ = try map(width, width, biased: biased)
    _ = try map(width, width, biased: biased)
    return first
  }

  func file(channels: Int, steps: Int) -> ModelFile {
    made.file(.stream, channels: channels, steps: steps)
  }

  /// All operations on rows.
  ///
  /// Values 0: 3 channels; 1 window of 4; 2 its embedding to width 6, with a table; 3 layer
  /// with its own values; 4 what its rows find in each other; 5 layer with that; 6 the mean of its rows; 7 what that
  /// finds in all rows but the last; 8 the sample's embedding, with sinusoids; 9 the sum of 7 and 8.
  ///
  /// Tensors: 0 to 2 of the embedding; 3 to 14 V, O, W1 (5 units) and W2 with biases and norms; 15 to 21 Q, K, V and O
  /// with biases; 22 to 27 W1 (7 units), W2 and norms; 28 to 31 Q, K, V and O.
  static func all(_ precision: Precision? = .float32) throws -> ModelFile {
    var made = RowModels(precision)
    let window = made.window(0, rows: 4, width: 3)
    let embedding: [Int?] = [try made.matrix(6, 3), try made.vector(6)]
    let table: Int
    do {
      let numbers = made.made.numbers(30)
      made.made.tensors.append(
        try .matrix(numbers, rows: 5, name: "table", precision: .float16, inputScale: 1))
      table = made.made.tensors.count - 1
    }
    let rows = made.made.append(
      .init(
        code: .embed, variant: 2, input: window, parameter: 1, tensors: embedding + [table],
        outputLength: 24))
    let own = made.made.append(
      .init(
        code: .layer, variant: 3, input: rows,
        tensors: [try made.layerTensors(width: 6, hidden: 5, biased: true, norms: true)],
        outputLength: 24))
    let found = made.made.append(
      .init(
        code: .attend, variant: 1 << 2 | 1, input: own, parameter: UInt16(own),
        tensors: [try made.attentionTensors(width: 6, biased: true)], outputLength: 24))
    let fed = made.made.append(
      .init(
        code: .layer, variant: 2 << 1, input: own, parameter: UInt16(found),
        tensors: [
          try made.layerTensors(width: 6, hidden: 7, fed: true, biased: false, norms: true)
        ], outputLength: 24))
    let mean = made.made.append(.init(code: .pool, input: fed, outputLength: 6))
    let asked = made.made.append(
      .init(
        code: .attend, variant: 2 << 2 | 2, input: mean, parameter: UInt16(fed),
        tensors: [try made.attentionTensors(width: 6, biased: false)], outputLength: 6))
    let last = made.made.append(
      .init(
        code: .embed, variant: 1, input: 0, parameter: 3, tensors: [embedding[0]], outputLength: 6))
    made.made.append(.init(code: .add, input: asked, parameter: UInt16(last), outputLength: 6))
    return made.file(channels: 3, steps: 1)
  }
}

/// Calls `body` with the model of a file.
func withModel<Result>(_ bytes: [UInt8], _ body: (Model) throws -> Result) throws -> Result {
  try withAlignedBytes(bytes) { try body(Model($0)) }
}
