// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// An autoencoder of signature matrices (MSCRED), perhaps with a long-term accumulator (LTA-MSCRED).
///
/// A sample is five steps a gap apart, each three matrices of channels by channels (`SignatureStream`); with a memory β of that row is
/// added to all three. The network returns the last step's matrices; E = (S - Ŝ)² over the shortest segment's matrix says
/// how far a row is from normal. Scores stand at every gap-th row from a stream's start and hold for the gap's rows;
/// where whole samples do not reach back, the first row stands for those before it. Source: methods, gon 3.
public struct MSCRED: Detector {
  /// What is scored of E.
  public enum Score: String, CaseIterable, Codable, Sendable {
    /// Entries above 0.005: a(t) of the paper, a channel's part the number in its row.
    case broken
    /// The sum of E, a channel's part the sum of its row.
    case residual
  }

  /// What the network's matrices are compared with where there is a memory (methods, gon 3.5 A2).
  public enum Target: String, CaseIterable, Codable, Sendable {
    /// S = M + β, through which no gradient goes.
    case detached
    /// S with its gradient.
    case gradient
    /// M alone.
    case matrices
  }

  /// The sizes of an MSCRED.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings, n.
    public var channels: Int
    /// About the rows of a sample; `SignatureScales` makes segments and gap of it.
    public var span: Int
    /// Channels of each level, one to four.
    public var widths: [Int]
    /// Whether convolutional LSTMs are in two parts, channel by channel and 1 × 1.
    public var separable: Bool
    /// Whether states go from step to step; without it as in the code that published numbers come from.
    public var recurs: Bool
    /// The long-term memory; nil for none.
    public var memory: LongTermMemory?
    /// What the network's matrices are compared with.
    public var target: Target
    /// What is scored.
    public var score: Score

    /// Sizes; those of the paper's teacher for 100 rows by default.
    public init(
      channels: Int, span: Int = 100, widths: [Int] = [32, 64, 128, 256], separable: Bool = false,
      recurs: Bool = true, memory: LongTermMemory? = nil, target: Target = .detached,
      score: Score = .broken
    ) {
      self.channels = channels
      self.span = span
      self.widths = widths
      self.separable = separable
      self.recurs = recurs
      self.memory = memory
      self.target = target
      self.score = score
    }

    /// The segments and the gap.
    public var scales: SignatureScales { SignatureScales(span: span) }

    /// Rows that matrices look at, or that a memory's gradient goes back, whichever is more.
    public var window: Int { max(scales.rows, memory == nil ? 0 : reach) }

    /// The gap.
    public var gap: Int { scales.gap }

    /// As many entries as a row has, where broken ones are counted.
    public var largestScore: Double? { score == .broken ? Double(channels) : nil }

    /// Rows that a memory's gradient goes back: four gaps and one more, or ten rows.
    var reach: Int { (SignatureScales.steps - 1) * scales.gap + max(scales.gap, 10) }

    /// Whether every size is in its range: at most 4096 channels, a span of 10 to 4096 rows, one to four levels of at
    /// most 4096 channels, images of at most 2²⁴ numbers at the first.
    public var isValid: Bool {
      (1...4096).contains(channels) && (10...4096).contains(span) && (1...4).contains(widths.count)
        && widths.allSatisfy { (1...4096).contains($0) }
        && channels * channels * widths[0] <= 1 << 24
    }

    /// The numbers of convolutions, i o k² + o each, of LSTMs, 72 w² + 4 w or 8 w² + 22 w, and of the memory (methods,
    /// gon 3.4).
    public var storedCount: Double {
      var total = memory?.storedCount(channels: Double(channels)) ?? 0
      for (level, width) in widths.enumerated() {
        let w = Double(width), kernel = level < 2 ? 9.0 : 4.0
        let above = level == 0 ? 3.0 : Double(widths[level - 1])
        total += above * w * kernel + w
        total += separable ? 8 * w * w + 22 * w : 72 * w * w + 4 * w
        total += (level == widths.count - 1 ? 1 : 2) * w * above * kernel + above
      }
      return total
    }
  }

  /// The name in files.
  public static let name = "mscred"
  /// Shuffled batches of 4 windows five gaps apart, Adam, at most 20 epochs, five without less error on the held rows.
  public static let plan = TrainingPlan(
    epochs: 20, batch: 4, learningRate: 1e-3, schedule: .plateau, patience: 5)
  /// An entry of E above it is broken.
  static let brokenAbove: Float = 0.005

  /// Its sizes.
  public let configuration: Configuration
  /// The autoencoder.
  package var network: SignatureNetwork<Float>
  /// The memory; nil for none.
  package var accumulator: LongTermAccumulator?

  /// A detector of random weights; an invalid configuration traps.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible MSCRED: \(configuration)")
    self.configuration = configuration
    network = SignatureNetwork(
      widths: configuration.widths, separable: configuration.separable,
      recurs: configuration.recurs, using: &generator)
    accumulator = configuration.memory.map {
      LongTermAccumulator($0, channels: configuration.channels, using: &generator)
    }
  }

  /// Visits the network, then the memory.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try network.visitParameters(under: path.appending("network"), visit)
    try accumulator?.visitParameters(under: path.appending("memory"), visit)
  }

  /// Samples (count, 5, 3, n, n) of windows (count, rows, n), and what the network's matrices are compared with (count, 3, n, n).
  ///
  /// `state` is the memory's, `reach` rows before the windows' ends.
  package func samples(
    of rows: Tensor<Float>, after state: LongTermAccumulator.State?
  ) -> (inputs: Tensor<Float>, targets: Tensor<Float>) {
    let scales = configuration.scales, count = rows.shape[0], length = rows.shape[1]
    let matrices = scales.matrices(of: rows)
    func last(_ samples: Tensor<Float>) -> Tensor<Float> {
      let steps = SignatureScales.steps
      return samples.sliced(steps - 1..<steps, along: 1)
        .reshaped(to: [count] + samples.shape[2...])
    }
    guard let accumulator else { return (matrices, last(matrices)) }
    let reach = configuration.reach
    let counts = (0..<SignatureScales.steps).map {
      reach - (SignatureScales.steps - 1 - $0) * scales.gap
    }
    let added = accumulator(
      rows.sliced(length - reach..<length, along: 1), after: state, at: counts, carry: reach
    ).matrices
    let shape = matrices.shape
    let inputs = matrices + added.reshaped(to: [count, shape[1], 1, shape[3], shape[4]])
    switch configuration.target {
    case .detached: return (inputs, last(inputs).detached())
    case .gradient: return (inputs, last(inputs))
    case .matrices: return (inputs, last(matrices))
    }
  }

  /// The parts (count, channels) of windows (count, window · channels) that nothing comes before.
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let channels = configuration.channels, gap = configuration.gap
    let rows = windows.reshaped(to: [windows.shape[0], configuration.window, channels])
    let (inputs, targets) = samples(of: rows, after: nil)
    let errors = (network(inputs).matrices - targets).squared().scalars
    let parts = (0..<rows.shape[0]).flatMap { sample in
      SignatureErrors(
        errors, sample: sample, channels: channels,
        rows: configuration.window - gap..<configuration.window
      ).parts(configuration.score)
    }
    return Tensor(parts, shape: [rows.shape[0], channels])
  }
}

/// What the matrices of one row are from normal: E of the three segments, shortest first.
public struct SignatureErrors: Sendable {
  /// The rows that these errors are of; the matrices are those after the last.
  public let rows: Range<Int>
  /// For each segment how many entries are broken: the paper's severities of short, middle and long anomalies.
  public let broken: [Int]
  /// For each channel the broken entries in its row of the shortest segment's matrix.
  public let brokenOfChannels: [Int]
  /// For each channel the sum of E in its row of the shortest segment's matrix.
  let sums: [Float]

  /// From the E of all samples, (count, 3, channels, channels); what is not a number is broken.
  init(_ errors: [Float], sample: Int, channels: Int, rows: Range<Int>) {
    self.rows = rows
    let size = channels * channels, first = sample * 3 * size
    broken = (0..<3).map { segment in
      errors[first + segment * size..<first + (segment + 1) * size]
        .count { !($0 <= MSCRED.brokenAbove) }
    }
    var counts = [Int](repeating: 0, count: channels)
    var sums = [Float](repeating: 0, count: channels)
    for channel in 0..<channels {
      let row = errors[first + channel * channels..<first + (channel + 1) * channels]
      counts[channel] = row.count { !($0 <= MSCRED.brokenAbove) }
      sums[channel] = row.reduce(0, +)
    }
    brokenOfChannels = counts
    self.sums = sums
  }

  /// What a score is the mean of, one number a channel.
  func parts(_ score: MSCRED.Score) -> [Float] {
    score == .broken ? brokenOfChannels.map(Float.init) : sums
  }
}
