// SPDX-License-Identifier: Apache-2.0

/// A contiguous, row-major array of numbers with a shape, and the tape's record of where it came
/// from.
///
/// A tensor is a value: copies share storage until one of them is written to. A tensor made by
/// `variable()`, or computed from one, is *tracked*: `gradients(of:for:)` can differentiate through
/// it.
///
///     let x = Tensor<Float>([1, 2, 3, 4], shape: [2, 2]).variable()
///     let y = (x * x).sum()
///     gradients(of: y, for: [x])[0].scalars  // [2, 4, 6, 8]
///
/// Shapes may hold zeros; `[]` is a scalar. Shapes that do not fit an operation are programmer
/// errors and stop the program with both shapes in the message.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  /// The extent of each axis, outermost first.
  public let shape: [Int]
  var storage: Storage<Scalar>
  let source: Source<Scalar>?

  init(storage: Storage<Scalar>, shape: [Int], source: Source<Scalar>? = nil) {
    self.storage = storage
    self.shape = shape
    self.source = source
  }

  /// A tensor of the given numbers in row-major order; their count must be the product of `shape`.
  public init(_ scalars: some Collection<Scalar>, shape: [Int]) {
    precondition(
      scalars.count == shape.elementCount,
      "shape \(shape) holds \(shape.elementCount) numbers, \(scalars.count) were given")
    self.init(uninitialised: shape) { pointer in
      let copied: Void? = scalars.withContiguousStorageIfAvailable { from in
        if let base = from.baseAddress { pointer.update(from: base, count: from.count) }
      }
      guard copied == nil else { return }
      var index = 0
      for scalar in scalars {
        pointer[index] = scalar
        index += 1
      }
    }
  }

  /// A scalar: shape `[]`.
  public init(_ scalar: Scalar) {
    self.init(repeating: scalar, shape: [])
  }

  /// A tensor whose every element is `value`.
  public init(repeating value: Scalar, shape: [Int]) {
    self.init(uninitialised: shape) { Scalar.kernels.fill(shape.elementCount, value, $0) }
  }

  /// A tensor of zeros.
  public init(zeros shape: [Int]) {
    self.init(repeating: 0, shape: shape)
  }

  /// A tensor that `fill` writes; it must write every element.
  init(uninitialised shape: [Int], fill: (UnsafeMutablePointer<Scalar>) -> Void) {
    precondition(shape.allSatisfy { $0 >= 0 }, "shape \(shape) has a negative extent")
    self.init(storage: Storage(count: shape.elementCount), shape: shape)
    fill(storage.pointer)
  }

  /// The number of elements: the product of the shape, 1 for a scalar.
  public var count: Int { storage.count }

  /// The number of axes.
  public var rank: Int { shape.count }

  /// Whether the tape can differentiate through this tensor.
  public var isTracked: Bool { source != nil }

  /// The elements in row-major order.
  public var scalars: [Scalar] {
    Array(UnsafeBufferPointer(start: storage.pointer, count: count))
  }

  /// The only element of a tensor of one element.
  public var item: Scalar {
    precondition(count == 1, "item needs one element, shape \(shape) has \(count)")
    return storage.pointer[0]
  }

  var pointer: UnsafePointer<Scalar> { UnsafePointer(storage.pointer) }

  /// Calls `body` with the elements in row-major order.
  public func withUnsafeScalars<Result>(
    _ body: (UnsafeBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.pointer, count: count))
  }

  /// Calls `body` with the elements for writing, after making the storage this tensor's own.
  ///
  /// The tensor must not be tracked: a recorded value cannot change under the tape.
  public mutating func withUnsafeMutableScalars<Result>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws -> Result
  ) rethrows -> Result {
    precondition(!isTracked, "a tracked tensor cannot be written to; use detached() first")
    if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    return try body(UnsafeMutableBufferPointer(start: storage.pointer, count: count))
  }

  /// The same values, unknown to the tape.
  public func detached() -> Tensor { Tensor(storage: storage, shape: shape) }

  /// The first index in row-major order whose element is NaN or infinite, or nil.
  public var firstNonFinite: Int? {
    @_specialize(where Scalar == Float) get {
      withUnsafeScalars { $0.firstIndex { !$0.isFinite } }
    }
  }
}

extension Tensor: Equatable {
  /// Whether shapes and elements are equal (NaN equals nothing); the tape plays no part.
  public static func == (left: Tensor, right: Tensor) -> Bool {
    guard left.shape == right.shape else { return false }
    return left.withUnsafeScalars { a in right.withUnsafeScalars { b in a.elementsEqual(b) } }
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and up to eight elements.
  public var description: String {
    let shown = scalars.prefix(8).map { "\($0)" }.joined(separator: ", ")
    return "Tensor\(shape)(\(shown)\(count > 8 ? ", …" : ""))"
  }
}

extension [Int] {
  /// The number of elements that a tensor of this shape holds.
  var elementCount: Int { reduce(1, *) }

  /// Row-major strides, in elements.
  var strides: [Int] {
    var result = self
    var step = 1
    for axis in indices.reversed() {
      result[axis] = step
      step *= self[axis]
    }
    return result
  }

  /// This shape with another extent on one axis.
  func replacing(_ axis: Int, by extent: Int) -> [Int] {
    var result = self
    result[axis] = extent
    return result
  }

  /// `axis` counted from the front; negative axes count from the back, -1 being the last.
  func axis(_ axis: Int) -> Int {
    let resolved = axis < 0 ? axis + count : axis
    precondition(indices.contains(resolved), "axis \(axis) is outside shape \(self)")
    return resolved
  }
}
