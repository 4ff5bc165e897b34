// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// The number of threads that large operations share.
///
/// Results do not depend on it.
///
/// It starts as the environment's `MINIM_THREADS`, or else the number of processors; at most 64.
public var threadCount: Int {
  get { Int(minim_thread_count()) }
  set { minim_set_thread_count(Int32(clamping: newValue)) }
}

/// The level of the kernels in use: "generic", "neon", "avx2" or "avx512".
public var kernelLevel: String { String(cString: minim_level_name()) }

/// Chooses the kernels' level by name, for this thread and its work on the pool; false where this processor lacks it.
///
/// For tests and benchmarks.
package func useKernelLevel(_ name: String) -> Bool { minim_use_level(name) == 0 }

/// Calls `body` for 0 ..< count on the pool of threads, in any order.
///
/// What an index computes must not depend on the others: then the result is the same for any number
/// of threads.
func parallel(_ count: Int, _ body: (Int) -> Void) {
  withoutActuallyEscaping(body) { escaping in
    var context = ParallelContext(body: escaping)
    withUnsafeMutablePointer(to: &context) { pointer in
      minim_parallel(
        count,
        { raw, index in
          raw?.assumingMemoryBound(to: ParallelContext.self).pointee.body(index)
        }, pointer)
    }
  }
}

private struct ParallelContext {
  let body: (Int) -> Void
}
