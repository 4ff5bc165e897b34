// SPDX-License-Identifier: Apache-2.0
// The level of processors with AVX-512 (F, DQ, BW, VL).
#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl"))), apply_to = function)
#define LEVEL avx512
#define ROWS_F32 12
#define ROWS_F64 6
#define HALF_ROWS_F32 4
#define HALF_ROWS_F64 2
#define WIDE 2
#define LANE_ROWS_F32 8
#define LANE_ROWS_F64 4
#include "level.inc"
#pragma clang attribute pop
#else
typedef int minim_no_avx512;
#endif
