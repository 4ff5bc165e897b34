// SPDX-License-Identifier: Apache-2.0

/// The numbers of model file format 1 (`Documentation/model-file.md`).
public enum ModelFormat {
  /// The first eight bytes, 89 4D 4E 4D 0D 0A 1A 0A, read as a little-endian number.
  public static let magic: UInt64 = 0x0A1A_0A0D_4D4E_4D89
  /// The version that this reader knows; it also reads higher minor versions.
  public static let majorVersion = 1
  /// The highest minor version that this reader knows; a file is written in the lowest that holds it.
  public static let minorVersion = 5
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
  #if !MINIM_OPERATIONS_1_3
    /// The most levels of intervals around forecasts.
    public static let maximumIntervalLevels = 8
  #endif
  #if !MINIM_OPERATIONS_1_4
    /// The least rows that signature matrices span; the most are those of a window.
    public static let minimumSpan = 10
    /// The most places along an axis of an image, and the most channels of signature matrices.
    public static let maximumExtent = 256
    /// The most steps of a convolutional LSTM.
    public static let maximumImageSteps = 64
  #endif
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
  #if !MINIM_OPERATIONS_1_3
    /// Since minor version 4; 8 is kept for a signature.
    case intervals = 9
  #endif

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
    #if !MINIM_OPERATIONS_1_3
      case .intervals: "INTERVALS"
    #endif
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
