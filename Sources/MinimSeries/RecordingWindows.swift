// SPDX-License-Identifier: Apache-2.0

extension Recording {
  /// Copies the windows that end at some rows into a buffer, one after the other, each row after
  /// row.
  ///
  /// The window of row i holds rows i - length + 1 - lag ... i - lag, index = step · channels +
  /// channel; the first row of a stream stands for those before it. A lag of 1 leaves the row itself out. The buffer
  /// keeps what lies beyond the rows.count · length · channels values. A buffer that is too small, a
  /// row that is not there, a length below 1 and a negative lag trap. Source: methods, gon 1.1.
  public func copyWindows(
    endingAt rows: some Collection<Int>, length: Int, lag: Int = 0, into buffer: inout [Float]
  ) {
    precondition(length > 0 && lag >= 0, "no windows of \(length) rows with a lag of \(lag)")
    let size = length * channels
    precondition(
      buffer.count >= rows.count * size,
      "a buffer of \(buffer.count) values for \(rows.count) windows of \(size)")
    let count = self.count, channels = self.channels
    var stream = 0
    values.withUnsafeBufferPointer { from in
      buffer.withUnsafeMutableBufferPointer { to in
        guard let from = from.baseAddress, var place = to.baseAddress else { return }
        for row in rows {
          precondition((0..<count).contains(row), "row \(row) of \(count)")
          if starts[stream] > row { stream = 0 }
          while stream + 1 < starts.count, starts[stream + 1] <= row { stream += 1 }
          let start = starts[stream], first = row - lag - length + 1
          let repeated = min(max(start - first, 0), length)
          for _ in 0..<repeated {
            place.update(from: from + start * channels, count: channels)
            place += channels
          }
          let kept = (length - repeated) * channels
          place.update(from: from + max(first, start) * channels, count: kept)
          place += kept
        }
      }
    }
  }
}
