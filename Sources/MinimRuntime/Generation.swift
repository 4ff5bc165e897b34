// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_1
  extension Session {
    /// The end of the point z that starts at x and takes Adam steps on BCE(D(z), 1), of which y takes the
    /// last `count` numbers.
    ///
    /// D is linear maps with max(a, 0.2 a) between them and a sigmoid at the end. Step k = 0, 1, … has
    /// the rate 0.01 (1 + cos(π k / 10)) / 2; with variant 1 every number of z then is limited to 0...1.
    /// The point rests once, for 11 steps on end, no number moved by 1e-4 or the loss fell by less than
    /// that; it takes at most 100 steps. Source: methods, gon 1.3.
    func generate(
      _ operation: Operation, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
      _ count: Int
    ) {
      let size = model.valueLength(operation.input)
      let point = work, first = point + size, second = first + size, gradient = second + size
      copy(x, to: point, size)
      start(first, 2 &* size, bias: ModelFormat.noTensor)
      var lastLoss: Float = 10, resting = 0
      var power1: Float = 1, power2: Float = 1
      var step = 0
      while step < 100, resting <= 10 {
        let loss = climb(operation, point, into: gradient, hidden: gradient + size)
        power1 = power1 * 0.9
        power2 = power2 * 0.999
        let rate = rateOfGeneration(step) / (1 - power1), correction = 1 / (1 - power2)
        var largest: Float = 0, index = 0
        while index < size {
          let slope = gradient[index]
          first[index] = 0.9 * first[index] + 0.1 * slope
          second[index] = 0.999 * second[index] + 0.001 * (slope * slope)
          let old = point[index]
          var next = old - rate * first[index] / (squareRootOf(second[index] * correction) + 1e-8)
          if operation.variant == 1 { next = next > 0 ? (next < 1 ? next : 1) : 0 }
          point[index] = next
          let move = next > old ? next - old : old - next
          largest = move > largest ? move : largest
          index &+= 1
        }
        let fall = lastLoss - loss
        lastLoss = loss
        resting = largest < 1e-4 || (fall > 0 && fall < 1e-4) ? resting &+ 1 : 0
        step &+= 1
      }
      copy(point + (size &- count), to: y, count)
    }

    /// BCE(D(z), 1) = ln(1 + exp(-logit)) and its gradient by z; `hidden` has room for the outputs of all
    /// maps and two vectors of the widest.
    private func climb(
      _ operation: Operation, _ point: UnsafeMutablePointer<Float>,
      into gradient: UnsafeMutablePointer<Float>, hidden: UnsafeMutablePointer<Float>
    ) -> Float {
      let tensors = operation.tensor(0), maps = operation.parameter
      var inputs = point, outputs = hidden, widest = 0, map = 0
      while map < maps {
        let rows = model.tensor(tensors &+ 2 &* map).rows
        start(outputs, rows, bias: tensors &+ 2 &* map &+ 1)
        product(tensors &+ 2 &* map, inputs, into: outputs)
        if map &+ 1 < maps { leak(outputs, rows) }
        inputs = outputs
        outputs += rows
        widest = max(widest, rows)
        map &+= 1
      }
      let logit = inputs[0], size = logit < 0 ? -logit : logit
      let power = expOf(-size)
      var slopes = outputs, next = outputs + widest
      // -σ(-logit), which keeps its digits where D is nearly 1.
      slopes[0] = -(logit < 0 ? 1 : power) / (1 + power)
      while map > 0 {
        map &-= 1
        let matrix = model.tensor(tensors &+ 2 &* map)
        // What the map reads stands before what it wrote; its slope is that of max(a, 0.2 a).
        let read = inputs - matrix.columns
        let target = map == 0 ? gradient : next
        var column = 0
        while column < matrix.columns {
          var sum: Float = 0, row = 0
          while row < matrix.rows {
            sum = sum + matrix.element(column &* matrix.rows &+ row) * slopes[row]
            row &+= 1
          }
          target[column] = map > 0 && !(read[column] > 0) ? 0.2 * sum : sum
          column &+= 1
        }
        inputs = read
        next = slopes
        slopes = target
      }
      let rest = Float(log1pOf(Double(power)))
      return logit < 0 ? rest + size : rest
    }

    private func leak(_ values: UnsafeMutablePointer<Float>, _ count: Int) {
      var index = 0
      while index < count {
        if !(values[index] > 0) { values[index] = 0.2 * values[index] }
        index &+= 1
      }
    }
  }

  /// 0.01 (1 + cos(π k / 10)) / 2.
  private func rateOfGeneration(_ step: Int) -> Float {
    let phase = step % 20
    switch phase > 10 ? 20 &- phase : phase {
    case 0: return 0.01
    case 1: return 0.009755282581475769
    case 2: return 0.009045084971874738
    case 3: return 0.007938926261462365
    case 4: return 0.006545084971874737
    case 5: return 0.005
    case 6: return 0.0034549150281252632
    case 7: return 0.0020610737385376347
    case 8: return 0.0009549150281252633
    case 9: return 0.00024471741852423245
    default: return 0
    }
  }
#endif
