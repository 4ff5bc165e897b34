// SPDX-License-Identifier: Apache-2.0

extension Tensor {
  /// The mean of each window of the last axes, without padding.
  ///
  /// `window` and `stride` have an extent for each of the axes they cover, which are the last: one for (…, time), two
  /// for (…, height, width). `stride` is `window` where it is nil. An axis of extent e gives (e - window) / stride + 1
  /// places, rounded down; elements past the last whole window play no part. Every window must fit into its axis.
  public func averagePooled(over window: [Int], stride: [Int]? = nil) -> Tensor {
    pooled(window, stride) { $0.averagedWindows($1, window: $2, stride: $3) }
  }

  /// The largest element of each window of the last axes, without padding; NaN wins.
  ///
  /// Windows and shapes are those of `averagePooled`. The gradient goes to the first, in row-major order, of equal
  /// largest elements of a window.
  public func maxPooled(over window: [Int], stride: [Int]? = nil) -> Tensor {
    pooled(window, stride) { $0.largestOfWindows($1, window: $2, stride: $3) }
  }

  /// Both poolings are separable: one axis after the other, the last first, which keeps the order of equals.
  private func pooled(
    _ window: [Int], _ stride: [Int]?, _ one: (Tensor, Int, Int, Int) -> Tensor
  ) -> Tensor {
    let stride = stride ?? window
    precondition(
      window.count <= rank && window.count == stride.count
        && (window + stride).allSatisfy { $0 > 0 }
        && zip(shape.suffix(window.count), window).allSatisfy { $0 >= $1 },
      "pooling: shape \(shape), window \(window), stride \(stride)")
    var result = self
    for place in window.indices.reversed() where window[place] > 1 || stride[place] > 1 {
      result = one(result, rank - window.count + place, window[place], stride[place])
    }
    return result
  }

  @specialized(where Scalar == Float)
  private func averagedWindows(_ axis: Int, window: Int, stride: Int) -> Tensor {
    let (outer, extent, inner) = shape.around(axis)
    let places = (extent - window) / stride + 1, terms = Scalar(window)
    let value = Tensor.make(shape.replacing(axis, by: places), from: self) { x, y in
      inRows(outer, width: extent * inner) { row in
        let x = x + row * extent * inner, y = y + row * places * inner
        for place in 0..<places {
          let first = x + place * stride * inner, out = y + place * inner
          for j in 0..<inner {
            var sum = first[j]
            for i in 1..<window { sum += first[i * inner + j] }
            out[j] = sum / terms
          }
        }
      }
    }
    return Tensor.recorded(value, inputs: [self]) { gradient in
      let whole = Tensor(zeros: shape)
      withExtendedLifetime((gradient, whole)) {
        let g = gradient.pointer, d = whole.storage.pointer
        inRows(outer, width: extent * inner) { row in
          let g = g + row * places * inner, d = d + row * extent * inner
          for place in 0..<places {
            for i in 0..<window {
              let to = d + (place * stride + i) * inner
              for j in 0..<inner { to[j] += g[place * inner + j] / terms }
            }
          }
        }
      }
      return [whole]
    }
  }

  @specialized(where Scalar == Float)
  private func largestOfWindows(_ axis: Int, window: Int, stride: Int) -> Tensor {
    let (outer, extent, inner) = shape.around(axis)
    let places = (extent - window) / stride + 1
    let value = Tensor.make(shape.replacing(axis, by: places), from: self) { x, y in
      inRows(outer, width: extent * inner) { row in
        let x = x + row * extent * inner, y = y + row * places * inner
        for place in 0..<places {
          for j in 0..<inner {
            let line = x + place * stride * inner + j
            y[place * inner + j] = line[firstLargest(line, window, step: inner)]
          }
        }
      }
    }
    return Tensor.recorded(value, inputs: [self]) { gradient in
      let whole = Tensor(zeros: shape)
      withExtendedLifetime((self, gradient, whole)) {
        let (x, g, d) = (pointer, gradient.pointer, whole.storage.pointer)
        inRows(outer, width: extent * inner) { row in
          let x = x + row * extent * inner, d = d + row * extent * inner
          let g = g + row * places * inner
          for place in 0..<places {
            for j in 0..<inner {
              let start = place * stride * inner + j
              d[start + firstLargest(x + start, window, step: inner)] += g[place * inner + j]
            }
          }
        }
      }
      return [whole]
    }
  }

  /// The mean of `window` neighbours of each element along one axis, of this tensor's shape.
  ///
  /// y_t = Σ x̂_(t + i) / window over i = -front ... window - 1 - front with front = (window - 1) / 2 rounded down,
  /// where x̂ repeats the first element before the axis and the last behind it. For odd windows it is the trend of
  /// DLinear and of TimeDistill's student (window 25). The cost does not depend on the window, and a NaN reaches its
  /// windows only.
  @specialized(where Scalar == Float)
  public func movingAverage(over window: Int, along axis: Int) -> Tensor {
    precondition(window > 0, "a moving average of shape \(shape) over a window of \(window)")
    let axis = shape.axis(axis)
    let rows = movedToLast(axis)
    let width = shape[axis], lines = width == 0 ? 0 : count / width
    let front = (window - 1) / 2, terms = Scalar(window)
    let value = Tensor.make(rows.shape, from: rows) { x, y in
      inRows(lines, width: width) { row in
        let x = x + row * width, y = y + row * width
        windowSums(width, window, into: y) { x[Swift.min(Swift.max($0 - front, 0), width - 1)] }
        for t in 0..<width { y[t] /= terms }
      }
    }
    return Tensor.recorded(value, inputs: [rows]) { gradient in
      let places = width + window - 1  // of the line with its ends repeated
      let sums = Tensor(zeros: [lines, places]), whole = Tensor(zeros: value.shape)
      withExtendedLifetime((gradient, sums, whole)) {
        let (g, s, d) = (gradient.pointer, sums.storage.pointer, whole.storage.pointer)
        inRows(lines, width: places) { row in
          let g = g + row * width, s = s + row * places, d = d + row * width
          windowSums(places, window, into: s) {
            let t = $0 - (window - 1)
            return t >= 0 && t < width ? g[t] : 0
          }
          for place in 0..<places {
            d[Swift.min(Swift.max(place - front, 0), width - 1)] += s[place] / terms
          }
        }
      }
      return [whole]
    }.movedFromLast(to: axis)
  }
}

/// The place of the first largest of `count` elements, `step` apart, as an offset; NaN counts as the largest.
@inline(__always)
private func firstLargest<Scalar: TensorScalar>(
  _ line: UnsafePointer<Scalar>, _ count: Int, step: Int
) -> Int {
  var best = 0
  for i in 1..<count {
    let value = line[i * step], largest = line[best]
    if value > largest || (value.isNaN && !largest.isNaN) { best = i * step }
  }
  return best
}

/// out[t] = Σ element(i) over i in t ..< t + window, for t in 0 ..< places.
///
/// Places are taken in blocks as long as the window. A window is the end of one block and the beginning of the next,
/// so two running sums a block, in Double, give all of its windows without differences that would cancel.
@inline(__always)
private func windowSums<Scalar: TensorScalar>(
  _ places: Int, _ window: Int, into out: UnsafeMutablePointer<Scalar>,
  _ element: (Int) -> Scalar
) {
  for block in stride(from: 0, to: places, by: window) {
    let next = block + window, end = min(next, places)
    var sum = 0.0
    for t in (block..<next).reversed() {
      sum += Double(element(t))
      if t < places { out[t] = Scalar(sum) }
    }
    sum = 0
    for t in block + 1..<max(block + 1, end) {
      sum += Double(element(t + window - 1))
      out[t] += Scalar(sum)
    }
  }
}
