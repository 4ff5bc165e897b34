// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels
public import RealModule

/// The number types a tensor can hold: `Float` for training, `Double` so that gradients can be
/// checked.
///
/// A conformance is the table of C kernels for one type; operations are written once, generically,
/// over it.
public protocol TensorScalar: Real, BinaryFloatingPoint, SIMDScalar, Codable, Sendable {
  /// The kernels for this type. Not for use outside the package.
  static var kernels: Kernels<Self> { get }
}

/// The C kernels of one number type, as plain functions.
public struct Kernels<Scalar>: Sendable {
  typealias In = UnsafePointer<Scalar>
  typealias Out = UnsafeMutablePointer<Scalar>

  let unary: @Sendable (minim_unary, Int, Scalar, Scalar, In, Out) -> Void
  let unaryBackward: @Sendable (minim_unary, Int, Scalar, Scalar, In, In, In, Out) -> Void
  let binary: @Sendable (minim_binary, Int, In, Int, In, Int, Out) -> Void
  let fill: @Sendable (Int, Scalar, Out) -> Void
  let addScaled: @Sendable (Int, Scalar, In, Out) -> Void
  let sum: @Sendable (Int, Int, Int, In, Out) -> Void
  let max: @Sendable (Int, Int, Int, In, Out) -> Void
  let softmax: @Sendable (Int, Int, In, Out) -> Void
  let logSoftmax: @Sendable (Int, Int, In, Out) -> Void
  let logSumExp: @Sendable (Int, Int, In, Out) -> Void
  let softmaxBackward: @Sendable (Int, Int, In, In, Out) -> Void
  let logSoftmaxBackward: @Sendable (Int, Int, In, In, Out) -> Void
  let normalise: @Sendable (Int, Int, Scalar, In, Out, Out, Out, Out) -> Void
  let normaliseBackward: @Sendable (Int, Int, In, In, In, Out) -> Void
  let layerNorm: @Sendable (Int, Int, Scalar, In, In?, In, In, Out?, Out, Out, Out) -> Void
  let layerNormBackward: @Sendable (Int, Int, In, In, In, In, In, Out, Out, Out) -> Void
  let transpose: @Sendable (Int, Int, In, Out) -> Void
  let productBiased:
    @Sendable (Int, Int, Int, In, Int, Int, In, Int, Int, In?, Out, Int, Int32) -> Void
  let adam:
    @Sendable (Int, Scalar, Scalar, Scalar, Scalar, Scalar, Scalar, In, Out, Out, Out) -> Void
  let recurrentSaved: @Sendable (UnsafePointer<minim_recurrent_shape>) -> Int
  let recurrentForward:
    @Sendable (
      UnsafePointer<minim_recurrent_shape>, In, In, In, In, In, In?, In?, Out, Out?, Out?
    ) -> Void
  let recurrentBackward:
    @Sendable (
      UnsafePointer<minim_recurrent_shape>, In, In, In, In?, In?, In, In, In?, In?, Out?, Out, Out,
      Out, Out, Out?, Out?
    ) -> Void
  let attentionForward:
    @Sendable (UnsafePointer<minim_attention_shape>, In, In, In, In?, Out, Out?) -> Void
  let attentionBackward:
    @Sendable (
      UnsafePointer<minim_attention_shape>, In, In, In, In?, In, In, Out?, Out?, Out?
    ) -> Void
  let convolution: @Sendable (UnsafePointer<minim_convolution_shape>, In, In?, In, In?, Out) -> Void
  let convolutionByInput:
    @Sendable (UnsafePointer<minim_convolution_shape>, In, In, In?, Out?, Out?) -> Void
  let convolutionByWeight:
    @Sendable (UnsafePointer<minim_convolution_shape>, In, In?, In, Out?, Out?) -> Void
  let gates: @Sendable (Int, Int, In?, In?, Out, Out, Out) -> Void
  let gatesBackward: @Sendable (Int, Int, In?, In?, In, In, In?, In?, Out, Out?, Out?) -> Void
  let softDTW: @Sendable (Int, Int, Int, Int, UnsafePointer<Int>?, Scalar, In, Out, Out) -> Void
  let softDTWBackward:
    @Sendable (Int, Int, Int, Int, UnsafePointer<Int>?, Scalar, In, In, Out) -> Void
}

extension Float: TensorScalar {
  /// The kernels for `Float`.
  public static let kernels = Kernels<Float>(
    unary: minim_unary_f32, unaryBackward: minim_unary_backward_f32, binary: minim_binary_f32,
    fill: minim_fill_f32, addScaled: minim_add_scaled_f32, sum: minim_sum_f32, max: minim_max_f32,
    softmax: minim_softmax_f32, logSoftmax: minim_log_softmax_f32,
    logSumExp: minim_log_sum_exp_f32, softmaxBackward: minim_softmax_backward_f32,
    logSoftmaxBackward: minim_log_softmax_backward_f32, normalise: minim_normalise_f32,
    normaliseBackward: minim_normalise_backward_f32, layerNorm: minim_layer_norm_f32,
    layerNormBackward: minim_layer_norm_backward_f32, transpose: minim_transpose_f32,
    productBiased: minim_product_biased_f32,
    adam: minim_adam_f32, recurrentSaved: minim_recurrent_saved_f32,
    recurrentForward: minim_recurrent_forward_f32,
    recurrentBackward: minim_recurrent_backward_f32,
    attentionForward: minim_attention_forward_f32, attentionBackward: minim_attention_backward_f32,
    convolution: minim_convolution_f32,
    convolutionByInput: minim_convolution_by_input_f32,
    convolutionByWeight: minim_convolution_by_weight_f32, gates: minim_gates_f32,
    gatesBackward: minim_gates_backward_f32, softDTW: minim_soft_dtw_f32,
    softDTWBackward: minim_soft_dtw_backward_f32)
}

extension Double: TensorScalar {
  /// The kernels for `Double`.
  public static let kernels = Kernels<Double>(
    unary: minim_unary_f64, unaryBackward: minim_unary_backward_f64, binary: minim_binary_f64,
    fill: minim_fill_f64, addScaled: minim_add_scaled_f64, sum: minim_sum_f64, max: minim_max_f64,
    softmax: minim_softmax_f64, logSoftmax: minim_log_softmax_f64,
    logSumExp: minim_log_sum_exp_f64, softmaxBackward: minim_softmax_backward_f64,
    logSoftmaxBackward: minim_log_softmax_backward_f64, normalise: minim_normalise_f64,
    normaliseBackward: minim_normalise_backward_f64, layerNorm: minim_layer_norm_f64,
    layerNormBackward: minim_layer_norm_backward_f64, transpose: minim_transpose_f64,
    productBiased: minim_product_biased_f64,
    adam: minim_adam_f64, recurrentSaved: minim_recurrent_saved_f64,
    recurrentForward: minim_recurrent_forward_f64,
    recurrentBackward: minim_recurrent_backward_f64,
    attentionForward: minim_attention_forward_f64, attentionBackward: minim_attention_backward_f64,
    convolution: minim_convolution_f64,
    convolutionByInput: minim_convolution_by_input_f64,
    convolutionByWeight: minim_convolution_by_weight_f64, gates: minim_gates_f64,
    gatesBackward: minim_gates_backward_f64, softDTW: minim_soft_dtw_f64,
    softDTWBackward: minim_soft_dtw_backward_f64)
}
