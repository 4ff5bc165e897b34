// SPDX-License-Identifier: Apache-2.0
import CMinimSystem
import MinimHost

/// The commands of `minim` that only run models, for devices and servers: no Foundation, no
/// trainer.
enum MinimRun {
  static let usage = """
    usage: minim-run inspect MODEL [--json]
           minim-run verify MODEL [--json]
           minim-run stream MODEL [--every N] [--on-error skip|stop] < samples
           minim-run predict MODEL --data FILE
           minim-run bench MODEL [--json]

    """

  static func main(_ arguments: [String]) {
    // A reader that has gone shows as a failed write.
    system_keep_broken_pipes()
    do throws(HostError) {
      try run(arguments)
    } catch {
      finish("minim-run: \(error)\n", to: 2, code: error.exitCode)
    }
  }

  private static func run(_ arguments: [String]) throws(HostError) {
    guard let command = arguments.first else { finish(usage, to: 2, code: 64) }
    if ["help", "--help", "-h"].contains(command) { finish(usage, to: 1, code: 0) }
    var options = try Options(Array(arguments.dropFirst()))
    switch command {
    case "inspect":
      let json = options.flag("json")
      try InspectCommand(json: json).run(options.model())
    case "verify":
      let json = options.flag("json")
      try VerifyCommand(json: json).run(options.model())
    case "bench":
      let json = options.flag("json")
      try BenchCommand(json: json).run(options.model())
    case "stream":
      var stream = StreamCommand()
      if let text = options.value("every") {
        guard let every = Int(text) else {
          throw .badOption("--every: found \"\(text)\", expected a number")
        }
        stream.every = every
      }
      if let text = options.value("on-error") {
        guard let policy = StreamCommand.ErrorPolicy(rawValue: text) else {
          throw .badOption("--on-error: found \"\(text)\", expected skip or stop")
        }
        stream.onError = policy
      }
      try stream.run(options.model())
    case "predict":
      guard let data = options.value("data") else {
        throw .badOption("--data: missing, expected a file of cases")
      }
      try PredictCommand(data: data).run(options.model())
    default:
      throw .badOption(
        "found the unknown command \"\(command)\", expected inspect, verify, stream, predict or bench"
      )
    }
  }

  private static func finish(_ text: String, to descriptor: Int32, code: Int32) -> Never {
    var text = text
    _ = text.withUTF8 { system_write(descriptor, $0.baseAddress, UInt($0.count)) }
    system_exit(code)
  }
}

#if hasFeature(Embedded)
  /// Where the static runner begins: Embedded Swift hands over no arguments.
  @_cdecl("main")
  func main(_ count: Int32, _ arguments: UnsafePointer<UnsafePointer<CChar>>) -> Int32 {
    MinimRun.main((1..<max(1, Int(count))).map { String(cString: arguments[$0]) })
    return 0
  }
#else
  @main
  extension MinimRun {
    static func main() { main(Array(CommandLine.arguments.dropFirst())) }
  }
#endif

/// The arguments after the command, taken out one by one; what is left at the end is unknown.
private struct Options {
  private var values: [String: String] = [:]
  private var flags: Set<String> = []
  private var paths: [String] = []

  init(_ arguments: [String]) throws(HostError) {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      guard argument.hasPrefix("--") else {
        paths.append(argument)
        continue
      }
      let name = String(argument.dropFirst(2))
      if name == "json" {
        flags.insert(name)
      } else if let value = rest.popFirst() {
        values[name] = value
      } else {
        throw .badOption("\(argument): found no value, expected one after it")
      }
    }
  }

  mutating func flag(_ name: String) -> Bool { flags.remove(name) != nil }

  mutating func value(_ name: String) -> String? { values.removeValue(forKey: name) }

  /// Loads the model; call it last.
  func model() throws(HostError) -> LoadedModel {
    if let name = (Array(values.keys) + flags).min() {
      throw .badOption("--\(name): unknown option of this command; try minim-run --help")
    }
    guard paths.count == 1 else {
      throw .badOption("found \(paths.count) model files, expected one")
    }
    return try LoadedModel(contentsOf: paths[0])
  }
}
