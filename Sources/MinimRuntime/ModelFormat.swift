// SPDX-License-Identifier: Apache-2.0

/// The numbers of model file format 1 (`Documentation/model-file.md`).
public enum ModelFormat {
  /// The first eight bytes, 89 4D 4E 4D 0D 0A 1A 0A, read as a little-endian number.
  public static let magic: UInt64 = 0x0A1A_0A0D_4D4E_4D89
  /// The version that this reader knows; it also reads higher minor versions.
  public static let majorVersion = 1
  /// The highest minor version that this reader knows; a file is written in the lowest that holds it.
  public static let minorVersion = 3
  /// Bytes of the header before the section table.
  public static let headerBytes = 64
  /// Bytes of an entry of the section table, of a tensor descriptor and of an operation.
  public static let recordBytes = 16
  /// Stands for "no tensor" in an operation.
  public static let noTensor = 0xFFFF
  /// Files, and memory that a model asks for, are refused above this size unless told otherwise.
  public static let defaultLimit = 64 << 20
  /// The largest number of sections.
  public static let maximumSections = 64
  /// The largest number of tensors.
  public static let maximumTensors = 4096
  /// The largest number of values.
  public static let maximumValues = 1024
  /// The largest number of operations.
  public static let maximumOperations = 256
  /// The largest number of channels.
  public static let maximumChannels = 4096
  /// The largest number of rows, columns, elements of a value or steps of a window.
  public static let maximumDimension = 1 << 24
  /// The largest number of columns of an int8 tensor: 2^17 products of -128 and ±127 stay below
  /// 2^31.
  public static let maximumByteColumns = 1 << 17
  /// The largest number of steps that a convolution looks at.
  public static let maximumTaps = 256
  /// The largest distance between two steps that a convolution looks at.
  public static let maximumDilation = 4096
  /// The largest window, and the most times that an operation is repeated.
  public static let maximumRepeats = 4096
  #if !MINIM_OPERATIONS_1_2
    /// The most numbers of a row that operations on rows read, write or work in.
    public static let maximumRowWidth = 65_536
  #endif
  /// The largest number of linear maps of a generation.
  public static let maximumMaps = 16
  /// The largest PROVENANCE section.
  public static let maximumProvenance = 64 << 10
  /// The largest number of SELFTEST vectors.
  public static let maximumSelfTests = 4
}

/// The sections of a model file, in the order in which they stand.
public enum SectionType: UInt16, CaseIterable, Sendable {
  case graph = 1
  case tensors
  case weights
  case preprocessing
  case decision
  case provenance
  case selfTest

  /// The name as the documentation writes it.
  public var name: StaticString {
    switch self {
    case .graph: "GRAPH"
    case .tensors: "TENSORS"
    case .weights: "WEIGHTS"
    case .preprocessing: "PREPROCESSING"
    case .decision: "DECISION"
    case .provenance: "PROVENANCE"
    case .selfTest: "SELFTEST"
    }
  }
}

/// How the numbers of a tensor are stored.
///
/// Code 4 (two bits) is taken by the format and refused by this reader as a feature it does not know.
public enum TensorType: UInt8, CaseIterable, Sendable {
  /// IEEE binary32.
  case float32 = 0
  /// IEEE binary16.
  case float16 = 1
  /// An input scale, a scale for each row, and one signed byte an element.
  case int8 = 2
  #if !MINIM_OPERATIONS_1_2
    /// A mask, signs and one magnitude; since minor version 3.
    case oneBit = 3
  #endif

  /// The bit of the header's required features that stands for this type; 0 for float32.
  public var featureBit: UInt32 {
    self == .float32 ? 0 : 1 << (UInt32(rawValue) - 1)
  }

  /// The highest code that this reader knows.
  static var highest: Int {
    #if MINIM_OPERATIONS_1_2
      2
    #else
      3
    #endif
  }

  /// The bits of the types that this reader knows in a minor version of the format.
  static func featureBits(minorVersion: Int) -> UInt32 {
    #if MINIM_OPERATIONS_1_2
      3
    #else
      minorVersion < 3 ? 3 : 7
    #endif
  }

  /// Whether it is float32 or float16, as that of a vector must be.
  @inline(__always)
  var isFloat: Bool { rawValue < 2 }
}

/// What an operation does.
///
/// Compiled with MINIM_OPERATIONS_1_2, a reader knows no one-bit tensors; with MINIM_OPERATIONS_1_1 as well
/// only the operations of minor versions 0 and 1, and with MINIM_OPERATIONS_1_0 too only those of 0: for
/// devices whose model needs no more.
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
    #else
      minorVersion == 0 ? 4 : minorVersion == 1 ? 8 : 15
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
    #else
      19
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
    #else
      self == .convolution || self == .mean || self == .window
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
    #else
      self == .convolution || self == .join || self == .add || self == .window || self == .error
        || self == .generate || self == .recall || self == .embed || self == .layer
        || self == .attend
    #endif
  }

  /// Whether it keeps state between steps, so that it can only be among the operations of a step.
  @inline(__always)
  var keepsState: Bool { self == .recurrent || keepsCount }
}

/// The variants of `OperationCode.recurrent`; formulas as in the documentation, section GRAPH.
public enum RecurrentVariant: UInt8, Sendable {
  case rnn = 0
  case lstm = 1
  case gru = 2
  #if !MINIM_OPERATIONS_1_0
    /// The minimal gated unit, with its gate applied after the product, as in PyTorch's GRU.
    case mgu = 3
  #endif

  /// Rows of W and U for one unit.
  public var gateCount: Int {
    switch self {
    case .rnn: 1
    case .lstm: 4
    case .gru: 3
    #if !MINIM_OPERATIONS_1_0
      case .mgu: 2
    #endif
    }
  }

  /// Whether U's part of the candidate has a bias of its own, tensor c.
  var hasCandidateBias: Bool { self != .rnn && self != .lstm }
}

/// The variants of `OperationCode.convolution`.
public enum ConvolutionVariant: UInt8, Sendable {
  /// Every output reads all inputs: W is (outputs, taps · inputs), column s · inputs + c for tap s.
  case full = 0
  /// Every output reads the input of its own number: W is (channels, taps).
  case depthwise = 1
}

/// The variants of `OperationCode.activation`.
public enum ActivationVariant: UInt8, Sendable {
  case relu = 0
  case sigmoid = 1
  case tanh = 2
}

/// When a model gives a result.
public enum PreprocessingMode: UInt8, Sendable {
  /// Each sample advances the recurrent state, which is carried on for ever.
  case stream = 0
  /// The last samples are kept, and each result is computed over all of them from a zero state.
  case window = 1
}

/// How samples are brought to the scale that the model was trained at.
public enum Normalisation: UInt8, Sendable {
  /// Not at all.
  case none = 0
  /// (x - mean) / deviation, with two fixed numbers for each channel.
  case scaler = 1
  /// Each channel of each window to mean 0 and population standard deviation 1.
  case window = 2
}

/// What the output means.
public enum DecisionKind: UInt8, Sendable {
  /// Nothing is decided.
  case none = 0
  /// The largest output, the first of equals, names the class.
  case classes = 1
  /// The one output is a score; above the threshold it is an anomaly.
  case threshold = 2
  #if !MINIM_OPERATIONS_1_1
    /// The one output is a score, of which a `DetectorSession` makes alarms.
    case alarm = 3
  #endif
}
