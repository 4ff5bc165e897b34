// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimDetection
import MinimLayers
import MinimLearning
import MinimScores
import MinimSeries
import MinimTrials

/// One detector for each problem of a folder, such as the channels of a spacecraft or the machines of a
/// hall: a folder of run folders with `fleet.json`.
struct DetectorFleet: Codable {
  let model: String
  /// The problems, in order.
  let names: [String]

  /// Whether a folder holds a fleet.
  static func isOne(path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/fleet.json")
  }

  /// Reads `fleet.json`.
  ///
  /// Throws `FileError` or `DataError`.
  init(path: String) throws {
    let bytes = try readFile(at: "\(path)/fleet.json")
    guard let fleet = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
      throw DataError(
        file: "\(path)/fleet.json", found: "other JSON or none", expected: "a list of run folders")
    }
    self = fleet
  }

  /// Trains the detectors that are not trained yet, each in a process of one thread, as many at once as
  /// the executor takes, into OUT/NAME.
  ///
  /// `words` are the options that they share; `check` refuses a folder of another run than that of training
  /// rows. Throws what `check` throws, `FileError` where the folder holds something else than these detectors,
  /// and `TrialError.failed` for the first training that fails, once those that run beside it have ended; what is
  /// finished stays.
  init(
    training problems: [DetectionSource], data: String, model: String, words: [String],
    out: String, executor: some TrialExecutor, check: (Recording, String) throws -> Void,
    progress: (Int) -> Void
  ) throws {
    self.model = model
    names = problems.map(\.name)
    try FolderContents.require(.fleet, at: out)
    if Self.isOne(path: out) {
      let known = try DetectorFleet(path: out)
      if let other = known.names.first(where: { !names.contains($0) }) {
        throw FileError(
          path: out, operation: "use",
          reason: "it holds detectors of other problems, \(other); give another --out")
      }
    }
    for problem in problems {
      let folder = "\(out)/\(problem.name)"
      guard FolderContents(of: folder) != nil else { continue }
      try check(try problem.read().train, folder)
    }
    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
    try writeJSON(self, to: "\(out)/fleet.json")
    let waiting = names.filter { !Self.isFinished("\(out)/\($0)") }
    let lines = waiting.map { name in
      ["train", "--task=detect", "--data=\(data)", "--only=\(name)", "--out=\(out)/\(name)"] + words
        + ["--threads=1", "--quiet", "--json", "--resume"]
    }
    var finished = names.count - waiting.count
    progress(finished)
    try runAll(lines, on: executor) { index, exit in
      guard exit.code == 0 else {
        throw TrialError.failed(id: waiting[index], message: exit.message)
      }
      finished += 1
      progress(finished)
    }
  }

  private static func isFinished(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/measures.json")
  }

  /// Refuses a fleet whose training was cut short, by `DataError`.
  func requireFinished(path: String) throws(DataError) {
    let finished = names.count { Self.isFinished("\(path)/\($0)") }
    guard finished == names.count else {
      throw DataError(
        file: path, found: "\(finished) of \(names.count) detectors trained", expected: "all",
        advice: "give the command that trains them again; it goes on where it was")
    }
  }
}

/// What `eval` says of a fleet: the mean of each figure over the problems that have it, and the figures of
/// all rows pooled.
struct FleetEvaluation: Encodable {
  let split = "test"
  let model: String
  /// Problems, and those left out because no test row of theirs is labelled.
  let problems: Int
  let leftOut: [String]
  /// The means over problems, by name.
  let means: [String: Double]
  /// The figures of all rows of all problems; scores are divided by their detector's threshold, so that 1
  /// is the threshold of all.
  let pooled: AnomalyReport
  /// The same of random scores that raise as many alarms.
  let random: AnomalyReport

  enum CodingKeys: String, CodingKey {
    case split, model, problems, means, pooled, random
    case leftOut = "left_out"
  }

  /// Evaluates the detectors of a fleet on their problems.
  init(path: String, data: String, rule: ThresholdRule, startBytes: Int) throws {
    let fleet = try DetectorFleet(path: path)
    try fleet.requireFinished(path: path)
    let sources = try detectionSources(at: data)
    var all: [[String: Double]] = [], leftOut: [String] = []
    var scores: [Double] = [], labels: [Bool] = []
    for name in fleet.names {
      guard let source = sources.first(where: { $0.name == name }) else {
        throw DataError(
          file: data, found: "no problem \(name)", expected: "all problems of the fleet")
      }
      let problem = try source.read()
      guard let truth = problem.test?.labels else {
        leftOut.append(name)
        continue
      }
      let (result, own) = try DetectorEvaluation.of(
        run: "\(path)/\(name)", problem: problem, rule: rule, given: nil, startBytes: startBytes)
      all.append(result.measures)
      let threshold = result.table.rows[0].report.atThreshold?.threshold ?? 1
      scores += own.map { Self.share($0, of: threshold) }
      labels += truth
    }
    guard !scores.isEmpty else {
      throw DataError(file: data, found: "no labels", expected: "a labelled test recording")
    }
    model = fleet.model
    problems = all.count
    self.leftOut = leftOut
    means = meanFigures(of: all)
    pooled = try AnomalyReport(LabelledScores(scores: scores, labels: labels), threshold: 1)
    let chance = RandomAlarms(like: scores, threshold: 1)
    random = try AnomalyReport(
      LabelledScores(scores: chance.scores, labels: labels), threshold: chance.threshold)
  }

  /// A score in units of its threshold; with a threshold of 0 or less, its distance to that plus 1.
  private static func share(_ score: Double, of threshold: Double) -> Double {
    threshold > 0 ? score / threshold : 1 + score - threshold
  }

  /// The table for a terminal.
  var text: String {
    func percent(_ name: String) -> String {
      means[name].map { String(format: "%.1f", $0 * 100) } ?? "-"
    }
    let table = AnomalyTable(
      rows: [.init(name: "pooled", report: pooled), .init(name: "random", report: random)])
    return """
      \(model) on \(problems) problems\(leftOut.isEmpty ? "" : ", without labels: \(leftOut.joined(separator: " "))")
      mean over problems: VUS-PR \(percent("vus_pr")), AUC-PR \(percent("auc_pr")), AUC-ROC \(percent("auc_roc")), F1 \
      \(percent("f1")), affiliation F1 \(percent("affiliation_f1")), point-adjusted F1 \(percent("point_adjusted_f1"))
      all rows together: \(table.text)

      Percent. \(table.bufferText) Point adjustment counts a whole segment as found by one alarm: look at random.
      """
  }
}
