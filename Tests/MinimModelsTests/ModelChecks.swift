// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// What every model must do.
///
/// A new model adds its line to `models`.
@Suite struct ModelChecks {
  typealias Make = @Sendable (_ seed: UInt64) -> RecurrentClassifier<Float>

  static let models: [String: Make] = {
    var models: [String: Make] = [:]
    for cell in RecurrentCell.allCases {
      for layers in [1, 2] {
        models["\(cell.rawValue) \(layers)"] = { seed in
          var generator = SeededGenerator(seed: seed)
          return RecurrentClassifier(
            .init(cell: cell, layers: layers, hidden: 6, channels: 2, classes: 3), using: &generator
          )
        }
      }
    }
    return models
  }()

  private func make(_ name: String, seed: UInt64 = 1) throws -> RecurrentClassifier<Float> {
    let model = try #require(Self.models[name])
    return model(seed)
  }

  private func series(_ cases: Int, seed: UInt64 = 2) -> Tensor<Float> {
    var generator = SeededGenerator(seed: seed)
    return .normal(shape: [cases, 9, 2], using: &generator)
  }

  @Test(arguments: models.keys.sorted()) func sameSeedSameBits(_ name: String) throws {
    #expect(try make(name).parameters == make(name).parameters)
    #expect(try make(name, seed: 2).parameters != make(name).parameters)
  }

  @Test(arguments: models.keys.sorted()) func savesAndLoads(_ name: String) throws {
    let model = try make(name)
    let bytes = try model.file(metadata: ["note": "x"]).encoded()
    let loaded = try RecurrentClassifier<Float>(from: SafetensorsFile(bytes: bytes), path: "here")
    #expect(loaded.configuration == model.configuration)
    #expect(loaded(series(3)).output == model(series(3)).output)
  }

  @Test(arguments: models.keys.sorted()) func refusesAFileOfAnotherShape(_ name: String) throws {
    let model = try make(name)
    var file = try model.file(metadata: [:])
    file.metadata["configuration"] = file.metadata["configuration"]?.replacing(
      "\"hidden\":6", with: "\"hidden\":7")
    #expect(throws: SafetensorsError.self) {
      try RecurrentClassifier<Float>(from: file, path: "here")
    }
    file.entries.removeLast()
    #expect(throws: SafetensorsError.self) { try model.loading(from: file) }
    file.metadata["configuration"] = "{\"hidden\":-1}"
    #expect(throws: SafetensorsError.self) {
      try RecurrentClassifier<Float>(from: file, path: "here")
    }
  }

  @Test(arguments: models.keys.sorted()) func paddedCasesGiveWhatTheyGiveAlone(_ name: String)
    throws
  {
    let model = try make(name)
    let batch = series(4), lengths = [9, 1, 5, 3]
    let together = model(batch, lengths: lengths).output
    for (index, length) in lengths.enumerated() {
      let alone = model(batch.sliced(index..<(index + 1), along: 0).sliced(0..<length, along: 1))
      for (a, b) in zip(
        alone.output.scalars, together.sliced(index..<(index + 1), along: 0).scalars)
      {
        #expect(abs(a - b) < 1e-6)
      }
    }
  }

  @Test(arguments: models.keys.sorted()) func learnsAToySet(_ name: String) throws {
    var model = try make(name)
    let labels = (0..<12).map { $0 % 3 }
    let shifts = Tensor(labels.map { Float($0) - 1 }, shape: [12, 1, 1])
    let batch = series(12) * 0.3 + shifts
    func loss(_ model: RecurrentClassifier<Float>) -> Tensor<Float> {
      .crossEntropy(logits: model(batch).output, labels: labels)
    }
    let before = loss(model).item
    for _ in 0..<80 {
      let tracked = model.tracked()
      let found = gradients(of: loss(tracked), for: tracked.parameters)
      model = model.replacingParameters(zip(model.parameters, found).map { $0 - $1 * 0.2 })
    }
    #expect(loss(model).item < 0.6 * before)
  }

  @Test func parameterCountsOfTheSpecification() {
    var generator = SeededGenerator(seed: 1)
    for classes in [2, 4, 15, 60] {
      let teacher = RecurrentClassifier<Float>(
        .init(cell: .lstm, layers: 3, hidden: 100, channels: 1, classes: classes), using: &generator
      )
      #expect(teacher.parameterCount == 202_800 + 101 * classes)
      let student = RecurrentClassifier<Float>(
        .init(cell: .lstm, layers: 1, hidden: 8, channels: 1, classes: classes), using: &generator)
      #expect(student.parameterCount == 352 + 9 * classes)
    }
  }
}
