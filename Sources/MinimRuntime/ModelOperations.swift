// SPDX-License-Identifier: Apache-2.0

// What each operation of the GRAPH section must be; `checkGraph` goes through them in order.
extension Model {
  /// One operation, whose index is below `operationCount`.
  func checkOperation(_ index: Int) throws(ModelError) {
    let place = recordOffset(index)
    guard let code = OperationCode(rawValue: UInt8(truncatingIfNeeded: reader.u8(place))) else {
      throw ModelError(
        .operationCode, at: place, found: reader.u8(place), expected: OperationCode.highest)
    }
    let operation = operation(index)
    let variants = code.variantCount(minorVersion: minorVersion)
    guard variants > 0 else {
      throw ModelError(
        .operationCode, at: place, found: reader.u8(place),
        expected: OperationCode.highest(minorVersion: minorVersion))
    }
    guard reader.u8(place &+ 1) < variants else {
      throw ModelError(
        .operationVariant, at: place &+ 1, found: reader.u8(place &+ 1), expected: variants &- 1)
    }
    guard operation.input <= index else {
      throw ModelError(.operandValue, at: place &+ 2, found: operation.input, expected: index)
    }
    guard operation.output == index &+ 1 else {
      throw ModelError(
        .operandValue, at: place &+ 4, found: operation.output, expected: index &+ 1)
    }
    // State only moves with samples.
    guard !code.keepsState || index < stepOperationCount else {
      throw ModelError(
        .stepOperations, at: place, found: stepOperationCount, expected: index &+ 1)
    }
    if !code.hasParameter {
      try reader.requireZeros(place &+ 6, 2, .reservedNotZero)
    }
    let inputs = valueLength(operation.input), outputs = valueLength(operation.output)
    switch code {
    case .linear:
      try checkTensor(index, 0, rows: outputs, columns: inputs)
      try checkVector(index, 1, rows: outputs, optional: true)
      try checkNone(index, from: 2)
    case .recurrent: try checkCell(index, inputs: inputs, units: outputs)
    case .activation, .softmax:
      try checkLength(index, of: operation.input)
      try checkNone(index, from: 0)
    #if !MINIM_OPERATIONS_1_0
      case .mean:
        try checkLength(index, of: operation.input)
        try checkNone(index, from: 0)
      case .convolution:
        try checkConvolution(index)
      case .join:
        try checkJoin(index)
      case .add:
        try checkParameter(index, from: 0, to: index)
        try checkLength(index, of: operation.input)
        try checkLength(index, of: operation.parameter)
        try checkNone(index, from: 0)
    #endif
    #if !MINIM_OPERATIONS_1_1
      case .window, .clip, .error, .reduce, .forest, .generate, .recall:
        try checkDetectorOperation(index)
    #endif
    #if !MINIM_OPERATIONS_1_2
      case .embed, .layer, .attend, .pool: try checkRowOperation(index)
    #endif
    #if !MINIM_OPERATIONS_1_3
      case .series, .map, .affine, .forecast: try checkForecastOperation(index)
    #endif
    #if !MINIM_OPERATIONS_1_4
      case .remember, .signatures, .accumulate, .image, .imageLSTM, .deviations:
        try checkImageOperation(index)
    #endif
    }
  }

  /// The tensors of a recurrent layer of so many inputs and units.
  func checkCell(_ index: Int, inputs: Int, units: Int) throws(ModelError) {
    let operation = operation(index)
    let rows = try checkedProduct(
      operation.cell.gateCount, units, .operandShape, at: recordOffset(index))
    try checkTensor(index, 0, rows: rows, columns: inputs)
    try checkTensor(index, 1, rows: rows, columns: units)
    try checkVector(index, 2, rows: rows, optional: false)
    if operation.cell.hasCandidateBias {
      try checkVector(index, 3, rows: units, optional: false)
    } else {
      try checkNone(index, from: 3)
    }
  }

  private func checkConvolution(_ index: Int) throws(ModelError) {
    let operation = operation(index), place = recordOffset(index)
    let inputs = valueLength(operation.input), outputs = valueLength(operation.output)
    try checkParameter(index, from: 1, to: ModelFormat.maximumDilation)
    if operation.isDepthwise { try checkLength(index, of: operation.input) }
    let matrix = try checkTensor(index, 0, rows: outputs)
    let taps = tapCount(operation)
    guard (1...ModelFormat.maximumTaps).contains(taps) else {
      throw ModelError(
        .tapCount, at: place &+ 8, found: taps, expected: taps == 0 ? 1 : ModelFormat.maximumTaps)
    }
    guard operation.isDepthwise || matrix.columns == taps &* inputs else {
      throw ModelError(
        .operandShape, at: place &+ 8, found: matrix.columns, expected: taps &* inputs)
    }
    try checkVector(index, 1, rows: outputs, optional: true)
    try checkNone(index, from: 2)
    // One number more: the position in the ring.
    let kept = try checkedProduct(
      (taps &- 1) &* operation.parameter, inputs, .memoryTooLarge, at: 36)
    _ = try checkedSum(kept, 1, .memoryTooLarge, at: 36)
  }

  private func checkJoin(_ index: Int) throws(ModelError) {
    let operation = operation(index), place = recordOffset(index)
    // Values up to `index` are written before.
    try checkParameter(index, from: 2, to: index &+ 1 &- operation.input)
    var length = 0
    for value in operation.input..<(operation.input &+ operation.parameter) {
      length = try checkedSum(length, valueLength(value), .valueLength, at: place)
    }
    guard length == valueLength(operation.output) else {
      throw ModelError(
        .valueLength, at: place, found: valueLength(operation.output), expected: length)
    }
    try checkNone(index, from: 0)
  }

  func checkParameter(
    _ index: Int, from lowest: Int, to highest: Int
  ) throws(ModelError) {
    let found = operation(index).parameter
    guard found >= lowest, found <= highest else {
      throw ModelError(
        .operationParameter, at: recordOffset(index) &+ 6, found: found,
        expected: found < lowest ? lowest : highest)
    }
  }

  /// What an operation writes is as long as a value.
  func checkLength(_ index: Int, of value: Int) throws(ModelError) {
    try checkLength(index, valueLength(value))
  }

  /// What an operation writes has so many numbers.
  func checkLength(_ index: Int, _ expected: Int) throws(ModelError) {
    let found = valueLength(operation(index).output)
    guard found == expected else {
      throw ModelError(
        .valueLength, at: recordOffset(index), found: found, expected: expected)
    }
  }

  @discardableResult
  func checkTensor(_ index: Int, _ operand: Int, rows: Int) throws(ModelError) -> Matrix {
    let place = recordOffset(index) &+ 8 &+ 2 &* operand
    let number = operation(index).tensor(operand)
    guard number < tensorCount else {
      throw ModelError(.operandTensor, at: place, found: number, expected: tensorCount &- 1)
    }
    let matrix = tensor(number)
    guard matrix.rows == rows else {
      throw ModelError(.operandShape, at: place, found: matrix.rows, expected: rows)
    }
    return matrix
  }

  func checkTensor(
    _ index: Int, _ operand: Int, rows: Int, columns: Int
  ) throws(ModelError) {
    let found = try checkTensor(index, operand, rows: rows).columns
    guard found == columns else {
      throw ModelError(
        .operandShape, at: recordOffset(index) &+ 8 &+ 2 &* operand, found: found,
        expected: columns)
    }
  }

  /// A vector is a matrix of one column, in float32 or float16.
  func checkVector(
    _ index: Int, _ operand: Int, rows: Int, optional: Bool
  ) throws(ModelError) {
    let number = operation(index).tensor(operand)
    if optional, number == ModelFormat.noTensor { return }
    try checkTensor(index, operand, rows: rows, columns: 1)
    try checkIsFloat(index, operand, tensor: number)
  }

  /// The tensor of an operand is in float32 or float16.
  func checkIsFloat(_ index: Int, _ operand: Int, tensor number: Int) throws(ModelError) {
    guard tensor(number).type.isFloat else {
      throw ModelError(
        .tensorType, at: recordOffset(index) &+ 8 &+ 2 &* operand,
        found: Int(tensor(number).type.rawValue), expected: 1)
    }
  }

  func checkNone(_ index: Int, from operand: Int) throws(ModelError) {
    for empty in operand..<4 {
      let number = operation(index).tensor(empty)
      guard number == ModelFormat.noTensor else {
        throw ModelError(
          .operandTensor, at: recordOffset(index) &+ 8 &+ 2 &* empty, found: number,
          expected: ModelFormat.noTensor)
      }
    }
  }
}
