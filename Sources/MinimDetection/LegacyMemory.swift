// SPDX-License-Identifier: Apache-2.0

/// The memory figure of the GON paper, which counts and measures nothing: float32 outputs of all modules
/// of the reference code, twice over, for one batch of 64 windows for each test row.
///
/// GB = (4 B n + 8 B Σ o) / 2³⁰, B = 64 · test rows, n the numbers of a window, Σ o the outputs of all
/// modules for one window. Without the parameters all 25 published numbers of these five come out to
/// four decimals. To compare with the paper alone. Source: methods, gon 1.8.
public enum LegacyMemory: String, CaseIterable, Sendable {
  case gon
  case usad
  case madGAN = "mad-gan"
  case slimGAN = "slimgan"
  case onlad

  /// The paper's gigabytes for a test recording.
  public func gigabytes(channels: Int, testRows: Int) -> Double {
    let size = numbers(channels)
    let batch = 64 * Double(testRows)
    return batch * Double(4 * size + 8 * outputs(size, channels)) / 0x1p30
  }

  /// n: the numbers of a window of the reference code.
  private func numbers(_ channels: Int) -> Int {
    switch self {
    case .gon: 15 * channels
    case .slimGAN: 3 * channels
    case .usad, .madGAN, .onlad: 5 * channels
    }
  }

  /// Σ o for a window of `size` numbers.
  private func outputs(_ size: Int, _ channels: Int) -> Int {
    func hidden(_ small: Int, _ middle: Int, _ large: Int) -> Int {
      channels > 50 ? large : channels > 20 ? middle : small
    }
    switch self {
    case .gon: return size + 67
    case .usad: return 2 * (size + 74) + 3 * (64 + 2 * size)
    case .madGAN, .slimGAN:
      let inner = 4 * hidden(16, 32, 64)
      return (3 * size + inner) + 2 * (size + inner + 2)
    case .onlad: return 2 * hidden(64, 512, 1024) + 2 * size + 1
    }
  }
}
