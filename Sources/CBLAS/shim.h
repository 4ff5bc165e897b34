// SPDX-License-Identifier: Apache-2.0
// One door to the system's BLAS: OpenBLAS on Linux, Accelerate on macOS.
#pragma once
#if defined(__APPLE__)
#include <Accelerate/Accelerate.h>
static inline void minim_blas_use_one_thread(void) {}
#else
#include <cblas.h>
static inline void minim_blas_use_one_thread(void) { openblas_set_num_threads(1); }
#endif
