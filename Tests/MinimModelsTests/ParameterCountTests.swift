// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// Trained numbers of each architecture against its formula.
@Suite struct ParameterCountTests {
  @Test func recurrentAsTheSpecificationSays() {
    var generator = SeededGenerator(seed: 1)
    for classes in [2, 4, 15, 60] {
      let teacher = RecurrentClassifier<Float>(
        .init(cell: .lstm, layers: 3, hidden: 100, channels: 1, classes: classes), using: &generator
      )
      #expect(teacher.parameterCount == 202_800 + 101 * classes)
      let student = RecurrentClassifier<Float>(
        .init(cell: .lstm, layers: 1, hidden: 8, channels: 1, classes: classes), using: &generator)
      #expect(student.parameterCount == 352 + 9 * classes)
      let minimal = RecurrentClassifier<Float>(
        .init(cell: .mgu, layers: 1, hidden: 8, channels: 1, classes: classes), using: &generator)
      #expect(minimal.parameterCount == 176 + 9 * classes)
    }
  }

  /// 2,240 + 226 + (2,260 + 3,616 + 64) + (320 + 1,024 + 64), and the head.
  @Test func liteAsTheSpecificationSays() {
    var generator = SeededGenerator(seed: 1)
    let model = Lite<Float>(.init(hidden: 32, channels: 1, classes: 15), using: &generator)
    #expect(model.parameterCount == 9_814 + 33 * 15)
    let parts = model.parallel.map(\.parameterCount)
    #expect(parts == [1280, 640, 320] && model.norms.map(\.parameterCount) == [226, 64, 64])
    #expect(model.depthWise.map(\.parameterCount) == [2260, 320])
    #expect(model.pointWise.map(\.parameterCount) == [3616, 1024])
    for (h, c, classes) in [(8, 1, 2), (5, 3, 4)] {
      let model = Lite<Float>(.init(hidden: h, channels: c, classes: classes), using: &generator)
      let n = 3 * h + 17
      #expect(
        model.parameterCount == 70 * c * h + 22 * n + n * h + h * h + 14 * h + (h + 1) * classes)
    }
  }

  @Test func temporalConvolutionAndLogisticRegression() {
    var generator = SeededGenerator(seed: 1)
    for (layers, h, c, classes) in [(3, 8, 1, 15), (1, 4, 3, 2), (5, 6, 2, 3)] {
      let model = TemporalConvolution<Float>(
        .init(layers: layers, hidden: h, channels: c, classes: classes), using: &generator)
      #expect(
        model.parameterCount
          == 3 * c * h + 3 * (layers - 1) * h * h + 2 * layers * h + (h + 1) * classes)
    }
    let control = LogisticRegression<Float>(
      .init(length: 100, channels: 1, classes: 7), using: &generator)
    #expect(control.parameterCount == 101 * 7)
  }

  /// Six rises, six falls, five peaks; none sees a constant.
  @Test func handMadeFiltersAreWhatTheyAreSaidToBe() {
    let filters = handMadeFilters()
    #expect(
      filters.map(\.count) == [2, 4, 8, 16, 32, 64, 2, 4, 8, 16, 32, 64, 6, 12, 24, 48, 96])
    #expect(filters.allSatisfy { abs($0.reduce(0, +)) < 1e-12 })
    #expect(filters[1] == [-1, 1, -1, 1] && filters[7] == [1, -1, 1, -1])
    #expect(filters[12] == [-1, -1, 2, 2, -1, -1])
    #expect(filters[13] == [-0.25, -1, -1, -0.25, 0.5, 2, 2, 0.5, -0.25, -1, -1, -0.25])
  }
}
