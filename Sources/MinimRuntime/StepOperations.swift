// SPDX-License-Identifier: Apache-2.0

extension Session {
  /// One step of a causal convolution.
  ///
  /// `state` is the place of the oldest input kept (a whole number), then a ring of the inputs of
  /// the last (taps - 1) · dilation steps. The inputs of the taps are brought together, the oldest
  /// first, as the columns of W are; what is not finite is limited, so that it leaves with its step.
  func convolve(
    _ operation: Operation, _ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
    into y: UnsafeMutablePointer<Float>
  ) {
    let inputs = model.valueLength(operation.input), dilation = operation.parameter
    let kept = model.keptSteps(operation)
    let oldest = Int(truncatingIfNeeded: count(state))
    let ring = state + 1
    var newest = work, place = oldest, step = 0
    while step < kept {
      copy(ring + place &* inputs, to: newest, inputs)
      newest += inputs
      place = place &+ dilation < kept ? place &+ dilation : place &+ dilation &- kept
      step &+= dilation
    }
    limit(x, into: newest, inputs)
    if kept > 0 {
      copy(newest, to: ring + oldest &* inputs, inputs)
      setCount(state, oldest &+ 1 == kept ? 0 : UInt32(truncatingIfNeeded: oldest &+ 1))
    }
    start(y, model.valueLength(operation.output), bias: operation.tensor(1))
    let matrix = matrix(operation.tensor(0))
    if operation.isDepthwise {
      K.accumulateDepthwise(matrix, work, into: y, quantised: quantised)
    } else {
      K.accumulate(matrix, rows: 0..<matrix.rows, work, into: y, quantised: quantised)
    }
  }

  /// One step of a mean over time; `state` is the number of steps (a whole number, at most
  /// 2^32 - 1), then the sums, which are limited to finite numbers.
  func average(
    _ x: UnsafePointer<Float>, state: UnsafeMutablePointer<Float>,
    into y: UnsafeMutablePointer<Float>, _ length: Int
  ) {
    if count(state) != .max { setCount(state, count(state) &+ 1) }
    let steps = Float(count(state)), sums = state + 1
    add(sums, x, into: sums, length)
    limit(sums, into: sums, length)
    var index = 0
    while index < length {
      y[index] = sums[index] / steps
      index &+= 1
    }
  }

  /// y = the values of a join one behind the other.
  func join(_ operation: Operation, into y: UnsafeMutablePointer<Float>) {
    var end = y, index = operation.input
    while index < operation.input &+ operation.parameter {
      let length = model.valueLength(index)
      copy(value(index), to: end, length)
      end += length
      index &+= 1
    }
  }

  /// The whole number at the beginning of a state.
  @inline(__always)
  func count(_ state: UnsafeMutablePointer<Float>) -> UInt32 {
    UnsafeRawPointer(state).load(as: UInt32.self)
  }

  @inline(__always)
  func setCount(_ state: UnsafeMutablePointer<Float>, _ count: UInt32) {
    UnsafeMutableRawPointer(state).storeBytes(of: count, as: UInt32.self)
  }
}

/// y = a + b, element by element; y may be one of them.
@inline(never)
func add(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
  _ count: Int
) {
  var index = 0
  while index < count {
    y[index] = a[index] + b[index]
    index &+= 1
  }
}

/// y = x with infinities as the largest finite numbers and NaN as the lowest; y may be x.
@inline(never)
func limit(
  _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ count: Int
) {
  let largest = Float.greatestFiniteMagnitude
  var index = 0
  while index < count {
    // Both comparisons are false for NaN.
    y[index] = x[index] > -largest ? (x[index] < largest ? x[index] : largest) : -largest
    index &+= 1
  }
}
