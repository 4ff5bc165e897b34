// SPDX-License-Identifier: Apache-2.0
import MinimDetection
import MinimLayers
import MinimSeries

/// The transformer detector of a run, to learn from.
///
/// Throws `DataError` for another kind, other windows, another task or another scale than the student's.
func transformerTeacher(
  _ run: String, of student: StepTransformerDetector, scaler: RangeScaler?, rows: Recording
) throws -> StepTransformer<Float> {
  let saved = try SavedDetector(run: run)
  func sizes(_ detector: any Detector) -> String {
    let own = detector.configuration
    return "\(type(of: detector).name) detector of \(own.window) rows and "
      + counted(own.channels, "channel")
  }
  func task(_ configuration: StepTransformerDetector.Configuration) -> String {
    configuration.predicts ? "predicts" : "reconstructs"
  }
  guard let teacher = saved.detector as? StepTransformerDetector,
    teacher.configuration.channels == student.configuration.channels,
    teacher.configuration.window == student.configuration.window
  else {
    throw DataError(
      file: run, found: "a \(sizes(saved.detector))", expected: "a \(sizes(student)) to learn from")
  }
  guard teacher.configuration.predicts == student.configuration.predicts else {
    throw DataError(
      file: run, found: "a transformer detector that \(task(teacher.configuration))",
      expected: "one that \(task(student.configuration)), as the one that learns from it",
      advice: "train one of them again, with or without --predict")
  }
  try saved.requireScale(scaler, of: rows, run: run)
  return teacher.network.effective
}

extension SavedDetector {
  /// Refuses, by `DataError`, a teacher whose rows were scaled otherwise than those to learn from; of joined problems the rows must
  /// be the same.
  func requireScale(_ other: RangeScaler?, of rows: Recording, run: String) throws {
    guard scaler == other, scaler != nil || joined == nil || report?.dataHash == dataHash(of: rows)
    else {
      throw DataError(
        file: run, found: "a detector trained on rows of another range",
        expected: "one trained on the same rows, whose channels are scaled alike",
        advice: "train it on this --data" + (joined == nil ? "" : " and --joined"))
    }
  }
}
