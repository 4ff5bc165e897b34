// SPDX-License-Identifier: Apache-2.0

/// What an operation does.
///
/// Compiled with MINIM_OPERATIONS_1_4, a reader knows no signature matrices and images; with MINIM_OPERATIONS_1_3 as well no
/// forecasts; with MINIM_OPERATIONS_1_2 as well no one-bit
/// tensors and operations on rows, with MINIM_OPERATIONS_1_1 too only the operations of minor versions 0 and 1, and with
/// MINIM_OPERATIONS_1_0 beside them only those of 0: for devices whose model needs no more.
public enum OperationCode: UInt8, CaseIterable, Sendable {
  /// Tensors W and b (or none): y = W x + b.
  case linear = 1
  /// Tensors W, U, b and, for GRU, c: one step of a recurrent layer; keeps state between steps.
  case recurrent = 2
  /// An activation function, element by element.
  case activation = 3
  /// y = exp(x - max x) / sum of the same.
  case softmax = 4
  #if !MINIM_OPERATIONS_1_0
    /// Tensors W and b (or none): a causal convolution over the steps; keeps inputs between steps.
    case convolution = 5
    /// The mean of x over the steps so far; keeps sums between steps.
    case mean = 6
    /// Values one behind the other.
    case join = 7
    /// The sum of two values, element by element.
    case add = 8
  #endif
  #if !MINIM_OPERATIONS_1_1
    /// The last values of x, the oldest first; keeps them between steps.
    case window = 9
    /// Tensor (low, high): x limited to low...high.
    case clip = 10
    /// Tensor w or none: y = w (a - b)² of the last numbers of two values, as many as it writes.
    case error = 11
    /// The mean of x's numbers, one number.
    case reduce = 12
    /// Tensors of splits, values and a factor: the score of an isolation forest.
    case forest = 13
    /// Tensors of linear maps D: the end of the point that starts at x and climbs on D.
    case generate = 14
    /// Tensors W, U, b and, for GRU, c: the state of a recurrent layer after x, so many times.
    case recall = 15
  #endif
  #if !MINIM_OPERATIONS_1_2
    /// Tensors W, b (or none), a table of positions (or none): every row of x, times the root of the width.
    case embed = 16
    /// Tensors one behind the other: a layer of a transformer on every row.
    case layer = 17
    /// Tensors Q, K, V, O one behind the other: what a row, or every row, finds in the rows of a value.
    case attend = 18
    /// The mean of all rows.
    case pool = 19
  #endif
  #if !MINIM_OPERATIONS_1_3
    /// Tensor k or none: the rows of each channel apart, in phases, without their level.
    case series = 20
    /// Tensors W and b (or none): b + W x of every row.
    case map = 21
    /// Tensors of scales and shifts: scale x + shift of each group of numbers of every row.
    case affine = 22
    /// Phases as rows of all channels, with what the series took away, in original units.
    case forecast = 23
  #endif
  #if !MINIM_OPERATIONS_1_4
    /// Tensors W, U, b and, for GRU, c: one step of a recurrent layer of one input for each number of x; keeps states.
    case remember = 24
    /// The signature matrices of three segments of the last rows, every so many steps; keeps rows and sums.
    case signatures = 25
    /// L Lᵀ / units added to each signature matrix; L are the states of a value that remembers.
    case accumulate = 26
    /// Tensors W and b (or none): a convolution of images.
    case image = 27
    /// Tensors U and D (or none): a convolutional LSTM over all steps of a window, with attention over its states.
    case imageLSTM = 28
    /// The errors between two signature matrices, one number for each row.
    case deviations = 29
  #endif

  /// The number of variants that a minor version of the format knows, counted from 0; 0 where it
  /// does not know the operation.
  func variantCount(minorVersion: Int) -> Int {
    switch self {
    case .activation: 3
    case .linear, .softmax: 1
    #if MINIM_OPERATIONS_1_0
      case .recurrent: 3
    #else
      case .recurrent: minorVersion == 0 ? 3 : 4
      case .convolution: minorVersion == 0 ? 0 : 2
      case .mean, .join, .add: minorVersion == 0 ? 0 : 1
    #endif
    #if !MINIM_OPERATIONS_1_1
      case .window, .clip, .error, .reduce, .forest: minorVersion < 2 ? 0 : 1
      case .generate: minorVersion < 2 ? 0 : 2
      case .recall: minorVersion < 2 ? 0 : 4
    #endif
    #if !MINIM_OPERATIONS_1_2
      case .embed: minorVersion < 3 ? 0 : 3
      case .layer: minorVersion < 3 ? 0 : 6
      case .attend: minorVersion < 3 ? 0 : 256
      case .pool: minorVersion < 3 ? 0 : 1
    #endif
    #if !MINIM_OPERATIONS_1_3
      case .series: minorVersion < 4 ? 0 : 6
      case .map, .affine: minorVersion < 4 ? 0 : 2
      case .forecast: minorVersion < 4 ? 0 : 1
    #endif
    #if !MINIM_OPERATIONS_1_4
      case .remember: minorVersion < 5 ? 0 : 4
      case .signatures, .accumulate, .imageLSTM: minorVersion < 5 ? 0 : 1
      case .image: minorVersion < 5 ? 0 : 8
      case .deviations: minorVersion < 5 ? 0 : 2
    #endif
    }
  }

  /// The lowest minor version of the format that knows a variant; one that none knows counts as of
  /// the highest.
  package func minorVersion(ofVariant variant: UInt8) -> Int {
    for version in 0..<ModelFormat.minorVersion where variant < variantCount(minorVersion: version)
    {
      return version
    }
    return ModelFormat.minorVersion
  }

  /// The highest code of a minor version below that of this reader.
  @inline(__always)
  static func highest(minorVersion: Int) -> Int {
    #if MINIM_OPERATIONS_1_1
      minorVersion == 0 ? 4 : 8
    #elseif MINIM_OPERATIONS_1_2
      minorVersion == 0 ? 4 : minorVersion == 1 ? 8 : 15
    #elseif MINIM_OPERATIONS_1_3
      minorVersion == 0 ? 4 : minorVersion == 1 ? 8 : minorVersion == 2 ? 15 : 19
    #else
      minorVersion == 0
        ? 4 : minorVersion == 1 ? 8 : minorVersion == 2 ? 15 : minorVersion == 3 ? 19 : 23
    #endif
  }

  /// The highest code that this reader knows.
  static var highest: Int {
    #if MINIM_OPERATIONS_1_0
      4
    #elseif MINIM_OPERATIONS_1_1
      8
    #elseif MINIM_OPERATIONS_1_2
      15
    #elseif MINIM_OPERATIONS_1_3
      19
    #elseif MINIM_OPERATIONS_1_4
      23
    #else
      29
    #endif
  }

  /// Whether it is a convolution.
  @inline(__always)
  var isConvolution: Bool {
    #if MINIM_OPERATIONS_1_0
      false
    #else
      self == .convolution
    #endif
  }

  /// Whether its state begins with a whole number.
  @inline(__always)
  var keepsCount: Bool {
    #if MINIM_OPERATIONS_1_0
      false
    #elseif MINIM_OPERATIONS_1_1
      self == .convolution || self == .mean
    #elseif MINIM_OPERATIONS_1_4
      self == .convolution || self == .mean || self == .window
    #else
      self == .convolution || self == .mean || self == .window || self == .signatures
    #endif
  }

  /// Whether its parameter means something.
  @inline(__always)
  var hasParameter: Bool {
    #if MINIM_OPERATIONS_1_0
      false
    #elseif MINIM_OPERATIONS_1_1
      self == .convolution || self == .join || self == .add
    #elseif MINIM_OPERATIONS_1_2
      self == .convolution || self == .join || self == .add || self == .window || self == .error
        || self == .generate || self == .recall
    #elseif MINIM_OPERATIONS_1_3
      self == .convolution || self == .join || self == .add || self == .window || self == .error
        || self == .generate || self == .recall || self == .embed || self == .layer
        || self == .attend
    #elseif MINIM_OPERATIONS_1_4
      self == .convolution || self == .join || self == .add || self == .window || self == .error
        || self == .generate || self == .recall || self == .embed || self == .layer
        || self == .attend || self == .series || self == .forecast
    #else
      self == .convolution || self == .join || self == .add || self == .window || self == .error
        || self == .generate || self == .recall || self == .embed || self == .layer
        || self == .attend || self == .series || self == .forecast || self == .signatures
        || self == .accumulate || self == .image || self == .imageLSTM || self == .deviations
    #endif
  }

  /// Whether it keeps state between steps, so that it can only be among the operations of a step.
  @inline(__always)
  var keepsState: Bool {
    #if MINIM_OPERATIONS_1_4
      self == .recurrent || keepsCount
    #else
      self == .recurrent || self == .remember || keepsCount
    #endif
  }
}
