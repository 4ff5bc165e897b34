// SPDX-License-Identifier: Apache-2.0

/// Whether a score counts as a number: no NaN, no infinity, and not beyond ±1e300, which is taken
/// for infinite so that no difference or sum of scores can be.
@inline(__always)
package func isUsable(_ score: Double) -> Bool { score >= -1e300 && score <= 1e300 }

/// The place of the quantile in n > 0 sorted scores: ⌊level n⌋, at most n - 1; `level` in 0..<1.
@inline(__always)
func quantileIndex(_ level: Double, _ count: Int) -> Int {
  min(Int(level * Double(count)), count &- 1)
}

/// Moves the usable scores to the front, in their order, and returns how many they are; what
/// stands behind them is lost.
func keepUsable(_ scores: UnsafeMutableBufferPointer<Double>) -> Int {
  var kept = 0, index = 0
  while index < scores.count {
    let score = scores[index]
    if isUsable(score) {
      scores[kept] = score
      kept &+= 1
    }
    index &+= 1
  }
  return kept
}

/// Sorts numbers in place, smallest first, by heap: at most about 2 n log₂ n comparisons, no memory.
func sortAscending(_ numbers: UnsafeMutableBufferPointer<Double>, count: Int) {
  var start = count / 2
  while start > 0 {
    start &-= 1
    sink(start, in: numbers, end: count)
  }
  var end = count
  while end > 1 {
    end &-= 1
    numbers.swapAt(0, end)
    sink(0, in: numbers, end: end)
  }
}

/// Lets the number at the root of a part of the heap sink to its place.
private func sink(_ start: Int, in numbers: UnsafeMutableBufferPointer<Double>, end: Int) {
  let number = numbers[start]
  var place = start
  while true {
    var child = 2 &* place &+ 1
    guard child < end else { break }
    if child &+ 1 < end && numbers[child &+ 1] > numbers[child] { child &+= 1 }
    guard numbers[child] > number else { break }
    numbers[place] = numbers[child]
    place = child
  }
  numbers[place] = number
}

/// The number that would stand at `index` if the first `count` were sorted, which stay as they
/// are: 64 passes, each of which finds a bit of the answer.
func orderStatistic(
  _ numbers: UnsafeMutableBufferPointer<Double>, count: Int, index: Int
) -> Double {
  var key: UInt64 = 0
  var bit: UInt64 = 1 << 63
  while bit != 0 {
    var below = 0, place = 0
    while place < count {
      if orderedBits(numbers[place]) < key | bit { below &+= 1 }
      place &+= 1
    }
    if below <= index { key |= bit }
    bit >>= 1
  }
  return Double(bitPattern: key >> 63 == 0 ? ~key : key ^ (1 << 63))
}

/// Bits that have the order of the numbers.
@inline(__always)
private func orderedBits(_ number: Double) -> UInt64 {
  let bits = number.bitPattern
  return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
}
