// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

/// Recordings cut at every length or damaged at random are read or refused with a `DataError`.
@Suite struct DetectionDamageTests {
  static let files = [
    "train.npy", "train.npy.gz", "labels.npy", "labeled_anomalies.csv", "a_train.csv",
    "combined_windows.json",
  ]

  /// A whole file, and a folder of those it is read with.
  private func content(_ name: String) throws -> (whole: Data, folder: Scratch) {
    let (whole, others) = parts(name)
    return (whole, try Scratch.with(others))
  }

  private func parts(_ name: String) -> (whole: Data, others: [String: Data]) {
    let train = floatArray((0..<12).map { Float($0) * 0.37 }, [4, 3])
    let test = floatArray((0..<15).map(Float.init), [5, 3])
    switch name {
    case "train.npy": return (train, ["test.npy": test])
    case "train.npy.gz": return (gzipped(train), [:])
    case "labels.npy":
      return (byteArray([0, 1, 1, 0, 0], [5]), ["train.npy": train, "test.npy": test])
    case "labeled_anomalies.csv":
      let text = "chan_id,anomaly_sequences,num_values\nA,\"[[1, 2], [4, 4]]\",5\nB,\"[]\",7\n"
      return (Data(text.utf8), ["A.train.npy": train, "A.test.npy": test])
    case "a_train.csv":
      let text = "time,x,\"y, \"\"z\",label\n2020-01-01,1.5,-3e2,0\n2020-01-02,2,\"7\",true\n"
      return (Data(text.utf8), [:])
    default:
      let text = "{\"a.csv\": [[\"2014-01-01 00:05:00.5\", \"2014-01-01 00:10:00\"]]}"
      let series = (0..<9).map { "2014-01-01 00:0\($0):00,\($0)\n" }.joined()
      return (Data(text.utf8), ["a.csv": Data(("timestamp,value\n" + series).utf8)])
    }
  }

  /// What reading the folder with the file gives; nil where it is refused.
  private func found(_ name: String, _ bytes: Data, in folder: Scratch) throws
    -> [DetectionProblem]?
  {
    try folder.write(name, bytes)
    do { return try folder.problems() } catch is DataError { return nil }
  }

  @Test(arguments: files) func cutAtEveryLength(_ name: String) throws {
    let (whole, folder) = try content(name)
    #expect(try found(name, whole, in: folder) != nil)
    let isArray = name.contains(".npy")
    for count in 0..<whole.count {
      let read = try found(name, whole.prefix(count), in: folder)
      if isArray { #expect(read == nil, "\(count) bytes") }
    }
  }

  @Test(arguments: files) func damagedAtRandom(_ name: String) throws {
    let (whole, folder) = try content(name)
    var generator = TestGenerator(state: 17)
    var refused = 0
    for _ in 0..<600 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        default: if bytes.count > 1 { bytes.remove(at: place) }
        }
      }
      if try found(name, bytes, in: folder) == nil { refused += 1 }
    }
    #expect((1..<600).contains(refused))
  }

  /// A gzip file has a checksum: with any one bit of its data flipped it is refused.
  @Test func aFlippedBitOfGzipIsSeen() throws {
    let (whole, folder) = try content("train.npy.gz")
    for place in 15..<whole.count {
      var bytes = whole
      bytes[place] ^= 1 << (place % 8)
      #expect(try found("train.npy.gz", bytes, in: folder) == nil, "byte \(place)")
    }
  }
}
