// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimLayers
import MinimModels
import MinimTensor
import Testing

/// What Tools/golden/minirocket.py wrote.
private struct GoldenRocket: Decodable, Sendable {
  struct Transform: Decodable, Sendable {
    let length: Int
    let features: Int
    let channels: Int
    let series: [Float]
    let examples: [Int]
    let seen: [Float]
    let kept: [Int]
    let biases: [Float]
    let values: [[Float]]
  }
  struct Fit: Decodable, Sendable {
    let columns: [Double]
    let targets: [[Double]]
    let penalty: Double
    let errors: [Double]
    let predictions: [[Double]]
  }
  let transforms: [Transform]
  let ridge: Fit

  static func read() throws -> GoldenRocket {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: tests.appending(path: "Golden/minirocket.json"))
    return try JSONDecoder().decode(GoldenRocket.self, from: data)
  }
}

@Suite struct MiniRocketTests {
  private func model(
    features: Int = 84, length: Int = 20, channels: Int = 1, classes: Int = 2, seed: UInt64 = 1
  ) -> MiniRocket {
    var generator = SeededGenerator(seed: seed)
    return MiniRocket(
      .init(features: features, length: length, channels: channels, classes: classes),
      using: &generator)
  }

  @Test func biasesAndFeaturesOfAnotherImplementation() throws {
    for golden in try GoldenRocket.read().transforms {
      var model = model(features: golden.features, length: golden.length, channels: golden.channels)
      #expect(model.channels.count == golden.seen.count, "as many combinations")
      model.channels = Tensor(golden.seen, shape: model.channels.shape)
      let series = Tensor(golden.series, shape: [4, golden.length, golden.channels])
      model.setBiases(from: series, examples: golden.examples)
      let found = model.biases.scalars
      for (place, expected) in zip(golden.kept, golden.biases) {
        #expect(abs(found[place] - expected) <= 1e-5 * max(1, abs(expected)))
      }
      // A bias that is a value of its own convolution may fall to either side of it.
      let features = model.features(of: series).scalars
      var worst: Float = 0, unequal = 0
      for (row, values) in golden.values.enumerated() {
        for (place, expected) in zip(golden.kept, values) {
          let difference = abs(features[row * golden.features + place] - expected)
          worst = max(worst, difference)
          unequal += difference > 1e-6 ? 1 : 0
        }
      }
      #expect(worst <= 1.01 / Float(max(1, golden.length / 9)), "\(golden.length)")
      #expect(unequal * 100 <= golden.kept.count * 4, "\(unequal) of \(golden.kept.count * 4)")
    }
  }

  @Test func ridgeOfAnotherImplementation() throws {
    let golden = try GoldenRocket.read().ridge
    let ridge = Ridge(columns: golden.columns, targets: golden.targets)
    #expect(abs(ridge.penalty / golden.penalty - 1) < 1e-12)
    for (a, b) in zip(ridge.errors, golden.errors) { #expect(abs(a - b) < 1e-7 * max(1, b)) }
    let width = golden.columns.count / 12
    #expect(ridge.weights.allSatisfy { $0[7] == 0 }, "a column that never changes")
    for target in 0..<2 {
      for item in 0..<12 {
        let found = (0..<width).reduce(ridge.intercepts[target]) {
          $0 + ridge.weights[target][$1] * golden.columns[item * width + $1]
        }
        #expect(abs(found - golden.predictions[target][item]) < 1e-9)
      }
    }
  }

  /// Columns that never change fill the system up to that of the cases and must change nothing else; the
  /// time is that of a system of the columns: that of the cases takes a minute.
  @Test func ridgeOfFewColumnsSolvesTheSmallerSystem() {
    func random(_ count: Int, seed: UInt64) -> [Double] {
      var generator = SeededGenerator(seed: seed)
      return (0..<count).map { _ in generator.nextNormal() }
    }
    let width = 4
    for cases in [5, 30] {
      let columns = random(cases * width, seed: 1)
      let targets = [random(cases, seed: 2), random(cases, seed: 3)]
      let filled = (0..<cases).flatMap { row in
        columns[row * width..<(row + 1) * width] + [Double](repeating: 1, count: cases)
      }
      let narrow = Ridge(columns: columns, targets: targets)
      let wide = Ridge(columns: filled, targets: targets)
      #expect(narrow.penalty == wide.penalty)
      for (a, b) in zip(narrow.errors, wide.errors) { #expect(abs(a - b) < 1e-9 * max(1, b)) }
      for target in 0..<2 {
        #expect(abs(narrow.intercepts[target] - wide.intercepts[target]) < 1e-9)
        for (a, b) in zip(narrow.weights[target], wide.weights[target]) {
          #expect(abs(a - b) < 1e-9)
        }
      }
    }
    let start = ContinuousClock.now, cases = 2500
    let large = Ridge(columns: random(cases * width, seed: 4), targets: [random(cases, seed: 5)])
    #expect(large.weights[0].count == width)
    #expect(start.duration(to: .now) < .seconds(10))
  }

  /// Waves of three frequencies in noise.
  private func waves(_ count: Int, classes: Int, channels: Int, seed: UInt64) -> (
    Tensor<Float>, [Int]
  ) {
    var generator = SeededGenerator(seed: seed)
    let labels = (0..<count).map { $0 % classes }
    let values = labels.flatMap { label in
      let phase = generator.nextUniform() * 6
      return (0..<(40 * channels)).map { place in
        let step = Double(place / channels)
        return Float(
          sin(phase + step * (0.3 + 0.4 * Double(label))) + 0.3 * generator.nextNormal())
      }
    }
    return (Tensor(values, shape: [count, 40, channels]), labels)
  }

  @Test(arguments: [(2, 1), (3, 1), (3, 4)]) func learnsWaves(_ classes: Int, _ channels: Int)
    throws
  {
    let (series, labels) = waves(60, classes: classes, channels: channels, seed: 1)
    let (unseen, truth) = waves(60, classes: classes, channels: channels, seed: 2)
    var model = model(features: 504, length: 40, channels: channels, classes: classes)
    var generator = SeededGenerator(seed: 3)
    model.fit(series, labels: labels, using: &generator)
    let values = model(unseen).output
    #expect(values.shape == [60, classes])
    let right = truth.indices.filter { item in
      let row = values.scalars[(item * classes)..<((item + 1) * classes)]
      return row.firstIndex(of: row.max() ?? 0) == row.startIndex + truth[item]
    }.count
    #expect(right >= 57, "\(right) of 60")
    if classes == 2 {
      #expect(values.sliced(0..<1, along: 1) == -values.sliced(1..<2, along: 1))
    }
    let fitted = classes == 2 ? 1 : classes
    #expect(model.parameterCount == 504 + 505 * fitted)
    let bytes = try model.file(metadata: [:]).encoded()
    let loaded = try storedClassifier(from: SafetensorsFile(bytes: bytes), path: "here")
    #expect(loaded(unseen).output == values)
    generator = SeededGenerator(seed: 3)
    var again = self.model(features: 504, length: 40, channels: channels, classes: classes)
    again.fit(series, labels: labels, using: &generator)
    #expect(again.parameters == model.parameters)
  }

  /// Each bias is a quantile of some case's convolution, and every case gives some.
  @Test func biasesAreFromManyCases() {
    let (series, labels) = waves(8, classes: 2, channels: 1, seed: 4)
    var fitted = model(length: 40), generator = SeededGenerator(seed: 5)
    fitted.fit(series, labels: labels, using: &generator)
    let ofOneCase = (0..<8).map { item in
      var model = model(length: 40)
      model.setBiases(from: series, examples: [Int](repeating: item, count: 84))
      return model.biases.scalars
    }
    let chosen = fitted.biases.scalars.indices.map { feature in
      ofOneCase.indices.filter { ofOneCase[$0][feature] == fitted.biases.scalars[feature] }
    }
    #expect(chosen.allSatisfy { $0.count == 1 })
    // Of 84 draws, 10.5 for each of eight cases.
    for item in 0..<8 { #expect((3...22).contains(chosen.count { $0 == [item] }), "\(item)") }
  }

  /// From one channel to all of nine, and each seen by some.
  @Test func combinationsSeeSomeChannels() {
    let seen = model(features: 84 * 10, length: 100, channels: 12).channels
    let counts = Set(seen.sum(over: [1]).scalars)
    #expect(counts.contains(1) && (counts.max() ?? 0) > 3 && (counts.max() ?? 10) <= 9)
    #expect(seen.sum(over: [0]).scalars.allSatisfy { $0 > 0 })
  }
}
