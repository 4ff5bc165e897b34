// SPDX-License-Identifier: Apache-2.0
import Testing

/// `minim account`.
@Suite struct AccountTests {
  private static let smd = [
    "account", "--model", "sbt", "--features", "38", "--window", "200", "--width", "76", "--layers",
    "2", "--heads", "2", "--feed-forward", "256",
  ]

  @Test func tellsBothWaysOfCountingAndRefusesSizes() throws {
    let result = try Tool.call(Self.smd + ["--keep", "0.25", "--task", "detect", "--json"])
    #expect(result.code == 0, "\(result.errors)")
    let report = try result.json()
    let paper = try #require(report["paper_sparse"] as? [String: Double])
    #expect(paper == ["parameters": 129_808, "bits": 129_808, "operations": 1_863_484])
    #expect((report["paper_dense"] as? [String: Double])?["parameters"] == 132_794)
    #expect(report["dense_multiply_adds"] as? Double == 38_121_600)
    #expect(report["sparse_multiply_adds"] as? Double == 6_550_896)
    #expect(report["step_multiply_adds"] as? Double == 2_807_706)
    #expect(report["stream_multiply_adds"] as? Double == 166_060)
    #expect(report["norm"] as? String == "none")
    #expect(report["dense_bytes"] as? Double == 531_176)
    #expect(report["mask_bytes"] as? Double == 16_286)
    let text = try Tool.call(Self.smd + ["--keep", "0.25", "--task", "detect"])
    #expect(text.output.contains("10.47"))
    #expect(text.output.contains("not at each of the 200 steps"))
    // Without --keep there is no binary transformer; with a norm over time no stream.
    let dense = try Tool.call(Self.smd + ["--task", "forecast", "--json"]).json()
    #expect(dense["paper_sparse"] == nil && dense["mask_bytes"] == nil)
    #expect(dense["norm"] as? String == "time" && dense["stream_multiply_adds"] == nil)
    let table = try Tool.call(Self.smd + ["--task", "forecast"]).output
    #expect(table.contains("step-t") && !table.contains("dense / binary"))
    #expect(text.output.contains("dense / binary"))
    let token = try Tool.call(Self.smd + ["--task", "forecast", "--norm", "token", "--json"]).json()
    #expect(token["stream_multiply_adds"] != nil)
  }

  @Test(arguments: [
    ("--features=0", "--features: found 0, expected 1 to 1000000"),
    ("--window=1", "--window: found 1, expected 2 to 65536"),
    ("--width=4098", "--width: found 4098, expected 2 to 4096"),
    ("--width=77", "--width: found 77, expected an even number that 2 heads (--heads) divide"),
    ("--layers=65", "--layers: found 65, expected 1 to 64"),
    ("--heads=0", "--heads: found 0, expected 1 to 64"),
    ("--feed-forward=0", "--feed-forward: found 0, expected 1 to 65536"),
    ("--keep=1.5", "--keep: found 1.5, expected a share above 0 and at most 1"),
    ("--keep=nan", "--keep: found nan, expected a share above 0 and at most 1"),
    (
      "--norm=batch",
      "--norm: found batch, expected none, token or time with --task detect, whose last step goes alone"
    ),
    ("--classes=3", "--classes: found 3, expected none without --task classify"),
    ("--task=classify", "--classes: found none, expected 1 to 1000000 with --task classify"),
  ])
  func namesTheOptionThatIsWrong(_ option: String, _ says: String) throws {
    let result = try Tool.call(Self.smd + ["--task", "detect", option])
    #expect(result.code == 64)
    #expect(result.errors == "minim: \(says)\n")
  }
}
