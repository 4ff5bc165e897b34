// SPDX-License-Identifier: Apache-2.0

/// 64-bit FNV-1a over bytes: h ← (h xor byte) · 0x100000001B3, from 0xCBF29CE484222325.
///
/// It tells contents apart; it is no protection against forgery.
private struct Fingerprint {
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }

  mutating func add(_ word: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      add(UInt8(truncatingIfNeeded: word >> shift))
    }
  }

  mutating func add(_ recording: Recording) {
    add(UInt64(recording.count))
    add(UInt64(recording.channels))
    for value in recording.values { add(UInt64(value.bitPattern)) }
    for label in recording.labels ?? [] { add(UInt8(label ? 1 : 0)) }
    for start in recording.starts.dropFirst() { add(UInt64(start)) }
  }

  var text: String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The fingerprint of bytes, 16 hexadecimal digits.
package func fingerprint(of bytes: [UInt8]) -> String {
  var mark = Fingerprint()
  for byte in bytes { mark.add(byte) }
  return mark.text
}

/// The fingerprint of the cases a model learned from, over sizes, values and labels.
package func dataHash(of set: SeriesSet) -> String {
  var mark = Fingerprint()
  mark.add(UInt64(set.channelCount))
  for item in set.cases {
    mark.add(UInt64(item.length))
    mark.add(UInt64(item.label))
    for value in item.values { mark.add(value.isNaN ? Double.nan.bitPattern : value.bitPattern) }
  }
  return mark.text
}

/// The fingerprint of a problem of anomaly detection: both parts, sizes, values and labels.
package func dataHash(of problem: DetectionProblem) -> String {
  var mark = Fingerprint()
  for recording in [problem.train, problem.test].compactMap({ $0 }) { mark.add(recording) }
  return mark.text
}

/// The fingerprint of a recording: size, values, labels and where its streams begin.
package func dataHash(of recording: Recording) -> String {
  var mark = Fingerprint()
  mark.add(recording)
  return mark.text
}
