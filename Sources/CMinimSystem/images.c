// SPDX-License-Identifier: Apache-2.0
#include "minim_images.h"

#pragma STDC FP_CONTRACT OFF

#define EACH(I, COUNT) _Pragma("clang loop unroll(full)") for (int I = 0; I < COUNT; I++)

typedef float lanes16 __attribute__((vector_size(64), aligned(4)));

/// R rows and V vectors of 16 lanes, whose sums stay in registers over all terms.
#define TILE(R, V)                                                                                 \
  for (; lane + 16 * V <= lanes; lane += 16 * V) {                                                 \
    lanes16 sums[R][V];                                                                            \
    EACH(r, R) EACH(v, V) sums[r][v] =                                                             \
        scales ? (lanes16){0} : ((const lanes16 *)(y + r * lanes + lane))[v];                      \
    for (size_t j = 0; j < count; j++) {                                                           \
      const lanes16 *numbers = (const lanes16 *)(x + offsets[j] + lane);                           \
      EACH(r, R) EACH(v, V) sums[r][v] = sums[r][v] + w[j * stride + r] * numbers[v];              \
    }                                                                                              \
    EACH(r, R) EACH(v, V) {                                                                        \
      lanes16 *to = (lanes16 *)(y + r * lanes + lane) + v;                                         \
      *to = scales ? *to + sums[r][v] * scales[r] : sums[r][v];                                    \
    }                                                                                              \
  }

#define SHIFTED(NAME, R, V)                                                                        \
  static void NAME(const float *w, size_t stride, const uint32_t *offsets, size_t count,           \
                   const float *x, size_t lanes, const float *scales, float *y) {                  \
    size_t lane = 0;                                                                               \
    TILE(R, V)                                                                                     \
    TILE(R, 1)                                                                                     \
  }

typedef void shifted(const float *, size_t, const uint32_t *, size_t, const float *, size_t,
                     const float *, float *);
SHIFTED(four_plain, 2, 1)
SHIFTED(one_plain, 1, 2)
#if defined(__x86_64__)
__attribute__((target("avx2"))) SHIFTED(four_avx2, 4, 1)
__attribute__((target("avx2"))) SHIFTED(one_avx2, 1, 4)
__attribute__((target("avx512f"))) SHIFTED(four_avx512, 4, 4)
__attribute__((target("avx512f"))) SHIFTED(one_avx512, 1, 8)
#endif

void minim_shifted_sums(const float *w, size_t rows, const uint32_t *offsets, size_t count,
                        const float *x, size_t lanes, const float *scales, float *y) {
  shifted *some = four_plain, *one = one_plain;
  size_t wide = 2;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    some = four_avx512;
    one = one_avx512;
    wide = 4;
  } else if (__builtin_cpu_supports("avx2")) {
    some = four_avx2;
    one = one_avx2;
    wide = 4;
  }
#endif
  size_t row = 0;
  for (; row + wide <= rows; row += wide)
    some(w + row, rows, offsets, count, x, lanes, scales ? scales + row : 0, y + row * lanes);
  for (; row < rows; row++)
    one(w + row, rows, offsets, count, x, lanes, scales ? scales + row : 0, y + row * lanes);
}
