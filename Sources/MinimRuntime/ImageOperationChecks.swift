// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_4
  // What each operation of signature matrices and images must be.
  extension Model {
    func checkImageOperation(_ index: Int) throws(ModelError) {
      let operation = operation(index)
      switch operation.code {
      case .remember:
        let inputs = valueLength(operation.input), outputs = valueLength(operation.output)
        guard outputs % inputs == 0 else {
          throw ModelError(
            .valueLength, at: recordOffset(index), found: outputs, expected: inputs)
        }
        try checkCell(index, inputs: 1, units: outputs / inputs)
      case .signatures: try checkSignatures(index)
      case .accumulate:
        try checkParameter(index, from: 1, to: index)
        guard self.operation(operation.parameter &- 1).code == .remember else {
          var value = index
          while value > 0, self.operation(value &- 1).code != .remember { value &-= 1 }
          throw ModelError(
            .operationParameter, at: recordOffset(index) &+ 6, found: operation.parameter,
            expected: value)
        }
        let channels = valueLength(self.operation(operation.parameter &- 1).input)
        try checkLength(index, try signatureLength(channels, at: index))
        try checkLength(index, of: operation.input)
        try checkNone(index, from: 0)
      case .image: try checkImage(index)
      case .imageLSTM: try checkImageLSTM(index)
      default: try checkDeviations(index)
      }
    }

    /// Three matrices of so many channels, of which there are few enough.
    private func signatureLength(_ channels: Int, at index: Int) throws(ModelError) -> Int {
      guard channels <= ModelFormat.maximumExtent else {
        throw ModelError(
          .valueLength, at: recordOffset(index), found: channels,
          expected: ModelFormat.maximumExtent)
      }
      return 3 &* channels &* channels
    }

    /// One in a file, of a stream, whose first sample it takes several times.
    private func checkSignatures(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      guard mode == .stream else {
        throw ModelError(.preprocessingMode, at: preprocessing.offset, found: 1, expected: 0)
      }
      guard signatures == index else {
        throw ModelError(
          .operationCode, at: place, found: Int(operation.code.rawValue),
          expected: Int(operation.code.rawValue) &- 1)
      }
      try checkParameter(
        index, from: ModelFormat.minimumSpan, to: ModelFormat.maximumRepeats)
      try checkLength(index, try signatureLength(valueLength(operation.input), at: index))
      try checkNone(index, from: 0)
    }

    /// Images that fill their values, and as many weights for each output as a kernel of 1, 2 or 3 places has.
    private func checkImage(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      try checkParameter(index, from: 1, to: ModelFormat.maximumExtent)
      let isDepthwise = operation.imageVariant == .depthwise
      let inputs = try channels(index, operation.input, extent: imageExtent(read: operation))
      let outputs = try channels(index, operation.output, extent: imageExtent(written: operation))
      if isDepthwise, inputs != outputs { try checkLength(index, of: operation.input) }
      let matrix = try checkImageTensor(index, 0, rows: outputs)
      let read = isDepthwise ? 1 : inputs
      guard matrix.columns % read == 0, kernelOf(matrix.columns / read) > 0 else {
        throw ModelError(
          .operandShape, at: place &+ 8, found: matrix.columns, expected: 9 &* read)
      }
      try checkVector(index, 1, rows: outputs, optional: true)
      try checkNone(index, from: 2)
    }

    /// The gates of all steps, and either one kernel over states or one for each channel before a map of 1 × 1.
    private func checkImageLSTM(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      try checkParameter(index, from: 1, to: ModelFormat.maximumExtent)
      let channels = try channels(index, operation.output, extent: operation.parameter)
      let inputs = valueLength(operation.input), step = 4 &* valueLength(operation.output)
      guard inputs % step == 0, inputs / step <= ModelFormat.maximumImageSteps else {
        throw ModelError(.valueLength, at: place, found: inputs, expected: step)
      }
      let matrix = try checkImageTensor(index, 0, rows: 4 &* channels)
      let isParted = operation.tensor(1) != ModelFormat.noTensor
      guard matrix.columns % channels == 0, kernelOf(matrix.columns / channels) > 0,
        !isParted || matrix.columns == channels
      else {
        throw ModelError(
          .operandShape, at: place &+ 8, found: matrix.columns,
          expected: isParted ? channels : 9 &* channels)
      }
      if isParted {
        let kernels = try checkImageTensor(index, 1, rows: channels)
        guard kernelOf(kernels.columns) > 0 else {
          throw ModelError(.operandShape, at: place &+ 10, found: kernels.columns, expected: 9)
        }
      }
      try checkNone(index, from: 2)
    }

    /// A row of a matrix for each channel, of two values that have it.
    private func checkDeviations(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      let channels = valueLength(operation.output)
      let size = try checkedProduct(channels, channels, .valueLength, at: place)
      try checkParameter(index, from: 0, to: index)
      let shorter = min(valueLength(operation.input), valueLength(operation.parameter))
      guard shorter >= size else {
        throw ModelError(.valueLength, at: place, found: shorter, expected: size)
      }
      try checkNone(index, from: 0)
    }

    /// The images of a value, of the same extent.
    private func channels(
      _ index: Int, _ value: Int, extent: Int
    ) throws(ModelError) -> Int {
      let length = valueLength(value)
      guard length % (extent &* extent) == 0 else {
        throw ModelError(
          .valueLength, at: recordOffset(index), found: length, expected: extent &* extent)
      }
      return length / (extent &* extent)
    }

    /// A matrix in float32, float16 or int8.
    private func checkImageTensor(
      _ index: Int, _ operand: Int, rows: Int
    ) throws(ModelError) -> Matrix {
      let matrix = try checkTensor(index, operand, rows: rows)
      guard matrix.type != .oneBit else {
        throw ModelError(
          .tensorType, at: recordOffset(index) &+ 8 &+ 2 &* operand,
          found: Int(matrix.type.rawValue), expected: Int(TensorType.int8.rawValue))
      }
      return matrix
    }
  }
#endif
