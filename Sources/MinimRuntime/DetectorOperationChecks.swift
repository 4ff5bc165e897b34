// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  // What each operation of a detector must be.
  extension Model {
    func checkDetectorOperation(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      let inputs = valueLength(operation.input)
      switch operation.code {
      case .window:
        try checkParameter(index, from: 1, to: ModelFormat.maximumRepeats)
        try checkLength(
          index, try checkedProduct(operation.parameter, inputs, .valueLength, at: place))
        try checkNone(index, from: 0)
      case .clip:
        try checkLength(index, of: operation.input)
        try checkVector(index, 0, rows: 2, optional: false)
        try checkNone(index, from: 1)
      case .error:
        try checkParameter(index, from: 0, to: index)
        // The last numbers of each are compared.
        let shorter = min(inputs, valueLength(operation.parameter))
        guard valueLength(operation.output) <= shorter else {
          throw ModelError(
            .valueLength, at: place, found: valueLength(operation.output), expected: shorter)
        }
        try checkVector(index, 0, rows: 1, optional: true)
        try checkNone(index, from: 1)
      case .reduce:
        try checkLength(index, 1)
        try checkNone(index, from: 0)
      case .forest: try checkForest(index)
      case .generate: try checkGeneration(index)
      case .recall:
        try checkParameter(index, from: 1, to: ModelFormat.maximumRepeats)
        try checkCell(index, inputs: inputs, units: valueLength(operation.output))
      default: break
      }
    }

    /// Splits (trees, inner nodes) and values (trees, all nodes); what a split reads is checked where it
    /// is read.
    private func checkForest(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      try checkLength(index, 1)
      guard operation.tensor(0) < tensorCount else {
        throw ModelError(
          .operandTensor, at: place &+ 8, found: operation.tensor(0), expected: tensorCount &- 1)
      }
      let splits = tensor(operation.tensor(0))
      try checkIsFloat(index, 0, tensor: operation.tensor(0))
      try checkTensor(index, 1, rows: splits.rows, columns: 2 &* splits.columns &+ 1)
      try checkIsFloat(index, 1, tensor: operation.tensor(1))
      try checkVector(index, 2, rows: 1, optional: false)
      try checkNone(index, from: 3)
    }

    /// A matrix and a vector for each map, one after the other from the tensor named, down to one number.
    private func checkGeneration(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      try checkParameter(index, from: 1, to: ModelFormat.maximumMaps)
      let first = operation.tensor(0), maps = operation.parameter
      guard first &+ 2 &* maps <= tensorCount else {
        throw ModelError(
          .operandTensor, at: place &+ 8, found: first, expected: tensorCount &- 2 &* maps)
      }
      var columns = valueLength(operation.input)
      for map in 0..<maps {
        let matrix = tensor(first &+ 2 &* map), bias = tensor(first &+ 2 &* map &+ 1)
        guard matrix.columns == columns, bias.columns == 1, bias.rows == matrix.rows else {
          throw ModelError(
            .operandShape, at: place &+ 8, found: matrix.columns, expected: columns)
        }
        try checkIsFloat(index, 0, tensor: first &+ 2 &* map)
        try checkIsFloat(index, 0, tensor: first &+ 2 &* map &+ 1)
        columns = matrix.rows
      }
      guard columns == 1 else {
        throw ModelError(.operandShape, at: place &+ 8, found: columns, expected: 1)
      }
      let outputs = valueLength(operation.output)
      guard outputs <= valueLength(operation.input) else {
        throw ModelError(
          .valueLength, at: place, found: outputs, expected: valueLength(operation.input))
      }
      try checkNone(index, from: 1)
    }

    /// The numbers that a generation works in: point, gradient and two moments, the outputs of all maps,
    /// and two vectors as wide as the widest of them.
    func generationLength(_ operation: Operation) -> Int {
      var numbers = 4 &* valueLength(operation.input), widest = 0
      for map in 0..<operation.parameter {
        let rows = tensor(operation.tensor(0) &+ 2 &* map).rows
        numbers &+= rows
        widest = max(widest, rows)
      }
      return numbers &+ 2 &* widest
    }
  }
#endif
