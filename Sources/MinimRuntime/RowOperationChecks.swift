// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  extension OperationCode {
    /// Whether it reads a value as rows.
    @inline(__always)
    var readsRows: Bool {
      self == .embed || self == .layer || self == .attend || self == .pool
    }
  }

  // What each operation on rows must be.
  extension Model {
    func checkRowOperation(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      let inputs = valueLength(operation.input), outputs = valueLength(operation.output)
      switch operation.code {
      case .embed: try checkEmbed(index)
      case .layer:
        let tensors = LayerTensors(operation)
        try checkNone(index, from: 1)
        try checkTensorRange(index, to: tensors.end)
        let width = try checkedWidth(index), hidden = tensor(tensors.first).rows
        try checkLength(index, of: operation.input)
        if operation.parameter == 0 {
          try checkMap(index, tensors.value, rows: width, columns: width)
          try checkMap(index, tensors.output, rows: width, columns: width)
        } else {
          try checkParameter(index, from: 1, to: index)
          try checkLength(index, of: operation.parameter)
        }
        guard hidden <= ModelFormat.maximumRowWidth else {
          throw ModelError(
            .operandShape, at: place &+ 8, found: hidden, expected: ModelFormat.maximumRowWidth)
        }
        try checkMap(index, tensors.first, rows: hidden, columns: width)
        try checkMap(index, tensors.second, rows: width, columns: hidden)
        if operation.variant >> 1 > 0 {
          for number in tensors.norms..<tensors.end {
            try checkRowVector(index, number, rows: width)
          }
        }
      case .attend:
        try checkNone(index, from: 1)
        try checkTensorRange(index, to: AttentionTensors(operation).end)
        try checkAttention(index)
      default:
        guard inputs % outputs == 0 else {
          throw ModelError(.valueLength, at: place, found: inputs, expected: outputs)
        }
        try checkNone(index, from: 0)
      }
    }

    /// The map of each row by tensors 0 and 1, to rows of an even width if asked; the rows and what they become.
    @inline(__always)
    @discardableResult
    func checkRowMap(
      _ index: Int, even: Bool = false
    ) throws(ModelError) -> (rows: Int, width: Int) {
      let operation = operation(index), place = recordOffset(index)
      try checkTensorRange(index, to: operation.tensor(0) &+ 1)
      let inputs = try checkedWidth(index), width = tensor(operation.tensor(0)).rows
      guard width <= ModelFormat.maximumRowWidth, !even || width & 1 == 0 else {
        throw ModelError(
          .operandShape, at: place &+ 8, found: width,
          expected: min(width &- 1, ModelFormat.maximumRowWidth))
      }
      let rows = valueLength(operation.input) / inputs
      try checkLength(index, try checkedProduct(rows, width, .valueLength, at: place))
      try checkVector(index, 1, rows: width, optional: true)
      return (rows, width)
    }

    private func checkEmbed(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      let (rows, width) = try checkRowMap(index, even: operation.variant == 1)
      if operation.variant == 0 { try checkParameter(index, from: 0, to: 0) }
      guard operation.variant == 2 else { return try checkNone(index, from: 2) }
      guard operation.tensor(2) < tensorCount else {
        throw ModelError(
          .operandTensor, at: place &+ 12, found: operation.tensor(2), expected: tensorCount &- 1)
      }
      // A row of the table for each.
      let places = max(operation.parameter &+ rows, tensor(operation.tensor(2)).rows)
      try checkTensor(index, 2, rows: places, columns: width)
      try checkIsFloat(index, 2, tensor: operation.tensor(2))
      try checkNone(index, from: 3)
    }

    private func checkAttention(_ index: Int) throws(ModelError) {
      let operation = operation(index), place = recordOffset(index)
      let tensors = AttentionTensors(operation), width = try checkedWidth(index)
      try checkParameter(index, from: 0, to: index)
      try checkLength(index, of: operation.input)
      let asked = valueLength(operation.parameter)
      guard asked % width == 0, askedRows(operation) > 0 else {
        throw ModelError(.valueLength, at: place, found: asked, expected: 2 &* width)
      }
      let rows = rowCount(operation)
      guard rows == 1 || asked == valueLength(operation.input) else {
        throw ModelError(.valueLength, at: place, found: asked, expected: rows &* width)
      }
      guard width % headCount(operation) == 0 else {
        throw ModelError(
          .operationVariant, at: place &+ 1, found: headCount(operation), expected: 1)
      }
      try checkMap(index, tensors.query, rows: width, columns: width)
      try checkMap(index, tensors.value, rows: width, columns: width)
      try checkMap(index, tensors.output, rows: width, columns: width)
      try checkShape(index, tensors.key, rows: width, columns: width)
    }

    /// The width of the rows that an operation reads, which share the value evenly.
    private func checkedWidth(_ index: Int) throws(ModelError) -> Int {
      let operation = operation(index), width = rowWidth(operation)
      guard width <= ModelFormat.maximumRowWidth else {
        throw ModelError(
          .operandShape, at: recordOffset(index) &+ 8, found: width,
          expected: ModelFormat.maximumRowWidth)
      }
      guard valueLength(operation.input) % width == 0 else {
        throw ModelError(
          .valueLength, at: recordOffset(index), found: valueLength(operation.input),
          expected: width)
      }
      return width
    }

    /// The tensors from the first operand's on exist.
    private func checkTensorRange(_ index: Int, to end: Int) throws(ModelError) {
      let first = operation(index).tensor(0)
      guard first < tensorCount, end <= tensorCount else {
        throw ModelError(
          .operandTensor, at: recordOffset(index) &+ 8, found: first,
          expected: max(0, tensorCount &- (end &- first)))
      }
    }

    /// A matrix and, where the variant has biases, the vector behind it.
    private func checkMap(
      _ index: Int, _ number: Int, rows: Int, columns: Int
    ) throws(ModelError) {
      try checkShape(index, number, rows: rows, columns: columns)
      if operation(index).variant & 1 == 1 { try checkRowVector(index, number &+ 1, rows: rows) }
    }

    private func checkRowVector(_ index: Int, _ number: Int, rows: Int) throws(ModelError) {
      try checkShape(index, number, rows: rows, columns: 1)
      try checkIsFloat(index, 0, tensor: number)
    }

    private func checkShape(
      _ index: Int, _ number: Int, rows: Int, columns: Int
    ) throws(ModelError) {
      let matrix = tensor(number)
      guard matrix.rows == rows, matrix.columns == columns else {
        throw ModelError(
          .operandShape, at: recordOffset(index) &+ 8,
          found: matrix.rows == rows ? matrix.columns : matrix.rows,
          expected: matrix.rows == rows ? columns : rows)
      }
    }

    /// The tensors of a checked operation on rows.
    func rowTensors(_ operation: Operation) -> Range<Int> {
      let first = operation.tensor(0)
      switch operation.code {
      case .embed: return first..<(first &+ 1)
      case .layer: return first..<LayerTensors(operation).end
      case .attend: return first..<AttentionTensors(operation).end
      default: return 0..<0
      }
    }

    /// The multiply-adds of a checked operation on rows.
    func rowMultiplyAdds(_ operation: Operation) -> Int64 {
      let rows = Int64(rowCount(operation))
      if operation.code == .pool { return 0 }
      let width = Int64(rowWidth(operation))
      if operation.code == .embed {
        return rows &* Int64(tensor(operation.tensor(0)).rows) &* width
      }
      if operation.code == .layer {
        let own = operation.parameter == 0 ? 2 &* width : 0
        return rows &* width &* (own &+ 2 &* Int64(feedWidth(operation)))
      }
      let asked = Int64(askedRows(operation))
      let heads = Int64(headCount(operation))
      return rows == 1
        ? 4 &* width &* width &+ 2 &* heads &* asked &* width
        : 2 &* (rows &+ asked) &* width &* width &+ 2 &* rows &* asked &* width
    }
  }
#endif
