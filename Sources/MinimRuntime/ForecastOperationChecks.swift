// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_3
  // What each operation of a forecast must be.
  extension Model {
    func checkForecastOperation(_ index: Int) throws(ModelError) {
      let operation = operation(index)
      switch operation.code {
      case .series: try checkSeries(index)
      case .map:
        try checkRowMap(index)
        try checkNone(index, from: 2)
      case .affine:
        let place = recordOffset(index) &+ 8
        guard operation.tensor(0) < tensorCount else {
          throw ModelError(
            .operandTensor, at: place, found: operation.tensor(0), expected: tensorCount &- 1)
        }
        let scales = tensor(operation.tensor(0)), inputs = valueLength(operation.input)
        let groups = try checkedProduct(scales.rows, scales.columns, .operandShape, at: place)
        guard inputs % groups == 0 else {
          throw ModelError(
            .valueLength, at: recordOffset(index), found: inputs, expected: groups)
        }
        try checkIsFloat(index, 0, tensor: operation.tensor(0))
        try checkTensor(index, 1, rows: scales.rows, columns: scales.columns)
        try checkIsFloat(index, 1, tensor: operation.tensor(1))
        try checkLength(index, of: operation.input)
        try checkNone(index, from: 2)
      default: try checkForecast(index)
      }
    }

    /// A window of rows of all channels, a period that divides its steps, an odd kernel that is no longer than what it
    /// can reach.
    private func checkSeries(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      guard isWindow(operation.input) else {
        var value = index
        while value > 0, !isWindow(value) { value &-= 1 }
        throw ModelError(.operandValue, at: place &+ 2, found: operation.input, expected: value)
      }
      let steps = valueLength(operation.input) / channelCount
      try checkParameter(index, from: 1, to: steps)
      guard steps % operation.parameter == 0 else {
        throw ModelError(
          .operationParameter, at: place &+ 6, found: operation.parameter, expected: steps)
      }
      try checkLength(index, of: operation.input)
      let kernel = operation.tensor(0)
      if kernel == ModelFormat.noTensor || operation.variant == SeriesLevel.phases.rawValue {
        return try checkNone(index, from: 0)
      }
      guard kernel < tensorCount else {
        throw ModelError(
          .operandTensor, at: place &+ 8, found: kernel, expected: tensorCount &- 1)
      }
      let taps = tensor(kernel).rows
      guard taps & 1 == 1, taps < 2 &* steps else {
        throw ModelError(
          .operandShape, at: place &+ 8, found: taps, expected: min(taps, 2 &* steps) &- 1)
      }
      try checkVector(index, 0, rows: taps, optional: false)
      try checkNone(index, from: 1)
    }

    /// Whether a value is a window of rows that have a number for each channel.
    private func isWindow(_ value: Int) -> Bool {
      guard value > 0 else { return false }
      let operation = operation(value &- 1)
      return operation.code == .window && valueLength(operation.input) == channelCount
    }

    /// The phases of a series, at most as many rows as they make, and that this is the result.
    private func checkForecast(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      try checkParameter(index, from: 1, to: index)
      guard self.operation(operation.parameter &- 1).code == .series else {
        var value = index
        while value > 0, self.operation(value &- 1).code != .series { value &-= 1 }
        throw ModelError(
          .operationParameter, at: place &+ 6, found: operation.parameter, expected: value)
      }
      let inputs = valueLength(operation.input), outputs = valueLength(operation.output)
      let rows = channelCount &* self.operation(operation.parameter &- 1).parameter
      guard inputs % rows == 0 else {
        throw ModelError(.valueLength, at: place, found: inputs, expected: rows)
      }
      guard outputs % channelCount == 0, outputs <= inputs else {
        throw ModelError(
          .valueLength, at: place, found: outputs,
          expected: outputs > inputs ? inputs : channelCount)
      }
      try checkNone(index, from: 0)
      guard operation.output == outputValue else {
        throw ModelError(
          .outputValue, at: graph.offset &+ 4, found: outputValue, expected: operation.output)
      }
      // What a window as a whole was scaled by is not given back.
      guard normalisation != .window else {
        throw ModelError(
          .normalisation, at: preprocessing.offset &+ 1,
          found: Int(Normalisation.window.rawValue), expected: Int(Normalisation.scaler.rawValue))
      }
    }
  }
#endif
