// SPDX-License-Identifier: Apache-2.0
internal import CBLAS

/// Done once before the first call of BLAS: it must not start threads of its own, for the pool
/// splits the work.
let blasReady: Bool = {
  minim_blas_use_one_thread()
  return true
}()
