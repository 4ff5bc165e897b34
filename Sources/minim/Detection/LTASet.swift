// SPDX-License-Identifier: Apache-2.0

/// A set of LTA-MSCRED's table: some channels of a spacecraft, joined.
struct LTASet: Sendable {
  let set: DetectionSet
  /// Every so many-th channel file is taken, from the first on, in the order of their names.
  let every: Int
  /// Rows of a sample: the teacher's, and the students'.
  let teacherSpan: Int
  let spans: [Int]
  /// Point-adjusted F1 in the paper: the teacher's, and by span those of the student alone and taught with each memory
  /// (methods, gon 3.3).
  let publishedTeacher: Double
  let published: [Int: (alone: Double, memory: [String: Double])]

  static let all: [LTASet] = [
    (
      "SMAP", 9, 100, [100, 50, 25], 0.81,
      [
        100: (0.79, ["rnn": 0.83, "lstm": 0.82, "gru": 0.83]),
        50: (0.77, ["rnn": 0.81, "lstm": 0.81, "gru": 0.82]),
        25: (0.76, ["rnn": 0.80, "lstm": 0.80, "gru": 0.81]),
      ]
    ),
    (
      "MSL", 5, 800, [800, 400, 200, 100], 0.79,
      [
        800: (0.77, ["rnn": 0.90, "lstm": 0.89, "gru": 0.88]),
        400: (0.70, ["rnn": 0.81, "lstm": 0.75, "gru": 0.80]),
        200: (0.66, ["rnn": 0.73, "lstm": 0.69, "gru": 0.73]),
        100: (0.63, ["rnn": 0.67, "lstm": 0.65, "gru": 0.66]),
      ]
    ),
  ].compactMap { name, every, teacherSpan, spans, teacher, published in
    DetectionSet.all.first { $0.name == name }.map {
      LTASet(
        set: $0, every: every, teacherSpan: teacherSpan, spans: spans, publishedTeacher: teacher,
        published: published)
    }
  }

  /// The teacher, then for each span the student alone, taught, with each memory, with each and taught, and the device's
  /// taught with a memory; beside each the paper's point-adjusted F1, where it has one.
  func entries(spans: [Int], epochs: Int) -> [(detector: DetectorEntry, published: Double?)] {
    let cells = ["rnn", "lstm", "gru"]
    func entry(
      _ name: String, _ model: String, _ span: Int, accumulator: String? = nil, learns: Bool = false
    ) -> DetectorEntry {
      var options = [
        "model": model, "window": "\(span)", "stride": "50", "epochs": "\(epochs)",
      ]
      options["accumulator"] = accumulator
      return DetectorEntry(
        name: "\(name), \(span)", options: options,
        teacher: learns ? "Base, \(teacherSpan)" : nil)
    }
    return [(entry("Base", "mscred", teacherSpan), publishedTeacher)]
      + spans.flatMap { span -> [(detector: DetectorEntry, published: Double?)] in
        let published = published[span], small = "mscred-small"
        return [
          (entry("Base_small", small, span), published?.alone),
          (entry("taught", small, span, learns: true), nil),
        ]
          + cells.map { (entry("memory \($0)", small, span, accumulator: $0), nil) }
          + cells.map {
            (
              entry("memory \($0), taught", small, span, accumulator: $0, learns: true),
              published?.memory[$0]
            )
          }
          + [
            (
              entry(
                "device, memory gru, taught", "mscred-device", span, accumulator: "gru",
                learns: true),
              nil
            )
          ]
      }
  }
}
