// SPDX-License-Identifier: Apache-2.0
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// A file's text must not make a model that the file cannot fill.
@Suite struct StoredCountTests {
  /// Every architecture at two sizes.
  private var models: [any StoredClassifier<Float>] {
    var generator = SeededGenerator(seed: 1)
    return CheckedModel.all.map { $0.make() } + [
      RecurrentClassifier<Float>(
        .init(cell: .gru, layers: 3, hidden: 5, channels: 1, classes: 2), using: &generator),
      TemporalConvolution<Float>(
        .init(layers: 2, hidden: 5, channels: 7, classes: 2), using: &generator),
      Lite<Float>(.init(hidden: 3, channels: 5, classes: 2), using: &generator),
      LogisticRegression<Float>(.init(length: 5, channels: 1, classes: 2), using: &generator),
      MiniRocket(.init(features: 84, length: 30, channels: 1, classes: 2), using: &generator),
      MiniRocket(.init(features: 504, length: 50, channels: 3, classes: 4), using: &generator),
    ]
  }

  @Test func isWhatAModelHolds() {
    for model in models {
      let held = model.entries().reduce(0) { $0 + $1.shape.reduce(1, *) }
      #expect(model.configuration.storedCount == Double(held), "\(model.configuration)")
    }
  }

  /// Gigabytes of weights, or sizes whose product no `Int` holds.
  @Test(arguments: [
    ("recurrent", #"{"cell":"lstm","channels":1,"classes":2,"hidden":1000000,"layers":1000000}"#),
    ("tcn", #"{"channels":1000000,"classes":1000000,"hidden":4096,"layers":24}"#),
    ("lite", #"{"channels":1000000,"classes":1000000,"hidden":4096}"#),
    ("linear", #"{"channels":1000000,"classes":1000000,"length":1000000}"#),
    ("minirocket", #"{"channels":10000,"classes":10000,"features":84000,"length":1000000}"#),
  ]) func aTextOfLargerSizesThanTheFileIsRefused(_ model: String, _ configuration: String) {
    let file = SafetensorsFile(
      metadata: ["model": model, "configuration": configuration],
      entries: [.init(name: "head.bias", shape: [2], values: [0, 0] as [Float])])
    let error = #expect(throws: SafetensorsError.self) {
      _ = try storedClassifier(from: file, path: "here")
    }
    #expect(error?.kind == .otherContents && error?.file == "here")
    #expect(error?.found == "2 numbers", "\(error.map(String.init(describing:)) ?? "")")
  }
}
