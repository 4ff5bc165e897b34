// SPDX-License-Identifier: Apache-2.0
// The product that the machine's peak is taken from: OpenBLAS on Linux, Accelerate on macOS.
#pragma once
#if defined(__APPLE__)
#include <Accelerate/Accelerate.h>
static inline void benchmark_blas_threads(int count) { (void)count; }
static inline const char *benchmark_blas_name(void) { return "Accelerate"; }
#else
#include <cblas.h>
static inline void benchmark_blas_threads(int count) { openblas_set_num_threads(count); }
static inline const char *benchmark_blas_name(void) { return openblas_get_config(); }
#endif
