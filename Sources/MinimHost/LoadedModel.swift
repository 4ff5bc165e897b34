// SPDX-License-Identifier: Apache-2.0
internal import CMinimSystem
public import MinimRuntime

/// A model file that cannot be used, or could not be read.
public enum HostError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file could not be read; the reason is the operating system's.
  case cannotRead(path: String, reason: String)
  /// The contents were refused.
  case badModel(path: String, section: String, error: ModelError)
  /// A line of the data was refused.
  case badLine(source: String, line: Int, found: String, expected: String)
  /// An option has a value that it cannot have.
  case badOption(String)
  /// A check failed, as the text says.
  case checkFailed(String)

  /// One line: where, what was found, what was expected.
  public var description: String {
    switch self {
    case .cannotRead(let path, let reason): "\(path): cannot read: \(reason)"
    case .badModel(let path, _, let error) where error.code == .notAModel:
      "\(path): not a model file (error \(error.code.rawValue), Documentation/model-file.md)"
    case .badModel(let path, let section, let error)
    where error.code == .headerChecksum || error.code == .sectionChecksum:
      "\(path): damaged: the checksum of \(section) is \(error.found), expected \(error.expected) "
        + "(error \(error.code.rawValue), Documentation/model-file.md)"
    case .badModel(let path, let section, let error):
      "\(path): \(section), byte \(error.offset): \(error.code.name): found \(error.found), "
        + "expected \(error.expected) (error \(error.code.rawValue), Documentation/model-file.md)"
    case .badLine(let source, let line, let found, let expected):
      "\(source):\(line): found \(found), expected \(expected)"
    case .badOption(let text), .checkFailed(let text): text
    }
  }

  /// The exit code for it: 1, 64, 65 or 74.
  public var exitCode: Int32 {
    switch self {
    case .cannotRead: 74
    case .badModel, .badLine: 65
    case .badOption: 64
    case .checkFailed: 1
    }
  }
}

/// A model file in memory of its own, with a session at its beginning.
public final class LoadedModel {
  /// Where the file came from, for messages.
  public let path: String
  /// The checked file; to be used only as long as this object lives.
  public let model: Model
  /// The session; to be used only as long as this object lives.
  public let session: Session<HostKernels>
  /// The threshold and alarm over the session's scores; nil for a model that is no detector.
  public private(set) var detector: DetectorSession<HostKernels>?
  /// The names of the channels as JSON strings, numbers from 0 where the file has none.
  let quotedChannels: [String]
  /// The names of the classes as JSON strings.
  let quotedClasses: [String]
  private let file: UnsafeMutableRawBufferPointer
  private let memory: UnsafeMutableRawBufferPointer

  /// Reads and checks a file.
  ///
  /// The file is copied, not mapped: it may be replaced or cut while the model is used. Throws
  /// `HostError`.
  public convenience init(contentsOf path: String) throws(HostError) {
    try self.init(adopting: try readAligned(path), path: path)
  }

  /// Checks the bytes of a file.
  ///
  /// Throws `HostError.badModel`.
  public convenience init(_ bytes: [UInt8], path: String) throws(HostError) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    copy.copyBytes(from: bytes)
    try self.init(adopting: copy, path: path)
  }

  private init(adopting file: UnsafeMutableRawBufferPointer, path: String) throws(HostError) {
    var memory: UnsafeMutableRawBufferPointer?
    do throws(ModelError) {
      let model = try Model(UnsafeRawBufferPointer(file))
      _ = try Provenance(model)
      _ = try SelfTest(model)
      let room = UnsafeMutableRawBufferPointer.allocate(
        byteCount: model.detectorMemoryBytes, alignment: 64)
      memory = room
      if model.decisionKind == .alarm {
        let detector = try DetectorSession<HostKernels>(model, memory: room)
        session = detector.session
        self.detector = detector
      } else {
        session = try Session(model, memory: room)
      }
      self.model = model
      quotedChannels = (0..<model.channelCount).map { channel in
        let name = String(decoding: model.channelName(channel), as: UTF8.self)
        return jsonString(name.isEmpty ? "\(channel)" : name)
      }
      quotedClasses = (0..<model.classCount).map {
        jsonString(String(decoding: model.className($0), as: UTF8.self))
      }
      self.memory = room
      self.file = file
      self.path = path
    } catch {
      let section = Self.sectionName(of: error, in: file)
      file.deallocate()
      memory?.deallocate()
      throw .badModel(path: path, section: section, error: error)
    }
  }

  deinit {
    file.deallocate()
    memory.deallocate()
  }

  /// The error of a section that is checked later, as `HostError`.
  func badModel(_ error: ModelError) -> HostError {
    .badModel(path: path, section: Self.sectionName(of: error, in: file), error: error)
  }

  /// The name of the section that holds the byte that an error names, by a table that may itself be
  /// damaged.
  private static func sectionName(
    of error: ModelError, in file: UnsafeMutableRawBufferPointer
  ) -> String {
    func word(_ offset: Int) -> Int {
      offset + 4 <= file.count
        ? Int(file.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) : 0
    }
    let count = min(word(24), ModelFormat.maximumSections)
    for index in 0..<count {
      let entry = ModelFormat.headerBytes + index * ModelFormat.recordBytes
      let start = word(entry + 4), place = Int(error.offset)
      if place >= start, start > 0, place < start + word(entry + 8) {
        let type = SectionType(rawValue: UInt16(truncatingIfNeeded: word(entry)))
        return type.map { "\($0.name)" } ?? "section \(word(entry) & 0xFFFF)"
      }
    }
    return "header"
  }

  /// Takes the next sample of a stream; a detector judges it.
  func step(_ sample: UnsafePointer<Float>) -> StepStatus {
    detector?.step(sample) ?? session.step(sample)
  }

  /// The names of the channels; empty texts where the file has none.
  var channelNames: [String] {
    (0..<model.channelCount).map { String(decoding: model.channelName($0), as: UTF8.self) }
  }

  /// The name of a class.
  public func className(_ index: Int) -> String {
    String(decoding: model.className(index), as: UTF8.self)
  }

  /// The result for a whole case, from the beginning of a stream; the session keeps it until the next.
  ///
  /// - Parameter values: (time, channels), at least one step; NaN is a missing value.
  /// - Returns: The outputs and the decision (`Session.decision`); nil where a value is missing and
  ///   the model does not interpolate, or a channel has no value at all.
  public func result(forCase values: [Double]) -> (outputs: [Float], decision: Int)? {
    let channels = model.channelCount
    var steps = values.count / channels
    var lines = (0..<channels).map { channel in
      (0..<steps).map { values[$0 * channels + channel] }
    }
    if model.interpolatesMissing {
      for channel in 0..<channels { fillMissing(&lines[channel]) }
    }
    if model.resamplesCases {
      steps = model.windowLength
      lines = lines.map { resampled($0, to: steps) }
    }
    session.reset()
    defer { withExtendedLifetime(self) {} }
    var sample = [Float](repeating: 0, count: channels)
    for step in 0..<steps {
      for channel in 0..<channels { sample[channel] = Float(lines[channel][step]) }
      guard session.step(sample) != .rejected else { return nil }
    }
    let output = session.result()
    return (Array(UnsafeBufferPointer(start: output, count: model.outputCount)), session.decision)
  }
}

/// Fills NaN linearly between neighbours; the nearest value is held at the ends.
private func fillMissing(_ line: inout [Double]) {
  let known = line.indices.filter { !line[$0].isNaN }
  guard let first = known.first, let last = known.last else { return }
  for place in 0..<first { line[place] = line[first] }
  for place in last..<line.count { line[place] = line[last] }
  for (before, after) in zip(known, known.dropFirst()) {
    for place in before..<after {
      let share = Double(place - before) / Double(after - before)
      line[place] = line[before] + (line[after] - line[before]) * share
    }
  }
}

/// A series at `steps` places spread evenly from its first to its last value, linearly between its
/// own steps.
private func resampled(_ line: [Double], to steps: Int) -> [Double] {
  guard line.count > 1, steps > 1 else {
    return [Double](repeating: line.first ?? 0, count: steps)
  }
  return (0..<steps).map { step in
    let place = Double(step) * Double(line.count - 1) / Double(steps - 1)
    let before = min(Int(place), line.count - 2)
    return line[before] + (line[before + 1] - line[before]) * (place - Double(before))
  }
}

/// All bytes of a regular file, aligned to 64; the caller deallocates them.
private func readAligned(_ path: String) throws(HostError) -> UnsafeMutableRawBufferPointer {
  func failure() -> HostError {
    .cannotRead(path: path, reason: String(cString: system_error()))
  }
  var size = 0
  let descriptor = system_open_regular(path, &size)
  guard descriptor >= 0 else {
    throw descriptor == -2
      ? .cannotRead(
        path: path, reason: "not a regular file; of a run folder, minim pack makes a model file")
      : failure()
  }
  defer { system_close(descriptor) }
  guard size <= ModelFormat.defaultLimit else {
    throw .badModel(
      path: path, section: "file", error: ModelError(tooLarge: size))
  }
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
  var count = 0
  while count < size {
    let step = system_read(
      descriptor, bytes.baseAddress.map { $0 + count }, UInt(size - count))
    guard step > 0 else {
      bytes.deallocate()
      throw step == 0 ? .cannotRead(path: path, reason: "it became shorter") : failure()
    }
    count += step
  }
  return bytes
}
