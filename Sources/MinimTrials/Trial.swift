// SPDX-License-Identifier: Apache-2.0
internal import MinimSeries

/// One training or evaluation to be done once: a command of `minim` with the options that fix its result.
public struct Trial: Codable, Hashable, Sendable {
  /// "train", "distill", "train-detector" or "evaluate-detector".
  public let command: String
  /// Options that differ from the command's defaults, by name, without those that change no result
  /// (`out`, `threads`, `resume`).
  public let options: [String: String]
  /// What the options' files hold, by the option's name: the fingerprint of the data, the identity of
  /// a teacher.
  public let contents: [String: String]

  /// A trial from its parts.
  public init(command: String, options: [String: String], contents: [String: String]) {
    self.command = command
    self.options = options
    self.contents = contents
  }

  /// The name of the trial: a fingerprint of the command, the options and the contents of files, in
  /// 16 hexadecimal digits.
  ///
  /// Where a file lies does not matter, what it holds does.
  public var id: String {
    let settings = options.filter { contents[$0.key] == nil }.merging(contents) { $1 }
    let lines = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }
    return fingerprint(of: Array("\(command)\n\(lines.joined())".utf8))
  }

  /// The command line that does the trial in a folder.
  public func arguments(out folder: String, resume: Bool) -> [String] {
    let words = options.sorted { $0.key < $1.key }.map { "--\($0.key)=\($0.value)" }
    return [command] + words + ["--out=\(folder)", "--threads=1", "--quiet", "--json"]
      + (resume ? ["--resume"] : [])
  }
}
