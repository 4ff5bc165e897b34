// SPDX-License-Identifier: Apache-2.0
public import MinimSeries
internal import MinimTensor

extension MSCRED {
  /// The scores of all rows: each gap of a stream has that of the matrices at its end, rows after the last
  /// whole gap hold its score.
  public func scores(of windows: Windows) -> RowScores {
    let recording = windows.recording, channels = recording.channels
    var parts: [Float] = []
    parts.reserveCapacity(recording.values.count)
    for stream in recording.streams {
      var row = stream.lowerBound, last: [Float] = []
      forEachStep(of: recording, in: stream) { errors in
        last = errors.parts(configuration.score)
        while row < errors.rows.upperBound {
          parts += last
          row += 1
        }
      }
      for _ in row..<stream.upperBound { parts += last }
    }
    let scores = (0..<recording.count).map { row in
      parts[row * channels..<(row + 1) * channels].reduce(0.0) { $0 + Double($1) }
        / Double(channels)
    }
    return RowScores(scores: scores, channelParts: channels > 1 ? parts : nil)
  }

  /// The errors of a scaled recording's matrices at every gap-th row of every stream, in order.
  public func signatureErrors(of recording: Recording) -> [SignatureErrors] {
    var all: [SignatureErrors] = []
    for stream in recording.streams {
      forEachStep(of: recording, in: stream) { all.append($0) }
    }
    return all
  }

  /// Walks along one stream: each matrix is found and encoded once, sixteen steps at a time; hidden states begin
  /// anew with each sample, as in training.
  private func forEachStep(
    of recording: Recording, in stream: Range<Int>, _ body: (SignatureErrors) -> Void
  ) {
    let channels = recording.channels, gap = configuration.scales.gap
    let before = SignatureScales.steps - 1
    guard !stream.isEmpty else { return }
    var signatures = SignatureStream(channels: channels, scales: configuration.scales)
    var memory = accumulator.map {
      MemoryWalk($0, recording: recording, stream: stream, reach: configuration.reach)
    }
    // The steps before the first row, which stands for all before it; that it comes once more changes nothing.
    signatures.push(recording.row(stream.lowerBound))
    let first = Tensor(
      [[Float]](repeating: signatures.matrices, count: before).flatMap { $0 },
      shape: [before, 3, channels, channels])
    let earlier = (1 - before...0).map { stream.lowerBound + $0 * gap }
    var codes = network.encoded(Self.sum(first, memory?.matrices(at: earlier)))
    var ends = Array(stride(from: stream.lowerBound + gap, through: stream.upperBound, by: gap))
    if ends.isEmpty { ends = [stream.upperBound] }
    var row = stream.lowerBound
    for start in stride(from: 0, to: ends.count, by: 16) {
      let block = Array(ends[start..<min(start + 16, ends.count)])
      var values: [Float] = []
      for end in block {
        while row < end {
          signatures.push(recording.row(row))
          row += 1
        }
        values += signatures.matrices
      }
      let matrices = Tensor(values, shape: [block.count, 3, channels, channels])
      let inputs = Self.sum(matrices, memory?.matrices(at: block))
      let places = block.indices.flatMap { index in (0...before).map { index + $0 } }
      let samples = zip(codes, network.encoded(inputs)).map {
        tail, new -> (Tensor<Float>, Tensor<Float>) in
        let all = Tensor.concatenated([tail, new], along: 0)
        return (
          all.gathered(places, along: 0).reshaped(to: [block.count, before + 1] + all.shape[1...]),
          all.sliced(all.shape[0] - before..<all.shape[0], along: 0)
        )
      }
      codes = samples.map(\.1)
      let output = network.decoded(network.attended(samples.map(\.0)), extent: channels)
      let errors = (output - (configuration.target == .matrices ? matrices : inputs)).squared()
        .scalars
      for (index, end) in block.enumerated() {
        let before = start + index - 1
        body(
          SignatureErrors(
            errors, sample: index, channels: channels,
            rows: (before < 0 ? stream.lowerBound : ends[before])..<end))
      }
    }
  }

  /// Matrices (count, 3, n, n) with β (count, n, n) added to each segment's.
  private static func sum(_ matrices: Tensor<Float>, _ added: Tensor<Float>?) -> Tensor<Float> {
    guard let added else { return matrices }
    return matrices + added.reshaped(to: [added.shape[0], 1, added.shape[1], added.shape[2]])
  }
}

/// A memory on its way along a stream, whose first row stands for `reach` rows before it.
struct MemoryWalk {
  private let accumulator: LongTermAccumulator
  private let recording: Recording
  private let stream: Range<Int>
  /// Rows that the state stays behind, so that the last ten states are at hand.
  private let margin: Int
  /// The row before which the state stands.
  private var place: Int
  private var state: LongTermAccumulator.State?

  init(_ accumulator: LongTermAccumulator, recording: Recording, stream: Range<Int>, reach: Int) {
    self.accumulator = accumulator
    self.recording = recording
    self.stream = stream
    margin = accumulator.memory.form == .history ? 10 : 0
    place = stream.lowerBound - reach
  }

  /// β after each of some rows, (count, n, n); the rows ascend from call to call, and none lies a reach before the stream.
  mutating func matrices(at ends: [Int]) -> Tensor<Float> {
    guard let last = ends.last else { preconditionFailure("no rows to remember") }
    let (matrices, next) = accumulator(
      rows(place..<last), after: state, at: ends.map { $0 - place }, carry: last - margin - place)
    (state, place) = (next, last - margin)
    return matrices.reshaped(to: [ends.count] + matrices.shape[2...])
  }

  /// The state before a row, which must lie behind those of earlier calls.
  mutating func state(before row: Int) -> LongTermAccumulator.State {
    let next = accumulator(rows(place..<row), after: state, at: [], carry: row - place).state
    (state, place) = (next, row)
    return next
  }

  /// Rows (1, count, channels); the stream's first stands for those before it.
  private func rows(_ range: Range<Int>) -> Tensor<Float> {
    let values = range.flatMap { recording.row(max($0, stream.lowerBound)) }
    return Tensor(values, shape: [1, range.count, recording.channels])
  }
}
