// SPDX-License-Identifier: Apache-2.0
package import MinimScores

/// A published table of scores: what others report on known data sets.
package struct PublishedTable: Sendable {
  /// One data set of the table.
  package struct Row: Sendable {
    /// The data set's name in the 2018 UCR archive.
    package let dataSet: String
    /// The teacher's score that stands first.
    package let bestTeacher: Double
    /// The teacher's score that stands second.
    package let meanTeacher: Double
    /// One score for each student, in the order of `students`.
    package let scores: [Double]

    fileprivate init(
      _ dataSet: String, bestTeacher: Double, meanTeacher: Double, students: [Double]
    ) {
      self.dataSet = dataSet
      self.bestTeacher = bestTeacher
      self.meanTeacher = meanTeacher
      scores = students
    }
  }

  /// Where the numbers are from.
  package let source: String
  /// The methods that trained the students, by the names of `minim distill`; `plain` is none.
  package let students: [String]
  /// The data sets, in the table's order.
  package let rows: [Row]

  /// The students' scores, to rank and test.
  package var scores: ScoreTable {
    get throws { try ScoreTable(methods: students, scores: rows.map(\.scores)) }
  }

  /// AUC-PRC in percent of an LSTM of three layers of 100 units and its students of one layer of 8.
  ///
  /// The paper names neither the two teacher columns nor three of the students. The former are most
  /// likely the best and the mean of five teachers, the latter the three forms of RKD, called so
  /// here (methods, memkd 1.7).
  package static let memkd = PublishedTable(
    source: "MemKD, Table II (arXiv 2601.04264)",
    students: [
      "plain", "kd", "dkd", "at", "rkd-distance", "rkd-angle", "rkd", "fitnet", "dt2w",
      "memkd",
    ],
    rows: [
      .init(
        "UWaveGestureLibraryAll", bestTeacher: 94.75, meanTeacher: 91.72,
        students: [77.15, 79.07, 80.58, 79.31, 78.34, 78.99, 77.51, 81.96, 81.35, 85.88]),
      .init(
        "Strawberry", bestTeacher: 94.25, meanTeacher: 87.91,
        students: [70.68, 73.06, 71.13, 89.09, 90.05, 91.53, 92.08, 87.1, 59.54, 90.48]),
      .init(
        "Adiac", bestTeacher: 70.61, meanTeacher: 65.79,
        students: [37.5, 45.75, 46.36, 49.21, 41.93, 43.3, 39.94, 37.67, 43.66, 45.07]),
      .init(
        "ItalyPowerDemand", bestTeacher: 99.24, meanTeacher: 98.21,
        students: [94.22, 98.63, 97.68, 97.55, 98.37, 99.07, 98.78, 97.23, 97.94, 98.66]),
      .init(
        "Yoga", bestTeacher: 75.88, meanTeacher: 73.04,
        students: [57.97, 67.41, 66.06, 70.61, 68.36, 67.78, 69.33, 60.1, 52.12, 74.01]),
      .init(
        "Trace", bestTeacher: 73.84, meanTeacher: 54.39,
        students: [64.76, 69.25, 68.21, 61.61, 72.71, 72.94, 72.48, 74.11, 53.14, 78.76]),
      .init(
        "ShapesAll", bestTeacher: 72.34, meanTeacher: 71.04,
        students: [29.82, 35.34, 44.46, 35.11, 30.27, 30.98, 31.98, 35.97, 33.55, 40.69]),
      .init(
        "SwedishLeaf", bestTeacher: 92.13, meanTeacher: 89.65,
        students: [70.75, 71.47, 72.95, 76.39, 70.87, 72.94, 71.11, 71.72, 73.14, 77.37]),
      .init(
        "FaceAll", bestTeacher: 87.16, meanTeacher: 82.77,
        students: [46.22, 54.38, 59.82, 58.21, 52.68, 54.6, 57.88, 56.08, 55.92, 62.26]),
      .init(
        "MoteStrain", bestTeacher: 83.89, meanTeacher: 80.75,
        students: [82.74, 81.87, 81.39, 82.58, 83.02, 83.53, 82.76, 78.16, 84.21, 84.13]),
      .init(
        "NonInvasiveFetalECGThorax1", bestTeacher: 86.11, meanTeacher: 82.29,
        students: [58.08, 57.92, 56.96, 64.21, 61.02, 58.4, 55.09, 65.4, 55.01, 69.18]),
      .init(
        "NonInvasiveFetalECGThorax2", bestTeacher: 91.71, meanTeacher: 86.7,
        students: [71.2, 74.5, 66.69, 73.26, 73.25, 73.51, 73.41, 71.13, 72.64, 77.47]),
    ])
}
