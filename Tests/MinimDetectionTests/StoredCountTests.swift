// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimTensor
import Testing

/// A file's text must not make a detector that the file cannot fill.
@Suite struct StoredCountTests {
  @Test(arguments: DetectorPreset.all.map(\.name), [1, 7])
  func isWhatADetectorHolds(_ name: String, _ channels: Int) throws {
    let preset = try #require(DetectorPreset.named(name))
    for sizes in [
      DetectorSizes(),
      DetectorSizes(window: preset.readsSignatures ? 12 : 4, hidden: 4, layers: 3),
    ] {
      var generator = SeededGenerator(seed: 1)
      let detector = try #require(
        preset.detector(channels: channels, sizes: sizes, using: &generator))
      #expect(detector.configuration.storedCount == Double(detector.storedCount))
    }
  }

  /// Sizes above what a file of three numbers can hold, in the text of each kind's own detector.
  @Test(arguments: DetectorPreset.all.map(\.name), ["1000000", "4000000000000000000"])
  func aTextOfLargerSizesThanTheFileIsRefused(_ name: String, _ size: String) throws {
    let preset = try #require(DetectorPreset.named(name))
    var generator = SeededGenerator(seed: 1)
    let detector = try #require(
      preset.detector(
        channels: 3, sizes: DetectorSizes(window: preset.readsSignatures ? 10 : 5),
        using: &generator))
    var file = try detector.file(metadata: [:])
    let text = try #require(file.metadata["configuration"])
    for key in [
      "channels", "window", "hidden", "layers", "components", "rows", "trees", "subsample",
      "features", "inputs", "width", "heads", "feedForward", "steps",
    ] {
      let changed = text.replacing(try Regex("\"\(key)\":[0-9]+"), with: "\"\(key)\":\(size)")
      guard changed != text else { continue }
      file.metadata["configuration"] = changed
      file.entries = [.init(name: "x", shape: [3], values: [0, 0, 0] as [Float])]
      let error = #expect(throws: SafetensorsError.self, "\(key)") {
        _ = try storedDetector(from: file, path: "here")
      }
      #expect(error?.kind == .otherContents && error?.file == "here", "\(key)")
    }
  }

  /// Windows are bounded also where no number of the file depends on them, and sizes never overflow.
  @Test func windowsAreBounded() {
    #expect(LSTMAutoencoder.Configuration(channels: 1, window: 4096).isValid)
    #expect(!LSTMAutoencoder.Configuration(channels: 1, window: 4097).isValid)
    #expect(!IsolationForest.Configuration(channels: 1, window: 4097).isValid)
    #expect(!CAEM.Configuration(channels: 1, window: 4097).isValid)
    #expect(CAEM.Configuration(channels: 5000).isValid)
    var large = PrincipalComponents.Configuration(channels: 1, window: 4, components: 2)
    large.channels = 1 << 62
    #expect(large.isValid && large.storedCount == 3 * 0x1p64)
  }
}
