// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries
import Testing

@Suite struct NumpyTests {
  private func folder(_ name: String) throws -> Scratch {
    let scratch = try Scratch()
    try scratch.write("X_train.npy", Data(contentsOf: goldenFolder.appending(path: "\(name).npy")))
    try scratch.write("y_train.npy", Data(contentsOf: goldenFolder.appending(path: "labels.npy")))
    return scratch
  }

  @Test(arguments: ["f8", "f4", "f2", "big", "fortran"])
  func readsEveryTypeAndOrder(_ name: String) throws {
    let expected = try Expected.read()
    let set = try folder(name).problem().train
    #expect(set.channelCount == 2)
    #expect(set.cases.flatMap(\.values) == expected.series)
    #expect(set.cases.map { set.classNames[$0.label] } == expected.labels.map(String.init))
    #expect(set.classNames == ["-1", "3", "10"])
  }

  @Test func readsIntegers() throws {
    let set = try folder("i2").problem().train
    #expect(set.cases.flatMap(\.values) == (try Expected.read().series.map { $0 * 4 }))
  }

  @Test(arguments: ["objects", "text", "u1"])
  func refusesWhatIsNoSeries(_ name: String) throws {
    let scratch = try folder(name)
    #expect(throws: DataError.self) { try scratch.problem() }
  }

  @Test(arguments: ["stored", "deflated"]) func readsArchives(_ name: String) throws {
    let scratch = try Scratch()
    try scratch.write("P.npz", Data(contentsOf: goldenFolder.appending(path: "\(name).npz")))
    let problem = try scratch.problem()
    let expected = try Expected.read()
    #expect(problem.format == "npz")
    #expect(problem.train.cases.flatMap(\.values) == Array(expected.series[..<42]))
    #expect(problem.test?.cases.flatMap(\.values) == Array(expected.series[28...]))
  }
}
