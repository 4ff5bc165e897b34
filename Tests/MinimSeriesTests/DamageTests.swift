// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

/// Files cut at every length or damaged at random are read or refused with a `DataError`; nothing
/// else happens.
@Suite struct DamageTests {
  static let files: [String] = ["P_TRAIN.tsv", "P_TRAIN.ts", "X_train.npy", "P.npz", "D.npz"]

  private func content(_ name: String) throws -> Data {
    switch name {
    case "P_TRAIN.tsv": return Data("1\t0.5\tNaN\t-3e2\n2\t1\t2\t3\n-1\t7\t8\tNaN\n".utf8)
    case "P_TRAIN.ts":
      return Data(
        "@timeStamps true\n@classLabel true a b\n@data\n(2020-01-01 00:00:01,1),(3,?):(1,2),(2,3):a\n(1,1),(2,2):(1,3),(2,4):b\n"
          .utf8)
    case "X_train.npy": return try Data(contentsOf: goldenFolder.appending(path: "f4.npy"))
    case "P.npz": return try Data(contentsOf: goldenFolder.appending(path: "stored.npz"))
    default: return try Data(contentsOf: goldenFolder.appending(path: "deflated.npz"))
    }
  }

  /// Reads a folder with one file of these bytes; whether it was read.
  private func tries(_ name: String, _ bytes: Data) throws -> Bool {
    let scratch = try Scratch()
    try scratch.write(name, bytes)
    if name == "X_train.npy" {
      try scratch.write("y_train.npy", Data(contentsOf: goldenFolder.appending(path: "labels.npy")))
    }
    do {
      _ = try scratch.problem()
      return true
    } catch is DataError {
      return false
    }
  }

  @Test(arguments: files) func cutAtEveryLength(_ name: String) throws {
    let whole = try content(name)
    #expect(try tries(name, whole))
    for count in 0..<whole.count { _ = try tries(name, whole.prefix(count)) }
    if name.hasSuffix("z") || name.hasSuffix("y") {
      for count in 0..<whole.count {
        #expect(try !tries(name, whole.prefix(count)), "\(count) bytes")
      }
    }
  }

  @Test(arguments: files) func damagedAtRandom(_ name: String) throws {
    let whole = try content(name)
    var generator = TestGenerator(state: 11)
    var refused = 0
    for _ in 0..<1500 {
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
      if try !tries(name, bytes) { refused += 1 }
    }
    #expect((1..<1500).contains(refused))
  }

  /// An archive has checksums: with any one bit flipped it is refused, or reads as before.
  @Test(arguments: ["P.npz", "D.npz"]) func aFlippedBitOfAnArchiveChangesNoValue(_ name: String)
    throws
  {
    let whole = try content(name)
    func read(_ bytes: Data) throws -> ClassificationProblem? {
      let scratch = try Scratch()
      try scratch.write("P.npz", bytes)
      do { return try scratch.problem() } catch is DataError { return nil }
    }
    let original = try #require(try read(whole))
    var refused = 0
    for place in whole.indices {
      var bytes = whole
      bytes[place] ^= 1 << (place % 8)
      if let found = try read(bytes) {
        #expect((found == original) as Bool, "byte \(place)")
      } else {
        refused += 1
      }
    }
    #expect(refused > whole.count / 2)
  }
}
