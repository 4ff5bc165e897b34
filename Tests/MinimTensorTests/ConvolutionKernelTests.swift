// SPDX-License-Identifier: Apache-2.0
import CMinimKernels
import MinimTensor
import Testing

/// The kernels of convolutions at each level that this processor has, against plain loops.
@Suite struct ConvolutionKernelTests {
  private func random(_ count: Int, _ generator: inout SeededGenerator) -> [Float] {
    (0..<max(count, 1)).map { _ in Float(generator.nextNormal()) }
  }

  private func close(_ a: [Float], _ b: [Float]) -> Bool {
    let scale = b.reduce(0) { $0 + abs($1) } / Float(b.count)
    return zip(a, b).allSatisfy { abs($0 - $1) <= 2e-5 * max(scale, abs($1)) }
  }

  /// Sizes drawn so that every path is met: many and few rows, long lines, phases without taps,
  /// results larger and smaller than the formula's.
  private func shape(_ generator: inout SeededGenerator) -> minim_convolution_shape {
    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    var shape = minim_convolution_shape()
    shape.batch = draw(0...3)
    shape.groups = draw(0...2) == 0 ? draw(1...4) : 1
    shape.inputs = shape.groups * draw(1...(draw(0...3) == 0 ? 60 : 9))
    shape.outputs = shape.groups * draw(1...(draw(0...3) == 0 ? 40 : 14))
    shape.kernel_height = draw(1...4)
    shape.kernel_width = draw(1...5)
    shape.stride_height = draw(1...3)
    shape.stride_width = draw(1...4)
    shape.dilation_width = shape.stride_width == 1 ? draw(1...4) : 1
    shape.padding_height = draw(0...3)
    shape.padding_width = draw(0...4)
    shape.height = draw(1...(draw(0...2) == 0 ? 30 : 12))
    shape.width = draw(1...(draw(0...5) == 0 ? 600 : 24))
    let free = (
      shape.height + 2 * shape.padding_height - shape.kernel_height,
      shape.width + 2 * shape.padding_width - (shape.kernel_width - 1) * shape.dilation_width - 1
    )
    shape.out_height = max(1, max(free.0, 0) / shape.stride_height + draw(0...2))
    shape.out_width = max(1, max(free.1, 0) / shape.stride_width + draw(0...2))
    return shape
  }

  @Test(arguments: ["generic", "neon", "avx2", "avx512"])
  func agreesWithPlainLoops(_ level: String) {
    let before = kernelLevel
    defer { _ = useKernelLevel(before) }
    guard useKernelLevel(level) else { return }
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<60 {
      var shape = shape(&generator)
      let inputs = shape.batch * shape.inputs * shape.height * shape.width
      let outputs = shape.batch * shape.outputs * shape.out_height * shape.out_width
      let weights =
        shape.outputs * shape.inputs / shape.groups * shape.kernel_height * shape.kernel_width
      let x = random(inputs, &generator), w = random(weights, &generator)
      let bias = random(shape.outputs, &generator), g = random(outputs, &generator)
      var y = g, expectedY = g, dx = x, dw = w, db = bias
      var expectedX = x.map { _ in Float(0) }, expectedW = w.map { _ in Float(0) }
      minim_convolution_reference_f32(&shape, x, w, bias, &expectedY, g, &expectedX, &expectedW)
      minim_convolution_f32(&shape, x, nil, w, bias, &y)
      minim_convolution_by_input_f32(&shape, g, w, nil, &dx, nil)
      minim_convolution_by_weight_f32(&shape, x, nil, g, &dw, &db)
      #expect(close(y, expectedY), "\(level) \(shape)")
      #expect(inputs == 0 || close(dx, expectedX), "\(level) by input \(shape)")
      #expect(close(dw, expectedW), "\(level) by weight \(shape)")
    }
  }

  @Test func threadsChangeNoBit() {
    let before = threadCount
    defer { threadCount = before }
    var generator = SeededGenerator(seed: 4)
    let x = Tensor<Float>.normal(shape: [5, 7, 23, 19], using: &generator)
    let kernel = Tensor<Float>.normal(shape: [20, 12, 3, 3], using: &generator)
    func step() -> [Tensor<Float>] {
      let weights = ConvolutionalLSTMWeights(kernel: kernel.variable()), input = x.variable()
      let first = input.convolutionalLSTMStep(weights: weights)
      let second = input.convolutionalLSTMStep(weights: weights, state: first)
      return [second.hidden] + gradients(of: second.hidden.sum(), for: [input, weights.kernel])
    }
    threadCount = 1
    let one = step()
    threadCount = 3
    #expect(step() == one)
  }
}
