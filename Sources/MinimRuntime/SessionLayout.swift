// SPDX-License-Identifier: Apache-2.0

/// Where a session keeps what in the memory that it is given; all places in bytes, all multiples
/// of 4.
struct SessionLayout {
  /// Model checksum, ring position, samples seen, checksum of the rest: four 32-bit numbers.
  static let headerBytes = 16
  /// The ring of the last samples (window mode), after the states of operations.
  var ring = 0
  /// The values.
  var values = 0
  /// The end of what `save` writes: a stream's values belong to it, for a result is computed from
  /// them; a window's are computed anew.
  var stateEnd = 0
  /// The first number of each value, then of each operation's state, then, where any is coded, of each
  /// tensor's mask, in 32-bit numbers.
  var directory = 0
  /// Gates of the largest recurrent operation, the inputs of the largest convolution, or what the
  /// largest generation or coded mask works in.
  var work = 0
  /// A mean and a deviation for each channel, where windows are normalised.
  var moments = 0
  /// The input of an int8 product as bytes.
  var quantised = 0
  #if !MINIM_OPERATIONS_1_2
    /// The masks of one-bit tensors that are coded in the file.
    var masks = 0
  #endif
  #if !MINIM_OPERATIONS_1_4
    /// The operation of signature matrices; nil where there is none.
    var signatures: Int?
  #endif
  /// The memory needed.
  var total = 0
}

extension Model {
  /// Lays out the memory of a session; throws `memoryTooLarge` where it exceeds a limit.
  func memoryLayout(limit: Int) throws(ModelError) -> SessionLayout {
    var layout = SessionLayout()
    var end = SessionLayout.headerBytes
    func take(_ numbers: Int) throws(ModelError) -> Int {
      let place = end
      end = try checkedSum(
        end, try checkedProduct(numbers, 4, .memoryTooLarge, at: 36), .memoryTooLarge, at: 36)
      return place
    }
    #if !MINIM_OPERATIONS_1_4
      layout.signatures = signatures
    #endif
    var work = 0, quantised = 0
    for index in 0..<operationCount {
      let operation = operation(index)
      _ = try take(stateLength(operation))
      if operation.code == .recurrent {
        work = max(work, valueLength(operation.output) &* operation.gateVectors)
      }
      if operation.code.isConvolution { work = max(work, patchLength(operation)) }
      #if !MINIM_OPERATIONS_1_1
        if operation.code == .recall {
          work = max(work, valueLength(operation.output) &* (operation.gateVectors &+ 2))
        }
        if operation.code == .generate { work = max(work, generationLength(operation)) }
      #endif
      #if !MINIM_OPERATIONS_1_2
        if operation.code.readsRows {
          work = max(work, rowWork(operation))
          for number in rowTensors(operation) where tensor(number).type == .int8 {
            quantised = max(quantised, tensor(number).columns)
          }
          continue
        }
      #endif
      #if !MINIM_OPERATIONS_1_3
        if operation.code.isOfForecast { work = max(work, forecastWork(operation)) }
      #endif
      #if !MINIM_OPERATIONS_1_4
        work = max(work, signatureWork(operation))
        // Their inputs are rounded where they lie.
        if operation.code == .image || operation.code == .imageLSTM { continue }
      #endif
      for operand in 0..<4 where operation.tensor(operand) != ModelFormat.noTensor {
        let matrix = tensor(operation.tensor(operand))
        let inputs = operation.code.isConvolution ? patchLength(operation) : matrix.columns
        if matrix.type == .int8 { quantised = max(quantised, inputs) }
      }
    }
    var coded = 0
    #if !MINIM_OPERATIONS_1_2
      for index in 0..<tensorCount where tensor(index).isCoded {
        work = max(work, MaskContexts.room(columns: tensor(index).columns))
        coded = tensorCount
      }
    #endif
    let ring = mode == .window ? windowLength : 0
    layout.ring = try take(try checkedProduct(ring, channelCount, .memoryTooLarge, at: 36))
    layout.values = end
    for value in 0..<valueCount { _ = try take(valueLength(value)) }
    layout.stateEnd = mode == .stream ? end : layout.values
    layout.directory = try take(valueCount &+ operationCount &+ coded)
    layout.work = try take(work)
    layout.moments = try take(normalisation == .window ? 2 &* channelCount : 0)
    layout.quantised = try take((quantised &+ 3) / 4)
    #if !MINIM_OPERATIONS_1_2
      layout.masks = end
      for index in 0..<tensorCount where tensor(index).isCoded {
        _ = try take(tensor(index).maskWords)
      }
    #endif
    layout.total = end
    guard end <= limit else {
      throw ModelError(.memoryTooLarge, at: 36, found: end, expected: limit)
    }
    return layout
  }

  /// Fills the directory that `memoryLayout` made room for.
  func writeDirectory(_ layout: SessionLayout, to memory: UnsafeMutableRawPointer) {
    let directory = (memory + layout.directory).assumingMemoryBound(to: UInt32.self)
    var place = layout.values
    for value in 0..<valueCount {
      directory[value] = UInt32(truncatingIfNeeded: place)
      place &+= 4 &* valueLength(value)
    }
    place = SessionLayout.headerBytes
    for index in 0..<operationCount {
      let operation = operation(index)
      directory[valueCount &+ index] = UInt32(truncatingIfNeeded: place)
      place &+= 4 &* stateLength(operation)
    }
  }

  /// The numbers that an operation keeps from step to step: h and, for LSTM, c; of a convolution
  /// the place of its oldest input and the inputs; of a mean the steps and the sums.
  func stateLength(_ operation: Operation) -> Int {
    switch operation.code {
    case .recurrent: (operation.cell == .lstm ? 2 : 1) &* valueLength(operation.output)
    case .linear, .activation, .softmax: 0
    #if !MINIM_OPERATIONS_1_0
      case .convolution: 1 &+ keptSteps(operation) &* valueLength(operation.input)
      case .mean: 1 &+ valueLength(operation.input)
      case .join, .add: 0
    #endif
    #if !MINIM_OPERATIONS_1_1
      case .window: 1
      case .clip, .error, .reduce, .forest, .generate, .recall: 0
    #endif
    #if !MINIM_OPERATIONS_1_2
      case .embed, .layer, .attend, .pool: 0
    #endif
    #if !MINIM_OPERATIONS_1_3
      case .series, .map, .affine, .forecast: 0
    #endif
    #if !MINIM_OPERATIONS_1_4
      case .remember: (operation.cell == .lstm ? 2 : 1) &* valueLength(operation.output)
      case .signatures: signatureState(operation)
      case .accumulate, .image, .imageLSTM, .deviations: 0
    #endif
    }
  }

  /// The steps before the present one that a convolution keeps the inputs of.
  @inline(__always)
  func keptSteps(_ operation: Operation) -> Int {
    (tapCount(operation) &- 1) &* operation.parameter
  }

  /// The inputs that a convolution reads in a step.
  private func patchLength(_ operation: Operation) -> Int {
    tapCount(operation) &* valueLength(operation.input)
  }

  /// The multiply-adds of the matrix products that one sample costs, and those that a result costs
  /// on top.
  ///
  /// In window mode a sample costs none, and a result costs those of a full window.
  public var multiplyAdds: (step: Int64, result: Int64) {
    var step: Int64 = 0, result: Int64 = 0, stepEnd = stepOperationCount
    #if !MINIM_OPERATIONS_1_4
      // What follows them is done for a new result.
      stepEnd = signatures.map { $0 &+ 1 } ?? stepEnd
    #endif
    for index in 0..<operationCount {
      let operation = operation(index)
      var products: Int64 = 0
      var operands = 0..<2
      #if !MINIM_OPERATIONS_1_1
        // Its operand is bounds.
        if operation.code == .clip { operands = 0..<0 }
      #endif
      #if !MINIM_OPERATIONS_1_2
        if operation.code.readsRows {
          products = rowMultiplyAdds(operation)
          operands = 0..<0
        }
      #endif
      #if !MINIM_OPERATIONS_1_3
        if operation.code.isOfForecast {
          products = forecastMultiplyAdds(operation)
          operands = 0..<0
        }
      #endif
      #if !MINIM_OPERATIONS_1_4
        if operation.code.isOfSignatures {
          products = signatureMultiplyAdds(operation)
          operands = 0..<0
        }
      #endif
      for operand in operands where operation.tensor(operand) != ModelFormat.noTensor {
        let matrix = tensor(operation.tensor(operand))
        // Operand 1 of a linear map is its bias.
        if operand == 0 || operation.code == .recurrent {
          products &+= Int64(matrix.rows) &* Int64(matrix.columns)
        }
      }
      if index < stepEnd { step &+= products } else { result &+= products }
    }
    return mode == .stream ? (step, result) : (0, step &* Int64(windowLength) &+ result)
  }

  /// The numbers that were trained: the elements of all tensors, scales not counted.
  public var parameterCount: Int {
    (0..<tensorCount).reduce(0) { $0 &+ tensor($1).rows &* tensor($1).columns }
  }
}

extension Operation {
  /// Vectors of one number for each unit that a step of a recurrent operation works in: the gates;
  /// for GRU and MGU those of input and state apart.
  var gateVectors: Int { cell.hasCandidateBias ? 2 &* cell.gateCount : cell.gateCount }
}
