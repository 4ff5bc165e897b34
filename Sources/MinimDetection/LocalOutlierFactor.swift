// SPDX-License-Identifier: Apache-2.0
public import MinimLayers
public import MinimLearning
internal import MinimSeries
public import MinimTensor

/// The local outlier factor of new windows among stored ones: how much thinner they lie than their
/// neighbours.
///
/// N(x): the k nearest stored rows, x itself left out; all of them where no more than k are stored.
/// d_k(o): the distance from o to the last of N(o). lrd(x) = 1 / (mean over o in N(x) of max(d_k(o),
/// ‖x - o‖) + 1e-10). Score: the mean over o in N(x) of lrd(o) / lrd(x), about 1 where x lies as its
/// neighbours do (Breunig, Kriegel, Ng and Sander 2000). Where more than k stored rows are equal, their
/// density is 1e10, and whatever is near them but not equal scores very high. Channels have no part
/// of their own. Source: methods, gon 1.12.
///
/// The stored rows are drawn at random from the training windows, or they are the memory of a stream
/// that is summarised as in DILOF (Na, Kim and Yu 2018): windows enter in the order of time; when the
/// memory is full, the older half of it is replaced by half of that half (`DensitySummary`). Simplified:
/// densities are found once, when the stream ends, and no window is left out because it lies close to
/// an outlier just before it, since all training windows are taken for normal.
public struct LocalOutlierFactor: Detector {
  /// Sizes and choices.
  public struct Configuration: DetectorConfiguration {
    /// Channels of the recordings.
    public var channels: Int
    /// Rows in a window.
    public var window: Int
    /// k.
    public var neighbours: Int
    /// Rows that the memory holds at most, at least 4.
    public var capacity: Int
    /// Rows stored: the capacity before training, what there is after it.
    public var rows: Int
    /// Whether the memory is that of a stream rather than a random sample.
    public var summarises: Bool

    /// Sizes, by default on single rows.
    public init(
      channels: Int, window: Int = 1, neighbours: Int = 20, capacity: Int = 1000,
      summarises: Bool = false
    ) {
      self.channels = channels
      self.window = window
      self.neighbours = neighbours
      self.capacity = capacity
      rows = capacity
      self.summarises = summarises
    }

    /// Whether every size is in its range.
    public var isValid: Bool {
      channels > 0 && window > 0 && neighbours > 0 && capacity >= 4 && rows > 0 && rows <= capacity
    }

    /// rows (s + 2), s = window · channels.
    public var storedCount: Double {
      Double(rows) * (Double(window) * Double(channels) + 2)
    }

    /// k, or how many other rows there are, but at least 1.
    var reachable: Int { max(1, min(neighbours, rows - 1)) }
  }

  /// The name in files.
  public static let name = "local-outlier-factor"
  /// The seed of the sample alone is used.
  public static let plan = TrainingPlan(epochs: 1)
  /// The sizes of this memory.
  public private(set) var configuration: Configuration
  /// (rows, window · channels).
  public var stored: Tensor<Float>
  /// d_k of each stored row: (rows).
  public var distances: Tensor<Float>
  /// lrd of each stored row: (rows).
  public var densities: Tensor<Float>

  /// An empty memory, all zeros; the configuration must be valid.
  public init(_ configuration: Configuration, using generator: inout SeededGenerator) {
    precondition(configuration.isValid, "an impossible memory: \(configuration)")
    self.configuration = configuration
    stored = Tensor(zeros: [configuration.rows, configuration.window * configuration.channels])
    distances = Tensor(zeros: [configuration.rows])
    densities = Tensor(zeros: [configuration.rows])
  }

  /// No parameters: nothing is found by gradients.
  public mutating func visitParameters(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {}

  /// Visits `stored`, `distances` and `densities`.
  public mutating func visitBuffers(
    under path: ParameterPath, _ visit: (ParameterPath, inout Tensor<Float>) throws -> Void
  ) rethrows {
    try visit(path.appending("stored"), &stored)
    try visit(path.appending("distances"), &distances)
    try visit(path.appending("densities"), &densities)
  }

  /// Fills the memory and measures its densities.
  public mutating func fit(
    _ windows: Windows, held: Windows, plan: TrainingPlan, progress: Progress
  ) throws {
    try windows.checkFinite()
    if configuration.summarises {
      stored = memory(of: windows)
    } else {
      var generator = SeededGenerator(seed: plan.seed)
      let drawn = generator.permutation(of: windows.count).prefix(configuration.capacity)
      stored = windows.tensor(of: drawn.sorted())
    }
    configuration.rows = stored.shape[0]
    let rows = NearestRows(stored), all = others(than: stored, in: rows)
    distances = Tensor(all.map { $0.last?.distance ?? 0 }, shape: [rows.count])
    densities = Tensor(all.map { density($0) }, shape: [rows.count])
  }

  /// What a stream of all windows leaves in the memory, in the order of time.
  private func memory(of windows: Windows) -> Tensor<Float> {
    let size = windows.size, capacity = configuration.capacity, half = capacity / 2
    var memory: [Float] = []
    for row in 0..<windows.count {
      memory += windows.tensor(of: row..<row + 1).scalars
      guard memory.count == capacity * size else { continue }
      let old = Tensor(Array(memory[..<(half * size)]), shape: [half, size])
      let kept = DensitySummary(neighbours: configuration.neighbours).kept(of: old)
      memory = old.gathered(kept, along: 0).scalars + memory[(half * size)...]
    }
    return Tensor(memory, shape: [memory.count / size, size])
  }

  /// The neighbours of each stored row, itself left out.
  private func others(
    than stored: Tensor<Float>, in rows: NearestRows
  ) -> [[NearestRows.Neighbour]] {
    let share = 64, most = min(configuration.neighbours + 1, rows.count)
    return parallelMap((rows.count + share - 1) / share) { index in
      let own = index * share..<min(rows.count, (index + 1) * share)
      let found = rows.neighbours(of: stored.sliced(own, along: 0), most)
      return zip(own, found).map { row, found in
        // Among more than k equal rows its own place may go to another of them.
        let others = found.filter { $0.row != row }
        return Array(others.prefix(most - 1))
      }
    }.flatMap { $0 }
  }

  /// lrd from the neighbours of a point.
  private func density(_ neighbours: [NearestRows.Neighbour]) -> Float {
    let reach = distances.withUnsafeScalars { distances in
      neighbours.reduce(0.0) { $0 + Double(max(distances[$1.row], $1.distance)) }
    }
    return Float(1 / (reach / Double(max(1, neighbours.count)) + 1e-10))
  }

  /// Each window's score: (count, 1).
  public func parts(of windows: Tensor<Float>) -> Tensor<Float> {
    let factors = NearestRows(stored).neighbours(of: windows, configuration.reachable).map {
      found in
      let around = densities.withUnsafeScalars { densities in
        found.reduce(0.0) { $0 + Double(densities[$1.row]) } / Double(found.count)
      }
      return Float(around / Double(density(found)))
    }
    return Tensor(factors, shape: [windows.shape[0], 1])
  }
}
