// SPDX-License-Identifier: Apache-2.0
// The level every processor has: what the compiler makes for the base target (SSE2 on x86-64, NEON
// on arm64).
#define LEVEL generic
#if defined(__aarch64__)
#define ROWS_F32 6
#define ROWS_F64 2
#define HALF_ROWS_F32 2
#define HALF_ROWS_F64 1
#define LANE_ROWS_F32 4
#define LANE_ROWS_F64 2
#else
#define ROWS_F32 2
#define ROWS_F64 1
#define HALF_ROWS_F32 1
#define HALF_ROWS_F64 1
#define LANE_ROWS_F32 2
#define LANE_ROWS_F64 1
#endif
#define WIDE 1
#include "level.inc"
