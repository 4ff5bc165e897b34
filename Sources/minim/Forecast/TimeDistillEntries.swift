// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimDistillation
import MinimForecasting

/// Who teaches in the table of TimeDistill.
enum TableTeacher: String, CaseIterable, ExpressibleByArgument {
  case itransformer, patchtst
  case modernTCN = "modern-tcn"

  /// The name in tables.
  var name: String {
    switch self {
    case .itransformer: "iTransformer"
    case .patchtst: "PatchTST"
    case .modernTCN: "ModernTCN"
    }
  }
}

/// A series of the table of TimeDistill.
struct ForecastSet: Sendable {
  let name: String
  /// The file, below the folder of all data.
  let file: String
  /// Width of the iTransformer that teaches; methods, timedistill 3.1 but for Weather, which has 512 there.
  let teacherWidth: Int
  /// The factors of the losses by teacher (methods, timedistill 2); 1 and 1 with others.
  var factors: [TableTeacher: (alpha: String, beta: String)] = [:]
  /// Rows of a day where the file's time stamps cannot be used: one is there twice.
  var period: String?
  /// Rows between windows that are learned from; all windows are validated and tested on.
  let every: Int
  /// DLinear's published errors at look-back 720 by horizon (methods, timedistill 4.4).
  var publishedDLinear: [Int: Double] = [:]
  /// TimeDistill's published error, the mean of four horizons with ModernTCN as teacher (methods, timedistill 4.1).
  var publishedMean: Double?

  static let all = [
    ForecastSet(
      name: "ETTh1", file: "ETTh1.csv.gz", teacherWidth: 256,
      factors: [.itransformer: ("2", "2"), .modernTCN: ("2", "2")], every: 1,
      publishedDLinear: [96: 0.381, 336: 0.454], publishedMean: 0.429),
    ForecastSet(
      name: "exchange", file: "exchange_rate.txt.gz", teacherWidth: 128, every: 1),
    ForecastSet(
      name: "ETTm1", file: "ETTm1.csv.gz", teacherWidth: 128,
      factors: [.modernTCN: ("2", "0.1")], every: 4,
      publishedDLinear: [96: 0.307, 336: 0.371], publishedMean: 0.348),
    ForecastSet(
      name: "ETTm2", file: "ETTm2.csv.gz", teacherWidth: 128,
      factors: [.itransformer: ("1", "0.1"), .modernTCN: ("2", "0.5")], every: 4,
      publishedDLinear: [96: 0.163, 336: 0.287]),
    ForecastSet(
      name: "Weather", file: "weather.csv.gz", teacherWidth: 128,
      factors: [.itransformer: ("0.1", "0.1"), .modernTCN: ("0.5", "2")], period: "144",
      every: 8, publishedDLinear: [96: 0.169, 336: 0.256], publishedMean: 0.220),
  ]

  /// The students, each alone and taught.
  static let students = [
    "mlp", "mlp-plain", "dlinear", "nlinear", "rlinear", "low-rank", "fits", "sparsetsf",
    "sparsetsf-mlp", "timebase", "cyclenet",
  ]

  /// The teacher of a table.
  func entry(of teacher: TableTeacher) -> ForecasterEntry {
    ForecasterEntry(
      name: "\(teacher.name) (teacher)",
      options: ["model": teacher.rawValue].merging(
        teacher == .itransformer ? ["hidden": "\(teacherWidth)"] : [:]
      ) { $1 })
  }

  /// The factors of the losses with a teacher.
  func factors(with teacher: TableTeacher) -> (alpha: String, beta: String) {
    factors[teacher] ?? ("1", "1")
  }

  /// The teacher, then those of the students that are named, alone and taught.
  func entries(
    _ names: Set<String>, teacher: TableTeacher, loss: TimeDistillation.Mode
  ) -> [ForecasterEntry] {
    let (alpha, beta) = factors(with: teacher)
    let taught = ["alpha": alpha, "beta": beta].merging(
      loss == .reference ? [:] : ["loss": loss.rawValue]
    ) { $1 }
    return [entry(of: teacher)]
      + Self.students.filter(names.contains).flatMap { name in
        let own = ["model": name].merging(settings(of: name)) { $1 }
        return [
          ForecasterEntry(name: name, options: own),
          ForecasterEntry(
            name: "\(name), distilled",
            options: own.merging(taught) { $1 }, learns: true),
        ]
      }
  }

  /// What a student is told.
  ///
  /// FITS: six harmonics, as its authors take at this look-back. SparseTSF and TimeBase where a day is too long: 6 rows, as they
  /// take by themselves of a file with times and as their authors advise (methods, timedistill 8).
  private func settings(of name: String) -> [String: String] {
    if name == "fits" { return ["hidden": "6"] }
    guard let period, name.hasPrefix("sparsetsf") || name == "timebase" else { return [:] }
    return ["period": "6", "season": period]
  }
}
