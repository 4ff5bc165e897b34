// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// Where a tracked tensor came from: an output of a recorded operation, or a variable.
struct Source<Scalar: TensorScalar>: Sendable {
  let node: Node<Scalar>
  let output: Int
}

/// One recorded operation: what it read, and how to turn gradients of its outputs into gradients of
/// those.
///
/// A node is written once and never changed but by its own end, so tapes on different threads do not
/// meet.
final class Node<Scalar: TensorScalar>: Sendable {
  typealias Pullback = @Sendable ([Tensor<Scalar>?]) -> [Tensor<Scalar>?]

  nonisolated(unsafe) private(set) var inputs: [Source<Scalar>?]
  let outputCount: Int
  nonisolated(unsafe) private(set) var pullback: Pullback?
  /// The function that recorded it, for the profile.
  let name: StaticString

  init(
    inputs: [Source<Scalar>?], outputCount: Int, name: StaticString, pullback: Pullback?
  ) {
    self.inputs = inputs
    self.name = name
    self.outputCount = outputCount
    self.pullback = pullback
  }

  /// The last hold on a node may be the node after it, whose last hold is the next one's: nodes deep
  /// down such a chain are put aside, and let go when the first is done, so that the stack stays
  /// short however long the tape.
  deinit {
    guard let state = minim_releases() else { return }
    if state.pointee.depth >= 64 {
      let aside = Unmanaged.passRetained(Aside(inputs, pullback, next: state.pointee.aside))
      state.pointee.aside = aside.toOpaque()
      return
    }
    state.pointee.depth += 1
    inputs = []
    pullback = nil
    state.pointee.depth -= 1
    while state.pointee.depth == 0, let top = state.pointee.aside {
      state.pointee.depth = 1
      let aside = Unmanaged<AnyAside>.fromOpaque(top).takeRetainedValue()
      state.pointee.aside = aside.next
      aside.letGo()
      state.pointee.depth = 0
    }
  }
}

/// What a node held on to, in this thread's list of what is still to be let go.
private class AnyAside {
  let next: UnsafeMutableRawPointer?
  init(next: UnsafeMutableRawPointer?) { self.next = next }
  func letGo() {}
}

private final class Aside<Scalar: TensorScalar>: AnyAside {
  private var inputs: [Source<Scalar>?]
  private var pullback: Node<Scalar>.Pullback?

  init(
    _ inputs: [Source<Scalar>?], _ pullback: Node<Scalar>.Pullback?, next: UnsafeMutableRawPointer?
  ) {
    self.inputs = inputs
    self.pullback = pullback
    super.init(next: next)
  }

  override func letGo() {
    inputs = []
    pullback = nil
  }
}

extension Tensor {
  /// The same values as a variable: a starting point that `gradients(of:for:)` can differentiate
  /// for.
  public func variable() -> Tensor {
    let node = Node<Scalar>(inputs: [], outputCount: 1, name: #function, pullback: nil)
    return Tensor(storage: storage, shape: shape, source: Source(node: node, output: 0))
  }

  /// Records an operation of one output.
  ///
  /// `value` is the result, `pullback` maps the gradient of the result to the gradients of `inputs`
  /// (nil for one that needs none). Untracked inputs record nothing.
  @specialized(where Scalar == Float)
  package static func recorded(
    _ value: Tensor, inputs: [Tensor], name: StaticString = #function,
    pullback: @escaping @Sendable (Tensor) -> [Tensor?]
  ) -> Tensor {
    profile(name, .forward)
    guard inputs.contains(where: { $0.isTracked }) else { return value }
    let node = Node<Scalar>(inputs: inputs.map { $0.source }, outputCount: 1, name: name) {
      gradients in
      guard let gradient = gradients[0] else { return [] }
      return pullback(gradient)
    }
    return Tensor(
      storage: value.storage, shape: value.shape, source: Source(node: node, output: 0))
  }

  /// Records an operation of several outputs; gradients come as nil for outputs that nothing used.
  @specialized(where Scalar == Float)
  package static func recorded(
    _ values: [Tensor], inputs: [Tensor], name: StaticString = #function,
    pullback: @escaping @Sendable ([Tensor?]) -> [Tensor?]
  ) -> [Tensor] {
    profile(name, .forward)
    guard inputs.contains(where: { $0.isTracked }) else { return values }
    let node = Node<Scalar>(
      inputs: inputs.map { $0.source }, outputCount: values.count, name: name, pullback: pullback)
    return values.enumerated().map { index, value in
      Tensor(
        storage: value.storage, shape: value.shape, source: Source(node: node, output: index))
    }
  }
}

/// The gradients of a scalar with respect to variables (or any tracked tensors it was computed
/// from).
///
/// Reverse mode: one pass over the recorded operations, from `loss` back. The result has one tensor
/// for each of `variables`, of its shape; zeros where `loss` does not depend on it. `loss` must
/// have one element. What an operation kept for its pullback is let go as soon as that is done,
/// unless a tensor that the caller still holds leads to it: read the loss before, not after.
@specialized(where Scalar == Float)
public func gradients<Scalar: TensorScalar>(
  of loss: consuming Tensor<Scalar>, for variables: [Tensor<Scalar>]
) -> [Tensor<Scalar>] {
  precondition(loss.count == 1, "a loss has one element; shape \(loss.shape) has \(loss.count)")
  let one = Tensor<Scalar>(repeating: 1, shape: loss.shape)
  return gradients(of: consume loss, along: one, for: variables)
}

/// The gradients of Σ result ∘ cotangent, which is never computed: what `gradients(of:for:)` gives
/// for a scalar, from any tensor.
///
/// `cotangent` has the shape of `result`.
@specialized(where Scalar == Float)
public func gradients<Scalar: TensorScalar>(
  of result: consuming Tensor<Scalar>, along cotangent: Tensor<Scalar>,
  for variables: [Tensor<Scalar>]
) -> [Tensor<Scalar>] {
  precondition(
    result.shape == cotangent.shape,
    "a cotangent of shape \(cotangent.shape) does not fit a result of shape \(result.shape)")
  // The root last; nodes are let go one by one.
  var order = result.source.map { backwardOrder(from: $0.node) } ?? []
  let output = result.source?.output ?? 0
  _ = consume result
  var wanted: [ObjectIdentifier: Int] = [:]
  for variable in variables {
    guard let source = variable.source else {
      preconditionFailure(
        "a gradient was asked for a tensor of shape \(variable.shape) that is not tracked")
    }
    wanted[ObjectIdentifier(source.node), default: 0] += 1
  }
  var flowing = [ObjectIdentifier: [Tensor<Scalar>?]](minimumCapacity: order.count)
  if let last = order.last {
    var seed = [Tensor<Scalar>?](repeating: nil, count: last.outputCount)
    seed[output] = cotangent.detached()
    flowing[ObjectIdentifier(last)] = seed
  }
  while let node = order.popLast() {
    let key = ObjectIdentifier(node)
    guard let arrived = wanted[key] == nil ? flowing.removeValue(forKey: key) : flowing[key],
      let pullback = node.pullback
    else { continue }
    profile("gradients(of:for:)", .backward)
    let parts = pullback(arrived)
    profile(node.name, .backward)
    for (input, part) in zip(node.inputs, parts) {
      guard let input, let part else { continue }
      let inputKey = ObjectIdentifier(input.node)
      var slots =
        flowing.removeValue(forKey: inputKey)
        ?? [Tensor<Scalar>?](repeating: nil, count: input.node.outputCount)
      if var sum = slots[input.output] {
        slots[input.output] = nil
        sum.add(part)
        slots[input.output] = sum
      } else {
        slots[input.output] = part
      }
      flowing[inputKey] = slots
    }
  }
  return variables.map { variable in
    guard let source = variable.source,
      let gradient = flowing[ObjectIdentifier(source.node)]?[source.output]
    else { return Tensor(zeros: variable.shape) }
    precondition(
      gradient.shape == variable.shape,
      "a gradient of shape \(gradient.shape) arrived for a tensor of shape \(variable.shape)")
    return gradient
  }
}

/// The recorded operations that lead to `root`, each after everything it read.
@specialized(where Scalar == Float)
private func backwardOrder<Scalar: TensorScalar>(from root: Node<Scalar>) -> [Node<Scalar>] {
  var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
  var finished: [Node<Scalar>] = []
  var stack: [(node: Node<Scalar>, next: Int)] = [(root, 0)]
  while let top = stack.last {
    if top.next < top.node.inputs.count {
      stack[stack.count - 1].next += 1
      if let input = top.node.inputs[top.next], seen.insert(ObjectIdentifier(input.node)).inserted {
        stack.append((input.node, 0))
      }
    } else {
      finished.append(top.node)
      stack.removeLast()
    }
  }
  return finished
}

extension Tensor {
  /// Adds `other`, of the same shape, in place.
  @specialized(where Scalar == Float)
  package mutating func add(_ other: Tensor, scaledBy factor: Scalar = 1) {
    precondition(shape == other.shape, "cannot add shape \(other.shape) to shape \(shape)")
    let count = count
    let from = other.storage
    withUnsafeMutableScalars { to in
      guard let base = to.baseAddress else { return }
      Scalar.kernels.addScaled(count, factor, from.pointer, base)
    }
    withExtendedLifetime(from) {}
  }
}
