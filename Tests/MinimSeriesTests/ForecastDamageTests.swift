// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

/// Files cut at every length or damaged at random are read or refused with a `DataError`.
@Suite struct ForecastDamageTests {
  static let whole = Data(
    """
    date,x,"y, z",u,v
    2020-01-01 00:10:00,1.5,-3e2,-0.00125,71234
    2020-01-01 00:20:00,2,7,25.0625,71235
    2020-01-01 00:30:00,?,"8",1048576.5,71236
    2020-01-01 00:50:00,4,1,-17.25,71239
    2020-01-01 01:00:00,4,1.25,12e-5,71240

    """.utf8)

  /// What each way to read these bytes gives; nil where they are refused.
  private func found(_ bytes: Data, in folder: Scratch) throws -> [ForecastSeries?] {
    try folder.write("s.csv", bytes)
    return try [
      ("s.csv", nil, nil), ("s.csv", nil, FillPolicy.last), ("s.csv", nil, .linear),
      ("s.csv", 900, .linear), ("s.csv", 86_400, nil), ("s.txt", nil, .last),
    ].map { name, step, fill in
      do {
        return try folder.forecast(name, resample: step, fill: fill)
      } catch is DataError {
        return nil
      }
    }
  }

  /// A folder where s.txt is s.csv.
  private func scratch() throws -> Scratch {
    let folder = try Scratch()
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "s.txt"),
      withDestinationURL: folder.url.appending(path: "s.csv"))
    return folder
  }

  @Test func cutAtEveryLength() throws {
    let folder = try scratch()
    #expect(
      try found(Self.whole, in: folder).map { $0 != nil } == [
        false, true, true, true, false, false,
      ])
    for count in 0..<Self.whole.count { _ = try found(Self.whole.prefix(count), in: folder) }
  }

  @Test func damagedAtRandom() throws {
    let folder = try scratch()
    var generator = TestGenerator(state: 23)
    let letters = Array("0123456789-:./,\" \nTZe?a".utf8)
    var read = 0, refused = 0
    for _ in 0..<2000 {
      var bytes = Self.whole
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 1: bytes[place] = letters.randomElement(using: &generator) ?? 0
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        case 3: bytes.insert(letters.randomElement(using: &generator) ?? 0, at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
      }
      for series in try found(bytes, in: folder) {
        guard let series else {
          refused += 1
          continue
        }
        read += 1
        let recording = series.recording
        #expect(recording.count > 1 && recording.values.allSatisfy(\.isFinite))
        #expect(recording.channelNames.count == recording.channels)
        #expect(series.times.map { $0.text(ofRow: recording.count - 1).count >= 19 } ?? true)
      }
    }
    #expect(read > 500 && refused > 1000, "\(read), \(refused)")
  }
}
