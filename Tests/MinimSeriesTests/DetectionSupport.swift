// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries

let detectionFolder = packageFolder.appending(path: "Tests/Golden/detection")

/// What NumPy says about the recordings in `detectionFolder`.
struct ExpectedDetection: Decodable {
  struct Windows: Decodable {
    let length: Int
    let lag: Int
    let values: [Float]
  }
  struct Scaled: Decodable {
    let limit: Float?
    let values: [Float]
    let clipped: [Int]
  }
  let train: [Float]
  let test: [Float]
  let labels: [Bool]
  let windows: [Windows]
  let scaled: [Scaled]

  static func read() throws -> ExpectedDetection {
    try JSONDecoder().decode(
      ExpectedDetection.self,
      from: Data(contentsOf: detectionFolder.appending(path: "expected.json"))
    )
  }

  /// The labels of rows of three channels.
  var rowLabels: [Bool] {
    stride(from: 0, to: labels.count, by: 3).map { labels[$0..<($0 + 3)].contains(true) }
  }
}

extension Scratch {
  func problems(_ name: String = "", trainFraction: Double = 0.5) throws -> [DetectionProblem] {
    try readDetectionProblems(at: url.appending(path: name).path, trainFraction: trainFraction)
  }

  /// The error that reading the folder, or a file in it, gives; "none" when it is read.
  func detectionComplaint(_ name: String = "") throws -> String {
    do {
      _ = try problems(name)
      return "none"
    } catch let error as DataError {
      return error.description.replacingOccurrences(of: url.path + "/", with: "")
        .replacingOccurrences(of: url.path, with: ".")
    }
  }

  /// A folder of these files.
  static func with(_ files: [String: Data]) throws -> Scratch {
    let scratch = try Scratch()
    for (name, data) in files {
      let place = scratch.url.appending(path: name)
      try FileManager.default.createDirectory(
        at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: place)
    }
    return scratch
  }

  /// A folder of these texts.
  static func with(_ files: [String: String]) throws -> Scratch {
    try with(files.mapValues { Data($0.utf8) })
  }
}

/// A `.npy` file, version 1.0, of little-endian elements.
func npy(_ type: String, _ shape: [Int], _ elements: Data) -> Data {
  let extents = shape.map { "\($0)," }.joined()
  var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
  while (header.utf8.count + 11) % 64 != 0 { header += " " }
  header += "\n"
  let length = header.utf8.count
  return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(length & 255), UInt8(length >> 8)])
    + Data(header.utf8) + elements
}

/// A `.npy` file of float32.
func floatArray(_ values: [Float], _ shape: [Int]) -> Data {
  npy("<f4", shape, values.withUnsafeBytes { Data($0) })
}

/// A `.npy` file of uint8.
func byteArray(_ values: [UInt8], _ shape: [Int]) -> Data { npy("|u1", shape, Data(values)) }

/// A gzip file of one stored block.
func gzipped(_ data: Data) -> Data {
  var sum: UInt32 = ~0
  for byte in data {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }
  let size = UInt16(data.count)
  func bytes(_ value: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: value.littleEndian) { Data($0) }
  }
  return Data([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1]) + bytes(size) + bytes(~size) + data
    + bytes(~sum) + bytes(UInt32(data.count))
}
