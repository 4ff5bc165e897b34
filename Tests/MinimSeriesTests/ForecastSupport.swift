// SPDX-License-Identifier: Apache-2.0
import Foundation
import MinimSeries

/// What pandas says about times and series; written by Tools/golden/forecast_data.py.
struct GoldenForecast: Decodable {
  struct Moment: Decodable {
    let seconds: Int
    let text: String
    let marks: [Float]
  }
  struct Stamps: Decodable {
    let texts: [String]
    let seconds: [Int]
  }
  struct Series: Decodable {
    let text: String
    let step: Int?
    let start: Int
    let rows: Int
    let last: [Float]
    let linear: [Float]
  }
  let calendar: [Moment]
  let stamps: [Stamps]
  let possible: [String]
  let impossible: [String]
  let gaps: Series
  let resampled: [Series]

  static func read() throws -> GoldenForecast {
    try JSONDecoder().decode(
      GoldenForecast.self,
      from: Data(contentsOf: packageFolder.appending(path: "Tests/Golden/forecast.json")))
  }
}

extension Scratch {
  /// The series in a file of the folder.
  func forecast(
    _ name: String, resample: Int? = nil, fill: FillPolicy? = nil
  ) throws -> ForecastSeries {
    try readForecastSeries(at: url.appending(path: name).path, resample: resample, fill: fill)
  }
}

/// The series in a CSV file of this text.
func forecast(
  _ text: String, _ name: String = "s.csv", resample: Int? = nil, fill: FillPolicy? = nil
) throws -> ForecastSeries {
  try Scratch.with([name: text]).forecast(name, resample: resample, fill: fill)
}

/// The error of reading a CSV file of this text, behind the folder; "none" when it is read.
func complaint(
  _ text: String, _ name: String = "s.csv", resample: Int? = nil, fill: FillPolicy? = nil
) throws -> String {
  let scratch = try Scratch.with([name: text])
  do {
    _ = try scratch.forecast(name, resample: resample, fill: fill)
    return "none"
  } catch let error as DataError {
    return error.description.replacingOccurrences(of: scratch.url.path + "/", with: "")
  }
}

/// Whether values agree to a few roundings of float32.
func areClose(_ found: [Float], _ expected: [Float]) -> Bool {
  found.count == expected.count
    && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) }
}
