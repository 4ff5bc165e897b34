// SPDX-License-Identifier: Apache-2.0
public import MinimRuntime

extension ModelFile {
  /// The contents of a file.
  ///
  /// Throws `ModelError`.
  public init(bytes: [UInt8]) throws {
    self = try withAlignedBytes(bytes) { (bytes) throws in try ModelFile(Model(bytes)) }
  }

  /// The contents of a checked model; `bytes()` gives its file again, byte for byte, if this
  /// version wrote it.
  ///
  /// Throws `ModelError` for a damaged PROVENANCE or SELFTEST section.
  public init(_ model: Model) throws {
    func string(_ bytes: UnsafeRawBufferPointer) -> String {
      String(decoding: bytes, as: UTF8.self)
    }
    operations = (0..<model.operationCount).map { index in
      let operation = model.operation(index)
      var tensors = (0..<4).map { operand -> Int? in
        let number = operation.tensor(operand)
        return number == ModelFormat.noTensor ? nil : number
      }
      while tensors.last == .some(nil) { tensors.removeLast() }
      return Operation(
        code: operation.code, variant: operation.variant, input: operation.input,
        parameter: UInt16(operation.parameter), tensors: tensors,
        outputLength: model.valueLength(operation.output))
    }
    stepOperations = model.stepOperationCount
    tensors = (0..<model.tensorCount).map { index in
      let matrix = model.tensor(index)
      let count = matrix.rows * matrix.columns
      let length =
        switch matrix.type {
        case .float32: 4 * count
        case .float16: 2 * count
        case .int8: 4 + 2 * matrix.rows + count
        // It has no padding.
        case .oneBit:
          index + 1 < model.tensorCount
            ? model.tensor(index + 1).data - matrix.data
            : model.section(.weights).length - (matrix.data - model.tensor(0).data)
        }
      return Tensor(
        type: matrix.type, rows: matrix.rows, columns: matrix.columns,
        head: (1...3).map { UInt8(truncatingIfNeeded: matrix.head >> (8 * $0)) },
        block: Array(UnsafeRawBufferPointer(start: matrix.data, count: length)))
    }
    let names = (0..<model.channelCount).map { string(model.channelName($0)) }
    preprocessing = Preprocessing(
      mode: model.mode, normalisation: model.normalisation, channels: model.channelCount,
      window: model.windowLength, shortest: model.shortestLength,
      resamplesCases: model.resamplesCases, interpolatesMissing: model.interpolatesMissing,
      repeatsFirst: model.repeatsFirst, scaler: Array(model.scaler),
      channelNames: names.allSatisfy(\.isEmpty) ? [] : names)
    switch model.decisionKind {
    case .none: decision = .none
    case .threshold: decision = .threshold(model.threshold)
    case .alarm:
      let alarm = model.alarm
      decision = .alarm(
        Alarm(
          threshold: alarm.threshold, release: alarm.release, minimumSamples: alarm.minimumSamples,
          partsValue: alarm.partsValue,
          adapting: alarm.adapting.map { ($0, Array(alarm.state)) }))
    case .classes: decision = .classes((0..<model.classCount).map { string(model.className($0)) })
    }
    if let intervals = model.intervals {
      let (levels, steps, channels) = (
        0..<intervals.levelCount, 0..<intervals.horizon, 0..<model.channelCount
      )
      self.intervals = Intervals(
        levels: levels.map(intervals.level), scales: channels.map(intervals.scale),
        widths: levels.map { level in steps.map { intervals.width(level: level, step: $0) } })
    }
    let entries = try Provenance(model)
    for index in 0..<entries.count {
      provenance[string(entries.entry(index).key)] = string(entries.entry(index).value)
    }
    let tests = try SelfTest(model)
    selfTests = (0..<tests.count).map { index in
      let vector = tests.vector(index)
      return SelfTestVector(samples: Array(vector.samples), output: Array(vector.output))
    }
  }
}
