// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

extension SafetensorsFile.Entry {
  /// A tensor's elements and shape under a name.
  public init<Scalar: TensorScalar & SafetensorsElement>(name: String, _ tensor: Tensor<Scalar>) {
    self.init(name: name, shape: tensor.shape, values: tensor.scalars)
  }
}

extension SafetensorsFile {
  /// The entry of a name.
  ///
  /// Throws `SafetensorsError` where there is none.
  package func required(_ name: String) throws -> Entry {
    guard let entry = entry(named: name) else {
      throw SafetensorsError(
        .otherContents, tensor: name, found: "no such tensor", expected: "one of that name")
    }
    return entry
  }

  /// Refuses a file of fewer numbers than its text says, before a model of such a size is made.
  ///
  /// `numbers` is a `Double`, which no sizes overflow. Throws `SafetensorsError`.
  package func requireNumbers(_ numbers: Double, path: String) throws {
    let held = entries.reduce(0) { $0 + $1.bytes.count / $1.dtype.byteCount }
    guard numbers <= Double(held) else {
      let wanted = Int(exactly: numbers).map { "\($0)" } ?? "\(numbers)"
      throw SafetensorsError(
        .otherContents, file: path, found: "\(held) numbers",
        expected: "\(wanted), as the configuration in its text asks for")
    }
  }
}

extension ParameterTree where Scalar: SafetensorsElement {
  /// Every parameter as an entry, names behind `prefix`.
  public func entries(prefix: String = "") -> [SafetensorsFile.Entry] {
    var copy = self
    var entries = namedParameters.map { SafetensorsFile.Entry(name: prefix + $0.name, $0.tensor) }
    copy.visitBuffers(under: .root) { path, tensor in
      entries.append(.init(name: prefix + path.description, tensor))
    }
    return entries
  }

  /// The same tree with every parameter read from `file`, names behind `prefix`.
  ///
  /// Throws `SafetensorsError` where one is missing or has another type or shape.
  public func loading(from file: SafetensorsFile, prefix: String = "") throws -> Self {
    var copy = self
    func load(_ path: ParameterPath, _ tensor: inout Tensor<Scalar>) throws {
      let entry = try file.required(prefix + path.description)
      guard entry.shape == tensor.shape else {
        throw SafetensorsError(
          .otherContents, tensor: entry.name, found: "shape \(entry.shape)",
          expected: "\(tensor.shape), as the model has it")
      }
      tensor = Tensor(try entry.values(as: Scalar.self), shape: tensor.shape)
    }
    try copy.visitParameters(under: .root, load)
    try copy.visitBuffers(under: .root, load)
    return copy
  }
}

extension SafetensorsFile {
  /// What reads the model that the file's entry `kind`, one of "model" (a classifier), "detector" and "forecaster", names.
  ///
  /// Throws `SafetensorsError`, which says what the file holds instead.
  public func reader<Reader>(
    of kind: String, among readers: [String: Reader], path: String
  ) throws(SafetensorsError) -> Reader {
    if let reader = metadata[kind].flatMap({ readers[$0] }) { return reader }
    let kinds = ["model": "classifier", "detector": "detector", "forecaster": "forecaster"]
    let others = kinds.sorted { $0.key < $1.key }.filter { metadata[$0.key] != nil }
    throw SafetensorsError(
      .otherContents, file: path,
      found: others.first.map { "a \($0.value), \"\(metadata[$0.key] ?? "")\"" }
        ?? "no model that a file names",
      expected: "the best.safetensors of a run, with a \(kinds[kind] ?? kind) of "
        + readers.keys.sorted().joined(separator: ", "))
  }
}
