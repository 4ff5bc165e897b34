// SPDX-License-Identifier: Apache-2.0

#if !MINIM_OPERATIONS_1_2
  // A one-bit matrix is W = alpha · sign · mask. The three bytes after its type in TENSORS are alpha float16 |
  // flags u8: bit 0 signs stand in the block, bit 1 the mask is coded. Its block: seed u32 unless signs stand in
  // the block | the mask, row by row, lowest bit first, zeros up to a multiple of 4 bytes | the signs of what is
  // kept, if any, likewise. A coded mask is bytes of the stream u32 | weights kept u32 | the stream, padded.
  extension Matrix {
    /// What a kept weight of a one-bit matrix is, but for its sign; finite and above 0.
    @inline(__always)
    public var alpha: Float { floatFromHalf(UInt16(truncatingIfNeeded: head >> 8)) }

    /// Whether the signs stand in the block, a bit for each weight kept; else they come from the seed.
    @inline(__always)
    public var hasExplicitSigns: Bool { head >> 24 & 1 != 0 }

    /// Whether the mask is coded.
    @inline(__always)
    public var hasCodedMask: Bool { head >> 24 & 2 != 0 }

    /// What `signWord` makes the signs of.
    @inline(__always)
    package var seed: UInt32 { data.load(as: UInt32.self) }

    /// The first byte of the mask in the block, coded or plain.
    @inline(__always)
    var maskData: UnsafeRawPointer { hasExplicitSigns ? data : data + 4 }

    /// The 32-bit words of the mask as bits.
    @inline(__always)
    var maskWords: Int { (rows &* columns &+ 31) >> 5 }

    /// The mask as bits: as it lies in the file, or where a session has decoded it.
    @inline(__always)
    package var maskBits: UnsafePointer<UInt32> {
      mask ?? maskData.assumingMemoryBound(to: UInt32.self)
    }

    /// The explicit signs, after the mask in the block.
    var signBits: UnsafePointer<UInt32> {
      let words =
        hasCodedMask
        ? 2 &+ Int(truncatingIfNeeded: maskData.load(as: UInt32.self) &+ 3) >> 2 : maskWords
      return maskData.assumingMemoryBound(to: UInt32.self) + words
    }
  }

  /// The signs of the elements 64 k to 64 k + 63 of a one-bit matrix, lowest bit first; 1 is negative.
  ///
  /// The output function of SplitMix64 (Steele, Lea and Flood, 2014) on 2^32 seed + k + its constant.
  @inline(__always)
  package func signWord(seed: UInt32, _ k: UInt32) -> UInt64 {
    var z = (UInt64(seed) << 32 | UInt64(k)) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// Goes through the elements of a one-bit matrix, row by row, a word of the processor at a time.
  struct OneBitWalk {
    /// The masks of the next elements, the first in the lowest bit.
    private(set) var kept: UInt = 0
    /// The signs of the same.
    private(set) var negative: UInt = 0
    /// The elements in them, 0 to the bits of a word.
    private var left = 0
    private let mask: UnsafePointer<UInt32>
    private let words: Int
    private let signs: UnsafePointer<UInt32>?
    private let seed: UInt32
    /// The next 32-bit word of the mask.
    private var word = 0
    /// The signs of the seed that have not been used.
    private var seeded: UInt64 = 0
    /// The weights kept so far, where signs are explicit.
    private var rank = 0

    /// Begins with an element.
    @inline(__always)
    init(_ matrix: Matrix, from first: Int = 0) {
      mask = matrix.maskBits
      words = matrix.maskWords
      signs = matrix.hasExplicitSigns ? matrix.signBits : nil
      seed = matrix.hasExplicitSigns ? 0 : matrix.seed
      if first > 0 { skip(first) }
    }

    /// Goes on from so many elements behind the first, of which there is one.
    @inline(never)
    private mutating func skip(_ first: Int) {
      var passed = 0
      load()
      while passed &+ UInt.bitWidth <= first {
        load()
        passed &+= UInt.bitWidth
      }
      drop(first &- passed)
    }

    /// Makes the next elements ready, at least one and at most `most`, and returns how many; the bits of `kept`
    /// above them are those of elements that follow.
    @inline(__always)
    mutating func ready(_ most: Int) -> Int {
      if left == 0 { load() }
      return left < most ? left : most
    }

    /// Goes on behind so many elements that were ready.
    @inline(__always)
    mutating func drop(_ count: Int) {
      kept = kept >> UInt(truncatingIfNeeded: count)
      negative = negative >> UInt(truncatingIfNeeded: count)
      left &-= count
    }

    @inline(__always)
    private mutating func load() {
      kept = UInt(mask[word])
      #if _pointerBitWidth(_64)
        if word &+ 1 < words { kept |= UInt(mask[word &+ 1]) << 32 }
      #endif
      if let signs {
        spread(signs)
      } else {
        if word & 1 == 0 {
          seeded = signWord(seed: seed, UInt32(truncatingIfNeeded: word >> 1))
        }
        negative = UInt(truncatingIfNeeded: seeded)
        seeded = seeded >> 32
      }
      left = UInt.bitWidth
      word &+= UInt.bitWidth / 32
    }

    /// Brings a sign for each weight kept to the place of its weight.
    @inline(never)
    private mutating func spread(_ signs: UnsafePointer<UInt32>) {
      var rest = kept
      negative = 0
      while rest != 0 {
        let lowest = rest & (0 &- rest)
        if signs[rank >> 5] >> UInt32(truncatingIfNeeded: rank & 31) & 1 != 0 { negative |= lowest }
        rank &+= 1
        rest ^= lowest
      }
    }

    /// Σ ±x[c · stride] over the weights kept of the next `columns` elements, from 0, c ascending.
    @inline(__always)
    mutating func sum(_ x: UnsafePointer<Float>, columns: Int, stride: Int) -> Float {
      var sum: Float = 0, column = 0
      while column < columns {
        let count = ready(columns &- column)
        // What lies above this row is pushed out.
        var rest = kept &<< UInt(truncatingIfNeeded: UInt.bitWidth &- count)
        rest = rest &>> UInt(truncatingIfNeeded: UInt.bitWidth &- count)
        let signs = negative, inputs = x + column &* stride
        while rest != 0 {
          let bit = rest.trailingZeroBitCount
          let sign = UInt32(truncatingIfNeeded: signs &>> UInt(truncatingIfNeeded: bit)) << 31
          sum = sum + Float(bitPattern: inputs[bit &* stride].bitPattern ^ sign)
          rest &= rest &- 1
        }
        drop(count)
        column &+= count
      }
      return sum
    }
  }

  extension PlainKernels {
    /// `accumulate` of a one-bit matrix: out[r] += alpha · sum, the sum from 0 in order of columns.
    static func accumulateOneBit(
      _ matrix: Matrix, _ rows: Range<Int>, _ x: UnsafePointer<Float>,
      into out: UnsafeMutablePointer<Float>
    ) {
      var walk = OneBitWalk(matrix, from: rows.lowerBound &* matrix.columns)
      var row = rows.lowerBound
      let alpha = matrix.alpha
      while row < rows.upperBound {
        out[row] = out[row] + alpha * walk.sum(x, columns: matrix.columns, stride: 1)
        row &+= 1
      }
    }

    /// `accumulateDepthwise` of a one-bit matrix, likewise.
    static func accumulateOneBitDepthwise(
      _ matrix: Matrix, _ x: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>
    ) {
      var walk = OneBitWalk(matrix), row = 0
      let alpha = matrix.alpha
      while row < matrix.rows {
        out[row] =
          out[row] + alpha * walk.sum(x + row, columns: matrix.columns, stride: matrix.rows)
        row &+= 1
      }
    }
  }
#endif
