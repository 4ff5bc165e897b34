// SPDX-License-Identifier: Apache-2.0
import MinimTensor

extension OperationCases {
  static func addAttention(to rows: inout [String: Row]) {
    func add(_ name: String, heads: Int, mask: Tensor<S>? = nil, scale: S? = nil) {
      rows["attention" + name] = {
        [
          Tensor.attention(
            query: $0[0], key: $0[1], value: $0[2], heads: heads, mask: mask, scale: scale)
        ]
      }
    }
    for heads in [1, 2, 4] { add("\(heads)", heads: heads) }
    for name in ["Wide", "One", "Empty", "Nothing"] { add(name, heads: 2) }
    add("Long", heads: 2, mask: mask([100, 7], hidden: [2, 98]))
    add("Scale", heads: 2, scale: 0.75)
    add("Mask", heads: 2, mask: mask([4, 5]))
    add("MaskEach", heads: 3, mask: mask([2, 4, 5], hidden: [1, 6]))
    let square = mask([5, 5], hidden: [3])
    rows["attentionPacked"] = { [Tensor.attention(queryKeyValue: $0[0], heads: 2, mask: square)] }
  }

  /// The masks of Tools/golden/operations.py: -infinity where 3i + j is a multiple of 4, and in whole
  /// rows, of all rows counted together; else (i + 2j) / 8 - 1.
  private static func mask(_ shape: [Int], hidden: [Int] = []) -> Tensor<S> {
    let keys = shape[shape.count - 1]
    let rows = shape.dropLast().reduce(1, *)
    let numbers = (0..<(rows * keys)).map { index -> S in
      let i = index / keys, j = index % keys
      return (3 * i + j) % 4 == 0 || hidden.contains(i) ? -.infinity : S(i + 2 * j) / 8 - 1
    }
    return Tensor(numbers, shape: shape)
  }
}
