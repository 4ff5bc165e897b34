// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
internal import MinimTensor

/// What a distillation loss looks at in a network's pass.
public enum Reading: Hashable, Sendable {
  /// The output (batch, classes).
  case logits
  /// One tap.
  case tap(Tap)
  /// Two taps (batch, time, …) side by side.
  case joined(Tap, Tap)
  /// The mean of the hidden states of all recurrent layers (batch, time, hidden).
  case meanOfLayers

  /// The taps that must be there.
  private var taps: [Tap] {
    switch self {
    case .logits: []
    case .tap(let tap): [tap]
    case .joined(let first, let second): [first, second]
    case .meanOfLayers: [.hidden(layer: 1)]
    }
  }

  /// Throws where a tap is missing.
  func check(
    _ found: Set<Tap>, _ network: DistillationError.Network, for method: DistillationMethod
  ) throws(DistillationError) {
    for tap in taps where !found.contains(tap) {
      throw .missingTap(
        tap.description, of: network, for: method, found: found.map(\.description).sorted())
    }
  }

  /// The values of a pass; throws where a tap is missing.
  func value(
    of forward: Forward<Float>, _ network: DistillationError.Network, for method: DistillationMethod
  ) throws(DistillationError) -> Tensor<Float> {
    try check(Set(forward.taps.keys), network, for: method)
    let found = taps.compactMap { forward.taps[$0] }
    switch self {
    case .logits: return forward.output
    case .tap: return found[0]
    case .joined: return .concatenated(found, along: 2)
    case .meanOfLayers:
      var sum = found[0], layers = 1
      while let next = forward.taps[.hidden(layer: layers + 1)] {
        sum = sum + next
        layers += 1
      }
      return sum / Float(layers)
    }
  }
}

/// Which hidden states of a teacher are the example.
public enum TeacherLayer: Hashable, Sendable {
  /// The top layer's.
  case top
  /// A recurrent layer's, counted from 1 at the bottom.
  case layer(Int)
  /// The mean of all recurrent layers' states.
  case mean

  /// A reading of the top layer's hidden states moved to this layer; other readings stay.
  func reading(_ reading: Reading) -> Reading {
    guard reading == .tap(.hidden) else { return reading }
    return switch self {
    case .top: reading
    case .layer(let index): .tap(.hidden(layer: index))
    case .mean: .meanOfLayers
    }
  }
}

/// Why two networks cannot be teacher and student of a method.
public enum DistillationError: Error, CustomStringConvertible {
  /// One of the two networks.
  public enum Network: String, Sendable {
    /// The network that knows.
    case teacher
    /// The network that learns.
    case student
  }
  /// A network does not show what a method reads; `found` are its taps.
  case missingTap(String, of: Network, for: DistillationMethod, found: [String])
  /// The hidden sequences have different numbers of steps.
  case stepsDiffer(DistillationMethod, student: Int, teacher: Int)

  /// One line that names method, network, what was found and what to do.
  public var description: String {
    switch self {
    case .missingTap(let tap, let network, let method, let found):
      let advice =
        switch tap {
        case "cell": "cell states need an LSTM"
        case let name where name.hasPrefix("hidden."):
          "layers need a recurrent network that has as many"
        default: "choose another model or method"
        }
      return "method \(method.rawValue): the \(network.rawValue) has no tap \"\(tap)\", only "
        + "\(found.joined(separator: " ")); \(advice)"
    case .stepsDiffer(let method, let student, let teacher):
      return "method \(method.rawValue): found hidden sequences of \(student) steps in the student "
        + "and \(teacher) in the teacher, expected as many; method at, and dt2w on series that are "
        + "not padded, take any"
    }
  }
}
