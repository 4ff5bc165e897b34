// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

extension Tensor {
  /// Multi-head attention: softmax(Q Kᵀ · scale + mask) V for each case and head, as one operation.
  ///
  /// `query` is (batch, queries, width), `key` and `value` are (batch, keys, width); head h of
  /// `heads` has the columns h · width / heads and on, and the result is (batch, queries, width).
  /// `scale` is 1 / √(width / heads) when nil. `mask`, a constant, is added to the scores: (queries,
  /// keys) for all cases or (batch, queries, keys); a row of nothing but -infinity gives zeros.
  ///
  /// For gradients only the log-sum-exp of each row is kept (Dao et al. 2022, arXiv:2205.14135).
  @specialized(where Scalar == Float)
  public static func attention(
    query: Tensor, key: Tensor, value: Tensor, heads: Int, mask: Tensor? = nil,
    scale: Scalar? = nil
  ) -> Tensor {
    precondition(
      query.rank == 3 && key.rank == 3 && query.shape[0] == key.shape[0]
        && query.shape[2] == key.shape[2] && value.shape == key.shape,
      "attention: query \(query.shape), key \(key.shape), value \(value.shape) do not fit")
    let call = AttentionCall(
      query: query.shape, keys: key.shape[1], heads: heads, stride: query.shape[2], mask: mask,
      scale: scale)
    let inputs = [query, key, value]
    let (result, sums) = withExtendedLifetime(inputs) {
      call.forward(
        inputs.map(\.pointer), saving: inputs.contains(where: { $0.isTracked }))
    }
    return recorded(result, inputs: inputs) { gradient in
      let found = inputs.map { $0.isTracked ? Tensor(uninitialised: $0.shape) { _ in } : nil }
      withExtendedLifetime((inputs, gradient)) {
        call.backward(
          inputs.map(\.pointer), sums: sums, gradient: gradient,
          into: found.map { $0?.storage.pointer })
      }
      return found
    }
  }

  /// Multi-head attention of a sequence to itself, its queries, keys and values side by side.
  ///
  /// `queryKeyValue` is (batch, steps, 3 · width): what one linear map gives. The result is (batch,
  /// steps, width); otherwise as `attention(query:key:value:heads:mask:scale:)`.
  @specialized(where Scalar == Float)
  public static func attention(
    queryKeyValue: Tensor, heads: Int, mask: Tensor? = nil, scale: Scalar? = nil
  ) -> Tensor {
    let shape = queryKeyValue.shape
    precondition(
      shape.count == 3 && shape[2] % 3 == 0,
      "attention: queries, keys and values cannot lie side by side in shape \(shape)")
    let width = shape[2] / 3
    let call = AttentionCall(
      query: [shape[0], shape[1], width], keys: shape[1], heads: heads, stride: shape[2],
      mask: mask, scale: scale)
    @Sendable func parts(_ pointer: UnsafePointer<Scalar>) -> [UnsafePointer<Scalar>] {
      [pointer, pointer + width, pointer + 2 * width]
    }
    let (result, sums) = withExtendedLifetime(queryKeyValue) {
      call.forward(parts(queryKeyValue.pointer), saving: queryKeyValue.isTracked)
    }
    return recorded(result, inputs: [queryKeyValue]) { gradient in
      let found = Tensor(uninitialised: shape) { to in
        withExtendedLifetime((queryKeyValue, gradient)) {
          call.backward(
            parts(queryKeyValue.pointer), sums: sums, gradient: gradient,
            into: [to, to + width, to + 2 * width])
        }
      }
      return [found]
    }
  }
}

/// The sizes of one call of attention, checked, and its two passes through the kernels.
private struct AttentionCall<Scalar: TensorScalar>: Sendable {
  let shape: [Int]
  let keys: Int
  let heads: Int
  let stride: Int
  let mask: Tensor<Scalar>?
  let scale: Scalar

  /// `query` is the shape of the queries, `stride` the step from one row of theirs to the next.
  init(
    query: [Int], keys: Int, heads: Int, stride: Int, mask: Tensor<Scalar>?, scale: Scalar?
  ) {
    precondition(
      heads > 0 && query[2] % heads == 0, "attention: \(heads) heads do not share shape \(query)")
    precondition(
      mask.map { $0.shape == [query[1], keys] || $0.shape == [query[0], query[1], keys] } ?? true,
      "attention: mask \(mask?.shape ?? []) for queries \(query) and \(keys) keys")
    shape = query
    self.keys = keys
    self.heads = heads
    self.stride = stride
    self.mask = mask?.detached()
    self.scale = scale ?? 1 / Scalar(query[2] / heads).squareRoot()
  }

  private var sizes: minim_attention_shape {
    minim_attention_shape(
      batch: shape[0], heads: heads, queries: shape[1], keys: keys, width: shape[2] / heads,
      query_stride: stride, key_stride: stride, value_stride: stride,
      mask_step: mask?.rank == 3 ? shape[1] * keys : 0, scale: Double(scale))
  }

  /// The result, and the log-sum-exp of each row of scores where `saving`.
  func forward(
    _ inputs: [UnsafePointer<Scalar>], saving: Bool
  ) -> (Tensor<Scalar>, Storage<Scalar>?) {
    var sizes = sizes
    let sums = saving ? Storage<Scalar>(count: shape[0] * heads * shape[1]) : nil
    let result = Tensor<Scalar>(uninitialised: shape) { out in
      Scalar.kernels.attentionForward(
        &sizes, inputs[0], inputs[1], inputs[2], mask?.pointer, out, sums?.pointer)
    }
    return (result, sums)
  }

  func backward(
    _ inputs: [UnsafePointer<Scalar>], sums: Storage<Scalar>?, gradient: Tensor<Scalar>,
    into found: [UnsafeMutablePointer<Scalar>?]
  ) {
    guard let sums else { return }
    var sizes = sizes
    withExtendedLifetime(sums) {
      Scalar.kernels.attentionBackward(
        &sizes, inputs[0], inputs[1], inputs[2], mask?.pointer, UnsafePointer(sums.pointer),
        gradient.pointer, found[0], found[1], found[2])
    }
  }
}
