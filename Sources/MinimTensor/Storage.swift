// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// A 64-byte aligned block of scalars from the kernels' pool; it returns there when the last tensor
/// lets go.
final class Storage<Scalar: TensorScalar>: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Scalar>

  /// A block of `count` scalars whose contents are undefined.
  init(count: Int) {
    self.count = count
    let bytes = count * MemoryLayout<Scalar>.stride
    pointer = minim_allocate(bytes).bindMemory(to: Scalar.self, capacity: count)
  }

  /// A block with the same contents.
  func copy() -> Storage {
    let other = Storage(count: count)
    other.pointer.update(from: pointer, count: count)
    return other
  }

  deinit { minim_release(pointer, count * MemoryLayout<Scalar>.stride) }
}

/// Bytes that tensors have asked of the system so far: live blocks and those kept for reuse.
public func tensorMemoryInBytes() -> Int { Int(minim_pool_bytes()) }
