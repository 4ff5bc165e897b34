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

/// The values of `body` at 0 ..< count, found on the pool of threads; in order.
///
/// For work on parts that do not meet, such as the shares of a batch whose input is optimised: each
/// part keeps to one thread and its cache, where one operation after the other would be shared out.
/// Operations inside `body` run on its thread alone. Cut the work by its size, never by
/// `threadCount`, and the result has the same bits for any number of threads.
public func parallelMap<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) -> Value
) -> [Value] {
  [Value](unsafeUninitializedCapacity: count) { values, initialised in
    if let first = values.baseAddress {
      parallel(count) { (first + $0).initialize(to: body($0)) }
    }
    initialised = count
  }
}

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
