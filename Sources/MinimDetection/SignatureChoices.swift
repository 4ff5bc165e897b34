// SPDX-License-Identifier: Apache-2.0
public import MinimTensor

/// What a user may ask of a detector on signature matrices beside its sizes; nil leaves the preset's own.
public struct SignatureChoices: Equatable, Sendable {
  /// The cell of the long-term memory; none.
  public var accumulator: RecurrentCell?
  /// How its states become a matrix; shared.
  public var form: LongTermMemory.Form?
  /// What matrices are compared with where there is a memory; detached.
  public var target: MSCRED.Target?
  /// What is scored; broken.
  public var score: MSCRED.Score?
  /// Whether states go from step to step.
  public var recurs = true

  /// Nothing asked.
  public init() {}

  /// The configuration for so many channels: a span of 100 rows.
  func configuration(
    channels: Int, sizes: DetectorSizes, widths: [Int], separable: Bool = false
  ) -> MSCRED.Configuration {
    MSCRED.Configuration(
      channels: channels, span: sizes.window ?? 100, widths: widths, separable: separable,
      recurs: recurs,
      memory: accumulator.map { LongTermMemory(cell: $0, form: form ?? .shared) },
      target: target ?? .detached, score: score ?? .broken)
  }
}
