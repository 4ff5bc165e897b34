// SPDX-License-Identifier: Apache-2.0
// The level of processors with AVX2 and FMA (Intel since 2013, AMD since 2015).
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LEVEL avx2
#define ROWS_F32 6
#define ROWS_F64 2
#define HALF_ROWS_F32 2
#define HALF_ROWS_F64 1
#define WIDE 1
#define LANE_ROWS_F32 4
#define LANE_ROWS_F64 2
#include "level.inc"
#pragma clang attribute pop
#else
typedef int minim_no_avx2;
#endif
