// SPDX-License-Identifier: Apache-2.0
#include "minim_signs.h"

#pragma STDC FP_CONTRACT OFF

typedef float lanes16 __attribute__((vector_size(64), aligned(4)));
typedef uint32_t bits16 __attribute__((vector_size(64), aligned(4)));

/// A sum and the numbers x or -x, rounded once: by an exact product with 1 or -1 where a processor adds to it in one step.
#define BY_SIGN(SUM, X, SIGN) (SUM + (lanes16)((bits16)(X) ^ (SIGN)))
#define BY_PRODUCT(SUM, X, SIGN)                                                                   \
  __builtin_elementwise_fma(X, (lanes16)((bits16){0} + ((SIGN) | 0x3F800000)), SUM)

/// N vectors of 16 lanes at once: their sums stay in registers.
#define SUMS(N, ADD)                                                                               \
  {                                                                                                \
    lanes16 sums[N] = {0};                                                                         \
    for (size_t i = 0; i < count; i++) {                                                           \
      const lanes16 *place = (const lanes16 *)(x + (terms[i] & 0x7FFFFFFF));                       \
      uint32_t sign = terms[i] & 0x80000000;                                                       \
      _Pragma("clang loop unroll(full)") for (int n = 0; n < N; n++) sums[n] =                     \
          ADD(sums[n], place[n], sign);                                                            \
    }                                                                                              \
    _Pragma("clang loop unroll(full)") for (int n = 0; n < N; n++) {                               \
      lanes16 scaled = sums[n] * alpha;                                                            \
      lanes16 whole = scaled + bias;                                                               \
      if (relu) whole = (lanes16)((bits16)whole & (bits16)(whole > 0));                            \
      ((lanes16 *)y)[n] = whole;                                                                   \
    }                                                                                              \
    x += 16 * N, y += 16 * N, lanes -= 16 * N;                                                     \
  }

#define BODY(WIDE, ADD)                                                                            \
  {                                                                                                \
    while (lanes >= 16 * WIDE) SUMS(WIDE, ADD)                                                     \
    while (WIDE > 4 && lanes >= 64) SUMS(4, ADD)                                                   \
    while (lanes >= 32) SUMS(2, ADD)                                                               \
    if (lanes >= 16) SUMS(1, ADD)                                                                  \
  }

typedef void sums_function(const uint32_t *, size_t, const float *, size_t, float, float, int,
                           float *);

#define FUNCTION(NAME, WIDE, ADD)                                                                  \
  static void NAME(const uint32_t *terms, size_t count, const float *x, size_t lanes, float alpha, \
                   float bias, int relu, float *y) BODY(WIDE, ADD)

FUNCTION(sums_plain, 2, BY_SIGN)
#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) FUNCTION(sums_avx2, 4, BY_PRODUCT)
__attribute__((target("avx512f"))) FUNCTION(sums_avx512, 8, BY_PRODUCT)
#endif

static sums_function *chosen(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return sums_avx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return sums_avx2;
#endif
  return sums_plain;
}

void minim_signed_sums(const uint32_t *terms, size_t count, const float *x, size_t lanes,
                       float alpha, float bias, int relu, float *y) {
  static sums_function *function;
  sums_function *own = __atomic_load_n(&function, __ATOMIC_RELAXED);
  if (!own) __atomic_store_n(&function, own = chosen(), __ATOMIC_RELAXED);
  own(terms, count, x, lanes, alpha, bias, relu, y);
}
