// SPDX-License-Identifier: Apache-2.0
internal import MinimLearning
internal import MinimSeries

extension Windows {
  /// Sees to it that there is a row and that all values are finite, for detectors that learn without a
  /// loss to watch.
  ///
  /// Throws `TrainingError.notFinite` with the place of the first NaN or infinity; a recording without
  /// rows traps.
  func checkFinite() throws {
    precondition(count > 0, "no rows of \(recording.name) to learn from")
    guard let place = recording.values.firstIndex(where: { !$0.isFinite }) else { return }
    let row = place / recording.channels, channel = place % recording.channels
    throw TrainingError.notFinite(
      epoch: 1, batch: 1,
      tensor: "row \(row) of channel \(recording.channelNames[channel]) of \(recording.name)")
  }
}
