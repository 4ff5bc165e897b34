// SPDX-License-Identifier: Apache-2.0
import MinimTensor

extension OperationCases {
  static func addConvolutions(to rows: inout [String: Row]) {
    func convolution(
      _ name: String, stride: [Int]? = nil, padding: [Int]? = nil, groups: Int = 1
    ) {
      rows["convolution" + name] = {
        [
          $0[0].convolution(
            weight: $0[1], bias: $0.count > 2 ? $0[2] : nil, stride: stride, padding: padding,
            groups: groups)
        ]
      }
    }
    for name in ["", "Plain", "One", "Empty"] { convolution(name) }
    for name in ["Padded", "Few", "Blocks", "Deep"] { convolution(name, padding: [1, 1]) }
    convolution("Strided", stride: [2, 2], padding: [1, 1])
    convolution("Uneven", stride: [3, 2], padding: [0, 2])
    convolution("Skipping", stride: [2, 3])
    convolution("Wide", padding: [2, 3])
    convolution("Grouped", padding: [1, 1], groups: 2)
    convolution("DepthWise", stride: [1, 2], padding: [1, 1], groups: 5)
    convolution("DepthWiseTwice", groups: 3)
    convolution("Time", stride: [2], padding: [3])
    convolution("TimeLong", padding: [2])
    convolution("TimeDepthWise", padding: [3], groups: 3)

    func causal(_ name: String, dilation: Int = 1, groups: Int = 1) {
      rows["causalConvolution" + name] = {
        [
          $0[0].causalConvolution(
            weight: $0[1], bias: $0.count > 2 ? $0[2] : nil, dilation: dilation, groups: groups)
        ]
      }
    }
    for name in ["", "Point"] { causal(name) }
    for (name, dilation) in [
      "Dilated": 4, "Even": 3, "Short": 8, "OneStep": 2, "Long": 64, "Empty": 2,
    ] {
      causal(name, dilation: dilation)
    }
    causal("DepthWise", dilation: 4, groups: 5)
    causal("Grouped", dilation: 2, groups: 2)

    func transposed(
      _ name: String, stride: [Int]? = nil, padding: [Int]? = nil, croppedTo: [Int]? = nil
    ) {
      rows["transposedConvolution" + name] = {
        [
          $0[0].transposedConvolution(
            weight: $0[1], bias: $0[2], stride: stride, padding: padding, croppedTo: croppedTo)
        ]
      }
    }
    transposed("")
    transposed("Empty", stride: [2, 2])
    transposed("Strided", stride: [2, 2], padding: [1, 1])
    transposed("Cropped", stride: [2, 2], croppedTo: [7, 9])
    transposed("CroppedFew", stride: [2, 2], croppedTo: [7, 10])
    transposed("Further", stride: [2, 2], padding: [1, 1], croppedTo: [6, 7])
    transposed("Sparse", stride: [3, 2])
    transposed("Time", stride: [2], croppedTo: [20])

    func step(_ name: String, state: Bool = true, bias: Bool = true, peepholes: Bool = false) {
      rows["convolutionalLSTM" + name] = { inputs in
        let weights = ConvolutionalLSTMWeights(
          kernel: inputs[1], bias: bias ? inputs[state ? 4 : 2] : nil,
          peepholes: peepholes ? inputs[inputs.count - 1] : nil)
        let next = inputs[0].convolutionalLSTMStep(
          weights: weights,
          state: state ? ConvolutionalLSTMState(hidden: inputs[2], cell: inputs[3]) : nil)
        return [next.hidden, next.cell]
      }
    }
    step("")
    step("First", state: false)
    step("Peepholes", peepholes: true)
    step("Even", bias: false)
    step("Empty", bias: false, peepholes: true)
  }
}
