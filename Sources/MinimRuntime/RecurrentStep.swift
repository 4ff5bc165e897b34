// SPDX-License-Identifier: Apache-2.0

extension Session {
  /// One step of a recurrent operation: updates h and, for LSTM, c, which follow each other in
  /// `state`.
  ///
  /// Gates are in PyTorch's order. LSTM: i f g o. GRU: r z n, with the bias of U's part of n apart.
  /// MGU: f n, likewise.
  func advance(
    _ operation: Operation, units: Int, _ x: UnsafePointer<Float>,
    state h: UnsafeMutablePointer<Float>
  ) {
    let gates = work
    start(gates, units &* operation.cell.gateCount, bias: operation.tensor(2))
    product(operation.tensor(0), x, into: gates)
    switch operation.cell {
    case .rnn:
      product(operation.tensor(1), h, into: gates)
      activate(ActivationVariant.tanh.rawValue, gates, h, units)
    case .lstm:
      product(operation.tensor(1), h, into: gates)
      activate(ActivationVariant.sigmoid.rawValue, gates, gates, 2 &* units)
      activate(ActivationVariant.tanh.rawValue, gates + 2 &* units, gates + 2 &* units, units)
      activate(ActivationVariant.sigmoid.rawValue, gates + 3 &* units, gates + 3 &* units, units)
      let c = h + units
      var unit = 0
      while unit < units {
        c[unit] = gates[units &+ unit] * c[unit] + gates[unit] * gates[2 &* units &+ unit]
        unit &+= 1
      }
      activate(ActivationVariant.tanh.rawValue, c, h, units)
      unit = 0
      while unit < units {
        h[unit] = gates[3 &* units &+ unit] * h[unit]
        unit &+= 1
      }
    case .gru:
      let ofState = gates + 3 &* units
      start(ofState, 2 &* units, bias: ModelFormat.noTensor)
      start(ofState + 2 &* units, units, bias: operation.tensor(3))
      product(operation.tensor(1), h, into: ofState)
      var unit = 0
      while unit < 2 &* units {
        gates[unit] = gates[unit] + ofState[unit]
        unit &+= 1
      }
      activate(ActivationVariant.sigmoid.rawValue, gates, gates, 2 &* units)
      let n = gates + 2 &* units
      unit = 0
      while unit < units {
        n[unit] = n[unit] + gates[unit] * ofState[2 &* units &+ unit]
        unit &+= 1
      }
      activate(ActivationVariant.tanh.rawValue, n, n, units)
      unit = 0
      while unit < units {
        let z = gates[units &+ unit]
        h[unit] = (1 - z) * n[unit] + z * h[unit]
        unit &+= 1
      }
    #if !MINIM_OPERATIONS_1_0
      case .mgu:
        let ofState = gates + 2 &* units
        start(ofState, units, bias: ModelFormat.noTensor)
        start(ofState + units, units, bias: operation.tensor(3))
        product(operation.tensor(1), h, into: ofState)
        var unit = 0
        while unit < units {
          gates[unit] = gates[unit] + ofState[unit]
          unit &+= 1
        }
        activate(ActivationVariant.sigmoid.rawValue, gates, gates, units)
        let n = gates + units
        unit = 0
        while unit < units {
          n[unit] = n[unit] + gates[unit] * ofState[units &+ unit]
          unit &+= 1
        }
        activate(ActivationVariant.tanh.rawValue, n, n, units)
        unit = 0
        while unit < units {
          let f = gates[unit]
          h[unit] = (1 - f) * h[unit] + f * n[unit]
          unit &+= 1
        }
    #endif
    }
  }
}

/// y = an activation function of x, element by element; y may be x.
@inline(never)
func activate(
  _ variant: UInt8, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int
) {
  var index = 0
  switch variant {
  case ActivationVariant.relu.rawValue:
    while index < count {
      y[index] = x[index] > 0 ? x[index] : 0
      index &+= 1
    }
  case ActivationVariant.sigmoid.rawValue:
    while index < count {
      y[index] = sigmoidOf(x[index])
      index &+= 1
    }
  default:
    while index < count {
      y[index] = tanhOf(x[index])
      index &+= 1
    }
  }
}

/// y = exp(x - max x) / sum, the sum taken in order.
func softmax(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int) {
  var largest = x[0]
  for index in 1..<max(1, count) where x[index] > largest { largest = x[index] }
  var sum: Float = 0
  for index in 0..<count {
    y[index] = expOf(x[index] - largest)
    sum = sum + y[index]
  }
  for index in 0..<count { y[index] = y[index] / sum }
}

/// y = x; y may be where x is or before it.
@inline(never)
func copy(
  _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int
) {
  var index = 0
  #if _pointerBitWidth(_64)
    let from = UnsafeRawPointer(x), to = UnsafeMutableRawPointer(y)
    while index &+ 16 <= count {
      let numbers = from.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD16<Float>.self)
      to.storeBytes(of: numbers, toByteOffset: 4 &* index, as: SIMD16<Float>.self)
      index &+= 16
    }
  #endif
  while index < count {
    y[index] = x[index]
    index &+= 1
  }
}
