// SPDX-License-Identifier: Apache-2.0
public import MinimSeries
public import MinimTensor

/// The windows of one recording, one for each of its rows, made when they are asked for.
public struct Windows: Sendable {
  /// The scaled rows.
  public let recording: Recording
  /// Rows in a window.
  public let length: Int
  /// How many rows before its own the window of a row ends.
  public let lag: Int

  /// The windows of a recording as a detector of this configuration looks at them.
  public init(_ recording: Recording, for configuration: some DetectorConfiguration) {
    precondition(
      recording.channels == configuration.channels,
      "\(recording.channels) channels for a detector of \(configuration.channels)")
    self.recording = recording
    length = configuration.window
    lag = configuration.lag
  }

  /// The number of windows, which is that of the rows.
  public var count: Int { recording.count }

  /// Numbers in a window.
  public var size: Int { length * recording.channels }

  /// The windows of some rows, (count, length · channels): row after row, the last row last; row 0
  /// stands for those before it (methods, gon 1.1).
  public func tensor(of rows: some Collection<Int>) -> Tensor<Float> {
    var buffer = [Float](repeating: 0, count: rows.count * size)
    recording.copyWindows(endingAt: rows, length: length, lag: lag, into: &buffer)
    return Tensor(buffer, shape: [rows.count, size])
  }
}

extension Tensor<Float> {
  /// Of windows (count, length · channels) the newest rows (count, channels).
  func newestRows(channels: Int) -> Tensor {
    sliced(shape[1] - channels..<shape[1], along: 1)
  }

  /// The squared distance of each channel's newest value to that of reconstructed windows, (count,
  /// channels).
  func newestErrors(of reconstruction: Tensor, channels: Int) -> Tensor {
    (reconstruction.newestRows(channels: channels) - newestRows(channels: channels)).squared()
  }
}
