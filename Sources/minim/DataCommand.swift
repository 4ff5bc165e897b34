// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import MinimSeries

/// `minim data`: looks at data without learning from it.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Look at data.", subcommands: [Describe.self])

  /// `minim data describe PATH`.
  struct Describe: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say what a folder of series holds.",
      discussion: "Example: minim data describe data/GunPoint")

    @Argument(
      help: "A folder with NAME_TRAIN and NAME_TEST files, X_train.npy and so on, or an .npz.")
    var path: String
    @OptionGroup var output: OutputOptions

    func run() throws {
      let description = try ClassificationProblem(contentsOf: path).describe()
      if output.json { return try output.printJSON(description) }
      let lengths = description.length
      print("\(description.name) (\(description.format))")
      print("  train     \(description.train.cases) cases")
      print("  test      \(description.test.map { "\($0.cases) cases" } ?? "none")")
      print("  channels  \(description.channels)")
      print(
        "  length    "
          + (lengths.min == lengths.max
            ? "\(lengths.min)" : "\(lengths.min) to \(lengths.max), unequal"))
      print("  missing   \(description.missing) values")
      print(
        "  classes   \(description.classes.count): \(description.classes.joined(separator: " "))")
    }
  }
}
