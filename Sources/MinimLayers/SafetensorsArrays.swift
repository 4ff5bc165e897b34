// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// A number type that safetensors can hold, with the format's name for it.
public protocol SafetensorsElement: BitwiseCopyable {
  /// The format's name, such as "F32".
  static var safetensorsType: String { get }
}

extension Float: SafetensorsElement {
  /// "F32".
  public static var safetensorsType: String { "F32" }
}
extension Double: SafetensorsElement {
  /// "F64".
  public static var safetensorsType: String { "F64" }
}
extension Int64: SafetensorsElement {
  /// "I64".
  public static var safetensorsType: String { "I64" }
}
extension UInt64: SafetensorsElement {
  /// "U64".
  public static var safetensorsType: String { "U64" }
}

extension SafetensorsFile.Entry {
  /// An array of numbers; without a shape it has one axis. Minim runs on little-endian machines only.
  public init<Element: SafetensorsElement>(name: String, _ values: [Element], shape: [Int]? = nil) {
    self.init(
      name: name, dtype: Element.safetensorsType, shape: shape ?? [values.count],
      bytes: values.withUnsafeBytes { Array($0) })
  }

  /// A tensor.
  public init<Scalar: TensorScalar & SafetensorsElement>(name: String, _ tensor: Tensor<Scalar>) {
    self.init(name: name, tensor.scalars, shape: tensor.shape)
  }

  /// The elements as numbers. Throws `SafetensorsError` when the type is another.
  public func values<Element: SafetensorsElement>(as type: Element.Type) throws -> [Element] {
    guard dtype == Element.safetensorsType else {
      throw SafetensorsFile.error(
        "the type is \(dtype), expected \(Element.safetensorsType)", tensor: name)
    }
    return bytes.withUnsafeBytes { raw in
      (0..<(raw.count / MemoryLayout<Element>.size)).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
      }
    }
  }
}

extension ParameterTree where Scalar: SafetensorsElement {
  /// Every parameter as an entry, names behind `prefix`.
  public func entries(prefix: String = "") -> [SafetensorsFile.Entry] {
    namedParameters.map { .init(name: prefix + $0.name, $0.tensor) }
  }

  /// The same tree with every parameter read from `file`, names behind `prefix`.
  ///
  /// Throws `SafetensorsError` where one is missing or has another type or shape.
  public func loading(from file: SafetensorsFile, prefix: String = "") throws -> Self {
    var copy = self
    try copy.visitParameters(under: .root) { path, tensor in
      let name = prefix + path.description
      guard let entry = file.entry(named: name) else {
        throw SafetensorsFile.error("is missing from the file", tensor: name)
      }
      guard entry.shape == tensor.shape else {
        throw SafetensorsFile.error(
          "has shape \(entry.shape), the model needs \(tensor.shape)", tensor: name)
      }
      tensor = Tensor(try entry.values(as: Scalar.self), shape: tensor.shape)
    }
    return copy
  }
}
