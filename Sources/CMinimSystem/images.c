// SPDX-License-Identifier: Apache-2.0
#include "minim_images.h"

#include <string.h>

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

/// As `tanhOf`.
static inline float tanh_of(float x) {
  const float limit = 7.90531f;
  float a = x < limit ? x : limit;
  float c = x > -limit ? a : -limit;
  float z = c * c;
  float p = 2.4073949431148158e-11f * z - 1.4895797484371087e-08f;
  p = p * z + 9.93609046417987e-06f;
  p = p * z + 0.002991780173033476f;
  p = p * z + 0.1298462152481079f;
  p = p * z + 1;
  float q = 0.00023804181546438485f * z + 0.024051817134022713f;
  q = q * z + 0.4631793797016144f;
  q = q * z + 1;
  return c * p / q;
}

static inline float sigmoid_of(float x) { return 0.5f + 0.5f * tanh_of(0.5f * x); }

/// As `seluOf`.
static inline float selu_of(float x) {
  float negative = x < 0 ? x : 0;
  float clamped = x > -87 ? negative : -87;
  float shifted = clamped * 1.44269504f + 12582912;
  float n = shifted - 12582912;
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 0.0013836845755577087f;
  p = p * r + 0.008374815806746483f;
  p = p * r + 0.04166822507977486f;
  p = p * r + 0.16666419804096222f;
  p = p * r + 0.49999991059303284f;
  p = p * r + 1;
  p = p * r;
  uint32_t bits;
  memcpy(&bits, &shifted, 4);
  bits = 0x3F800000 + (bits << 23);
  float power;
  memcpy(&power, &bits, 4);
  float lower = 1.7580993f * (power * p + (power - 1));
  return x > 0 ? 1.050701f * x : lower;
}

#define CELL(NAME)                                                                                 \
  static void NAME(const float *restrict gates, float *restrict c, size_t lanes,                   \
                   float *restrict h) {                                                            \
    _Pragma("clang loop vectorize_width(16)") for (size_t t = 0; t < lanes; t++) {                 \
      float kept = sigmoid_of(gates[lanes + t]) * c[t];                                            \
      float taken = sigmoid_of(gates[t]) * tanh_of(gates[2 * lanes + t]);                          \
      c[t] = kept + taken;                                                                         \
      h[t] = sigmoid_of(gates[3 * lanes + t]) * tanh_of(c[t]);                                     \
    }                                                                                              \
  }

#define SELU(NAME)                                                                                 \
  static void NAME(float *x, size_t count) {                                                       \
    _Pragma("clang loop vectorize_width(16)") for (size_t i = 0; i < count; i++)                   \
        x[i] = selu_of(x[i]);                                                                      \
  }

CELL(cell_plain)
SELU(selu_plain)
#if defined(__x86_64__)
__attribute__((target("avx2"))) CELL(cell_avx2)
__attribute__((target("avx2"))) SELU(selu_avx2)
__attribute__((target("avx512f"))) CELL(cell_avx512)
__attribute__((target("avx512f"))) SELU(selu_avx512)
#endif

void minim_update_cell(const float *gates, float *c, size_t lanes, float *h) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return cell_avx512(gates, c, lanes, h);
  if (__builtin_cpu_supports("avx2")) return cell_avx2(gates, c, lanes, h);
#endif
  cell_plain(gates, c, lanes, h);
}

void minim_selu(float *x, size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return selu_avx512(x, count);
  if (__builtin_cpu_supports("avx2")) return selu_avx2(x, count);
#endif
  selu_plain(x, count);
}
