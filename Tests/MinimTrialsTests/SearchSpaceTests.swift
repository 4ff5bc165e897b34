// SPDX-License-Identifier: Apache-2.0
import MinimTrials
import Testing

@Suite struct SearchSpaceTests {
  @Test func aGridHasEveryCombinationOnce() {
    let space = SearchSpace(["weight": .values(["1", "10"]), "epochs": .values(["5", "6", "7"])])
    let grid = space.grid ?? []
    #expect(grid.count == 6 && Set(grid).count == 6)
    #expect(grid.prefix(3).map { $0["weight"] } == ["1", "10", "1"])
    #expect(grid.allSatisfy { $0.count == 2 })
    #expect(SearchSpace(["rate": .linear(0...1)]).grid == nil)
  }

  @Test func drawnPointsLieInTheirRangesAndDiffer() {
    let space = SearchSpace([
      "rate": .logarithmic(0.001...1), "share": .linear(2...3), "kind": .values(["a", "b"]),
    ])
    let points = space.drawn(300, seed: 4)
    #expect(points.count == 300 && Set(points).count == 300)
    let rates = points.compactMap { $0["rate"].flatMap(Double.init) }
    #expect(rates.count == 300 && rates.allSatisfy { (0.001...1).contains($0) })
    // A third of them in each of the three powers of ten.
    for low in [0.001, 0.01, 0.1] {
      #expect(abs(rates.count { (low..<(10 * low)).contains($0) } - 100) < 30)
    }
    #expect(
      points.compactMap { $0["share"].flatMap(Double.init) }.allSatisfy { (2...3).contains($0) })
    #expect(Set(points.compactMap { $0["kind"] }) == ["a", "b"])
    #expect(space.drawn(40, seed: 4) == Array(points.prefix(40)))
    #expect(space.drawn(40, seed: 5) != Array(points.prefix(40)))
  }

  @Test func aSmallGridEndsTheDrawing() {
    let space = SearchSpace(["a": .values(["1", "2"]), "b": .values(["1", "2"])])
    #expect(Set(space.drawn(100, seed: 1)) == Set(space.grid ?? []))
    #expect(space.gridCount == 4)
    // 1.000, 1.001, 1.002 and 1.003 are all the numbers of four digits there are.
    let narrow = SearchSpace(["a": .linear(1...1.003)]).drawn(100, seed: 1)
    #expect(Set(narrow.compactMap { $0["a"] }) == ["1.0", "1.001", "1.002", "1.003"])
    #expect(narrow.count == 4)
  }

  @Test func wholeNumbersAreDrawnWhole() {
    let space = SearchSpace([
      "units": .linear(1...4, whole: true), "epochs": .logarithmic(1...8, whole: true),
    ])
    let points = space.drawn(1000, seed: 2)
    let units = points.compactMap { $0["units"] }, epochs = points.compactMap { $0["epochs"] }
    #expect(Set(units) == ["1", "2", "3", "4"])
    #expect(Set(epochs) == Set((1...8).map { "\($0)" }))
    #expect(points.count == 32)
    // Both ends are as likely as what lies between them.
    let first = (0..<400).map { seed in
      SearchSpace(["units": .linear(1...4, whole: true)]).drawn(1, seed: seed)[0]["units"]
    }
    for value in ["1", "2", "3", "4"] { #expect(abs(first.count { $0 == value } - 100) < 35) }
    let large = SearchSpace(["n": .linear(1...1e18, whole: true)]).drawn(1, seed: 1)
    #expect(large[0]["n"].flatMap { Int($0) } != nil)
  }

  @Test func fourDigitsStayInTheRange() {
    for range in [0.0099996...0.0099999, 1.00001...1.00002] {
      for space in [SearchRange.linear(range), .logarithmic(range)] {
        let values = SearchSpace(["rate": space]).drawn(20, seed: 1).compactMap {
          $0["rate"].flatMap(Double.init)
        }
        #expect(!values.isEmpty && values.allSatisfy(range.contains), "\(values)")
      }
    }
  }

  @Test func aLargeGridIsCountedNotMade() {
    let ten = SearchRange.values((0..<10).map { "\($0)" })
    let ranges = (0..<30).map { ("option\($0)", ten) }
    let space = SearchSpace(Dictionary(uniqueKeysWithValues: ranges))
    #expect(space.gridCount == .max)
    #expect(space.drawn(5, seed: 1).count == 5)
  }
}
