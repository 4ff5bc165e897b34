// SPDX-License-Identifier: Apache-2.0

/// What `step` did with a sample.
public enum StepStatus: UInt8, Sendable {
  /// Taken; a result means something now.
  case ready = 0
  /// Taken; fewer samples than the model's shortest window have been seen.
  case warming = 1
  /// Not taken, for it has a NaN or an infinity: everything is as if it had not come.
  case rejected = 2
  #if !MINIM_OPERATIONS_1_4
    /// Taken; the result is still that of an earlier sample, for new ones come further apart (`Model.resultInterval`).
    case holding = 3
  #endif
}

/// A model at work on one stream of samples, in memory that the caller owns.
///
/// Nothing is allocated and nothing can fail after `init`. Copies share the memory, and with it the
/// state; one thread at a time may use it. Any two sessions may run side by side.
public struct Session<K: Kernels> {
  /// The model at work.
  public let model: Model
  let memory: UnsafeMutableRawPointer
  let layout: SessionLayout

  /// Starts at the beginning of a stream.
  ///
  /// `memory` has at least `model.memoryBytes` bytes, is aligned to 4, and belongs to this session
  /// alone. Throws `ModelError`: `memoryTooSmall`, `misaligned` or, of a coded mask, `maskDamaged`.
  public init(_ model: Model, memory: UnsafeMutableRawBufferPointer) throws(ModelError) {
    guard let base = memory.baseAddress, memory.count >= model.memoryBytes else {
      throw ModelError(.memoryTooSmall, found: memory.count, expected: model.memoryBytes)
    }
    guard UInt(bitPattern: base) & 3 == 0 else {
      throw ModelError(.misaligned, found: Int(UInt(bitPattern: base) & 3))
    }
    self.model = model
    self.memory = base
    layout = try model.memoryLayout(limit: Int(Int32.max))
    model.writeDirectory(layout, to: base)
    #if !MINIM_OPERATIONS_1_2
      try decodeMasks()
    #endif
    reset()
  }

  /// Forgets all samples.
  public func reset() {
    clear(0, layout.stateEnd)
    header[0] = model.checksum
  }

  /// The samples seen since the beginning, at most 2^32 - 1.
  public var sampleCount: Int { Int(clamping: header[2]) }

  /// Takes the next sample: one number for each channel.
  public func step(_ sample: UnsafePointer<Float>) -> StepStatus {
    let channels = model.channelCount
    var channel = 0
    while channel < channels {
      guard isFinite(sample[channel]) else { return .rejected }
      channel &+= 1
    }
    let scaled: UnsafeMutablePointer<Float>
    if model.mode == .window {
      scaled = ring + Int(truncatingIfNeeded: header[1]) &* channels
      header[1] = Int(truncatingIfNeeded: header[1]) &+ 1 == model.windowLength ? 0 : header[1] &+ 1
    } else {
      scaled = value(0)
    }
    channel = 0
    let scaler = model.scaler
    while channel < channels {
      scaled[channel] =
        scaler.isEmpty
        ? sample[channel] : (sample[channel] - scaler[2 &* channel]) / scaler[2 &* channel &+ 1]
      channel &+= 1
    }
    if sampleCount == 0, model.repeatsFirst {
      for place in 1..<max(1, model.windowLength) {
        copy(scaled, to: ring + place &* channels, channels)
      }
    }
    #if !MINIM_OPERATIONS_1_4
      if sampleCount == 0, layout.signatures != nil {
        for _ in 0..<model.copiesOfFirst { run(0, model.stepOperationCount) }
      }
    #endif
    if header[2] != .max { header[2] = header[2] &+ 1 }
    if model.mode == .stream { run(0, model.stepOperationCount) }
    guard sampleCount >= model.shortestLength else { return .warming }
    #if !MINIM_OPERATIONS_1_4
      if !hasNewResult { return .holding }
    #endif
    return .ready
  }

  /// Computes the result for the samples so far and returns where its `model.outputCount` numbers
  /// stand until the next call; before the first sample they are all zero.
  public func result() -> UnsafePointer<Float> {
    if sampleCount == 0 {
      clear(offset(of: model.outputValue), 4 &* model.outputCount)
    } else {
      if model.mode == .window { runWindow() }
      run(model.stepOperationCount, model.operationCount)
    }
    return UnsafePointer(value(model.outputValue))
  }

  /// What the last result means: the class with the largest output, the first of equals; or 1 above
  /// the threshold and 0 below; or -1 if the model decides nothing.
  public var decision: Int {
    let output = value(model.outputValue)
    switch model.decisionKind {
    case .none: return -1
    case .threshold: return output[0] > model.threshold ? 1 : 0
    #if !MINIM_OPERATIONS_1_1
      case .alarm: return output[0] > model.threshold ? 1 : 0
    #endif
    case .classes:
      var best = 0
      for index in 0..<model.outputCount where output[index] > output[best] { best = index }
      return best
    }
  }

  /// Runs the net over the window, oldest sample first, from a zero state.
  private func runWindow() {
    let channels = model.channelCount, window = model.windowLength
    let count = model.repeatsFirst ? window : min(sampleCount, window)
    var place = count == window ? Int(truncatingIfNeeded: header[1]) : 0
    let normalised = model.normalisation == .window
    if normalised { measureWindow(first: place, count: count) }
    clear(SessionLayout.headerBytes, layout.ring &- SessionLayout.headerBytes)
    let input = value(0)
    for _ in 0..<count {
      let sample = ring + place &* channels
      for channel in 0..<channels {
        input[channel] =
          normalised ? standardised(sample[channel], channel) : sample[channel]
      }
      run(0, model.stepOperationCount)
      place = place &+ 1 == window ? 0 : place &+ 1
    }
  }

  @inline(__always)
  private func standardised(_ x: Float, _ channel: Int) -> Float {
    let moments = floats(layout.moments) + 2 &* channel
    return moments[1] < 1e-8 ? 0 : (x - moments[0]) / moments[1]
  }

  /// Mean and population standard deviation of each channel over the window, by compensated sums
  /// of differences from the first sample: a constant channel has a deviation of exactly 0.
  private func measureWindow(first: Int, count: Int) {
    let channels = model.channelCount, window = model.windowLength
    for channel in 0..<channels {
      let start = ring[first &* channels &+ channel]
      var shift: Float = 0, square: Float = 0
      for pass in 0..<2 {
        var sum: Float = 0, lost: Float = 0
        var place = first
        for _ in 0..<count {
          let difference = ring[place &* channels &+ channel] - start
          let term = pass == 0 ? difference : (difference - shift) * (difference - shift)
          let corrected = term - lost
          let next = sum + corrected
          lost = (next - sum) - corrected
          sum = next
          place = place &+ 1 == window ? 0 : place &+ 1
        }
        if pass == 0 { shift = sum / Float(count) } else { square = sum / Float(count) }
      }
      let moments = floats(layout.moments) + 2 &* channel
      moments[0] = start + shift
      moments[1] = squareRootOf(square)
    }
  }

  /// Runs the operations `first..<end`; those behind signature matrices only where these are new.
  private func run(_ first: Int, _ end: Int) {
    var index = first
    while index < end {
      let operation = model.operation(index)
      let x = UnsafePointer(value(operation.input)), y = value(operation.output)
      let count = model.valueLength(operation.output)
      switch operation.code {
      case .linear:
        start(y, count, bias: operation.tensor(1))
        product(operation.tensor(0), x, into: y)
      case .recurrent:
        let state = state(index)
        advance(operation, units: count, x, state: state)
        copy(state, to: y, count)
      case .activation: activate(operation.variant, x, y, count)
      case .softmax: softmax(x, y, count)
      #if !MINIM_OPERATIONS_1_0
        case .convolution: convolve(operation, x, state: state(index), into: y)
        case .mean: average(x, state: state(index), into: y, count)
        case .join: join(operation, into: y)
        case .add: add(x, value(operation.parameter), into: y, count)
      #endif
      #if !MINIM_OPERATIONS_1_1
        case .window: slide(operation, x, state: state(index), into: y)
        case .clip: clip(model.tensor(operation.tensor(0)), x, into: y, count)
        case .error: squaredError(operation, into: y, count)
        case .reduce: y[0] = reduce(x, model.valueLength(operation.input))
        case .forest: y[0] = forestScore(operation, x, model.valueLength(operation.input))
        case .generate: generate(operation, x, into: y, count)
        case .recall: recall(operation, x, into: y, units: count)
      #endif
      #if !MINIM_OPERATIONS_1_2
        case .embed: embed(operation, x, into: y)
        case .layer: layer(operation, x, into: y)
        case .attend: attend(operation, x, into: y)
        case .pool: pool(operation, x, into: y)
      #endif
      #if !MINIM_OPERATIONS_1_3
        case .series: series(operation, x, into: y)
        case .map: map(operation, x, into: y)
        case .affine: affine(operation, x, into: y)
        case .forecast: forecast(operation, x, into: y)
      #endif
      #if !MINIM_OPERATIONS_1_4
        case .remember: remember(operation, x, state: state(index), into: y)
        case .signatures:
          guard slideSignatures(operation, x, state: state(index), into: y) else { return }
        case .accumulate: accumulate(operation, x, into: y)
        case .image: convolveImage(operation, x, into: y)
        case .imageLSTM: runImageLSTM(operation, x, into: y)
        case .deviations: deviations(operation, x, into: y, count)
      #endif
      }
      index &+= 1
    }
  }

  func product(_ tensor: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
    let matrix = matrix(tensor)
    K.accumulate(matrix, rows: 0..<matrix.rows, x, into: y, quantised: quantised)
  }

  #if MINIM_OPERATIONS_1_2
    /// A tensor as an operation reads it.
    @inline(__always)
    func matrix(_ index: Int) -> Matrix { model.tensor(index) }
  #endif

  /// Fills a vector with a bias from its element `first` on, or with zeros where there is none.
  func start(_ y: UnsafeMutablePointer<Float>, _ count: Int, bias: Int, from first: Int = 0) {
    var index = 0
    if bias == ModelFormat.noTensor {
      while index < count {
        y[index] = 0
        index &+= 1
      }
      return
    }
    let vector = model.tensor(bias)
    if vector.type == .float32 {
      copy(vector.floats + first, to: y, count)
    } else {
      while index < count {
        y[index] = floatFromHalf(vector.halves[first &+ index])
        index &+= 1
      }
    }
  }

  @inline(__always)
  func floats(_ offset: Int) -> UnsafeMutablePointer<Float> {
    (memory + offset).assumingMemoryBound(to: Float.self)
  }

  /// The room for gates and for the inputs of a convolution.
  @inline(__always)
  var work: UnsafeMutablePointer<Float> { floats(layout.work) }

  /// The room for the bytes of an int8 product's input.
  @inline(__always)
  var quantised: UnsafeMutablePointer<Int8> {
    (memory + layout.quantised).assumingMemoryBound(to: Int8.self)
  }

  /// Model checksum, ring position, samples seen, checksum of a saved state.
  @inline(__always)
  var header: UnsafeMutablePointer<UInt32> { memory.assumingMemoryBound(to: UInt32.self) }
  @inline(__always)
  private var ring: UnsafeMutablePointer<Float> { floats(layout.ring) }
  @inline(__always)
  private var directory: UnsafeMutablePointer<UInt32> {
    (memory + layout.directory).assumingMemoryBound(to: UInt32.self)
  }
  @inline(__always)
  private func offset(of value: Int) -> Int { Int(truncatingIfNeeded: directory[value]) }
  @inline(__always)
  func value(_ index: Int) -> UnsafeMutablePointer<Float> { floats(offset(of: index)) }
  @inline(__always)
  func state(_ operation: Int) -> UnsafeMutablePointer<Float> {
    floats(Int(truncatingIfNeeded: directory[model.valueCount &+ operation]))
  }

  private func clear(_ offset: Int, _ length: Int) {
    let words = (memory + offset).assumingMemoryBound(to: UInt32.self)
    for index in 0..<(length / 4) { words[index] = 0 }
  }
}
