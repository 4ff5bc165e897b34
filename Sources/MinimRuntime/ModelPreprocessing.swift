// SPDX-License-Identifier: Apache-2.0

// PREPROCESSING:  0 mode u8 | 1 normalisation u8 | 2 channels u16 | 4 window u32 | 8 shortest u32 |
// 12 flags u8 | 13 zeros | 16 scaler, (mean, deviation) float32 for each channel if there is one |
// then, if flag 0 is set, a text for each channel.
extension Model {
  /// When the model gives a result.
  @inline(__always)
  public var mode: PreprocessingMode {
    PreprocessingMode(rawValue: preprocessingByte(0)) ?? .stream
  }

  /// How samples are scaled.
  @inline(__always)
  public var normalisation: Normalisation {
    Normalisation(rawValue: preprocessingByte(1)) ?? .none
  }

  /// The numbers in a sample.
  @inline(__always)
  public var channelCount: Int { reader.known16(preprocessing.offset &+ 2) }

  /// Steps of the window; of a stream, of the longest case that the model learned from.
  @inline(__always)
  public var windowLength: Int { reader.known32(preprocessing.offset &+ 4) }

  /// Samples before the first result means something; at most `windowLength`.
  @inline(__always)
  public var shortestLength: Int { reader.known32(preprocessing.offset &+ 8) }

  /// Whether whole cases of other lengths are to be resampled to `windowLength` steps before they
  /// are given to the model; a stream is not.
  public var resamplesCases: Bool { preprocessingByte(12) & 2 != 0 }

  /// Whether missing values inside whole cases are to be interpolated; in a stream they are refused.
  public var interpolatesMissing: Bool { preprocessingByte(12) & 4 != 0 }

  /// Whether the first sample of a window also stands for those before it, so that every window is full.
  @inline(__always)
  public var repeatsFirst: Bool { preprocessingByte(12) & 8 != 0 }

  /// Mean and deviation of each channel in turn; empty without a scaler.
  public var scaler: UnsafeBufferPointer<Float> {
    let start = (reader.base + preprocessing.offset + 16).assumingMemoryBound(to: Float.self)
    return UnsafeBufferPointer(
      start: start, count: normalisation == .scaler ? 2 &* channelCount : 0)
  }

  /// The name of a channel in UTF-8; empty if the file names none.
  public func channelName(_ channel: Int) -> UnsafeRawBufferPointer {
    guard preprocessingByte(12) & 1 != 0 else { return bytes(0, 0) }
    return text(channel, from: preprocessing.offset &+ 16 &+ 4 &* scaler.count)
  }

  @inline(__always)
  private func preprocessingByte(_ place: Int) -> UInt8 {
    reader.base.load(fromByteOffset: preprocessing.offset &+ place, as: UInt8.self)
  }

  /// The text of number `index` in a list of texts.
  func text(_ index: Int, from start: Int) -> UnsafeRawBufferPointer {
    var place = start
    for _ in 0..<index { place &+= 1 &+ reader.u8(place) }
    return bytes(place &+ 1, reader.u8(place))
  }

  func checkPreprocessing() throws(ModelError) {
    let start = preprocessing.offset, end = preprocessing.end
    try reader.requireRange(start, 16, end: end, .sectionLength)
    guard PreprocessingMode(rawValue: preprocessingByte(0)) != nil else {
      throw ModelError(.preprocessingMode, at: start, found: reader.u8(start), expected: 1)
    }
    // Only a window can be normalised as a whole.
    let highest = mode == .window ? 2 : 1
    guard reader.u8(start &+ 1) <= highest else {
      throw ModelError(
        .normalisation, at: start &+ 1, found: reader.u8(start &+ 1), expected: highest)
    }
    guard (1...ModelFormat.maximumChannels).contains(channelCount) else {
      throw ModelError(
        .channelCount, at: start &+ 2, found: channelCount, expected: ModelFormat.maximumChannels)
    }
    let window = try reader.u32(
      start &+ 4, atMost: ModelFormat.maximumDimension, .windowLength)
    guard window > 0 else { throw ModelError(.windowLength, at: start &+ 4, expected: 1) }
    guard try reader.u32(start &+ 8, atMost: window, .shortestLength) > 0 else {
      throw ModelError(.shortestLength, at: start &+ 8, expected: 1)
    }
    let flags = mode == .window && minorVersion >= 2 ? 16 : 8
    guard reader.u8(start &+ 12) < flags else {
      throw ModelError(.reservedNotZero, at: start &+ 12, found: reader.u8(start &+ 12))
    }
    try reader.requireZeros(start &+ 13, 3, .reservedNotZero)
    var place = start &+ 16
    try reader.requireRange(place, 4 &* scaler.count, end: end, .sectionLength)
    for index in 0..<scaler.count {
      let number = reader.float(place)
      guard isFinite(number), index & 1 == 0 || number > 0 else {
        throw ModelError(.scalerNotFinite, at: place)
      }
      place &+= 4
    }
    if reader.u8(start &+ 12) & 1 != 0 {
      for _ in 0..<channelCount { place = try reader.text(at: place, end: end) }
    }
    guard place == end else {
      throw ModelError(
        .sectionLength, at: place, found: preprocessing.length, expected: place &- start)
    }
  }
}
