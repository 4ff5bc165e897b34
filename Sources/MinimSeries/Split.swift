// SPDX-License-Identifier: Apache-2.0

/// Parts training cases into those to learn from and those to validate on, class by class.
///
/// Of the n cases of a class, n · fraction rounded half away from zero go to validation, chosen at
/// random, but at least one stays for training; so a class of one case is never validated on. Were
/// validation to be empty, one case of the largest class (the first such) is moved there when it
/// has two. Both lists are ascending. The same generator state gives the same split on every
/// machine.
public func stratifiedSplit(
  labels: [Int], fraction: Double, using generator: inout some RandomNumberGenerator
) -> (train: [Int], validation: [Int]) {
  precondition((0..<1).contains(fraction), "a validation fraction lies in 0..<1, not \(fraction)")
  var validation: Set<Int> = []
  let byClass = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.key < $1.key }
  for (_, members) in byClass {
    let wanted = Int((Double(members.count) * fraction).rounded(.toNearestOrAwayFromZero))
    validation.formUnion(
      shuffled(members, using: &generator).prefix(min(wanted, members.count - 1)))
  }
  if validation.isEmpty, fraction > 0 {
    let largest = byClass.map(\.value).reduce(into: [Int]()) { if $1.count > $0.count { $0 = $1 } }
    if largest.count > 1, let moved = shuffled(largest, using: &generator).first {
      validation.insert(moved)
    }
  }
  return (labels.indices.filter { !validation.contains($0) }, validation.sorted())
}

/// Fisher-Yates on the generator's own words, so that no standard library can change it.
private func shuffled(_ items: [Int], using generator: inout some RandomNumberGenerator) -> [Int] {
  var items = items
  for place in stride(from: items.count - 1, to: 0, by: -1) {
    let other = Int(generator.next().multipliedFullWidth(by: UInt64(place + 1)).high)
    items.swapAt(place, other)
  }
  return items
}
