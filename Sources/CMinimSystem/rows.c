// SPDX-License-Identifier: Apache-2.0
#include "minim_rows.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define EACH(I, COUNT) _Pragma("clang loop unroll(full)") for (int I = 0; I < COUNT; I++)

typedef float lanes16 __attribute__((vector_size(64), aligned(4)));

/// N columns, one after the other, of V vectors of 16 rows at a time: the sums are read and written once for all columns.
#define BLOCK(N, V)                                                                                \
  for (; row + 16 * V <= rows; row += 16 * V) {                                                    \
    lanes16 weights[N][V];                                                                         \
    EACH(n, N) EACH(v, V) weights[n][v] = ((const lanes16 *)(w + n * rows + row))[v];              \
    for (size_t k = 0; k < cases; k++) {                                                           \
      lanes16 *sums = (lanes16 *)(y + k * rows + row), own[V];                                     \
      EACH(v, V) own[v] = sums[v];                                                                 \
      EACH(n, N) EACH(v, V) own[v] = own[v] + weights[n][v] * x[k * columns + column + n];         \
      EACH(v, V) sums[v] = own[v];                                                                 \
    }                                                                                              \
  }

#define COLUMNS(N, V)                                                                              \
  for (; column + N <= columns; column += N, w += N * rows) {                                      \
    size_t row = 0;                                                                                \
    BLOCK(N, V)                                                                                    \
    BLOCK(N, 1)                                                                                    \
    for (; row < rows; row++)                                                                      \
      for (size_t k = 0; k < cases; k++) {                                                         \
        float sum = y[k * rows + row];                                                             \
        for (int n = 0; n < N; n++) {                                                              \
          float product = w[n * rows + row] * x[k * columns + column + n];                         \
          sum = sum + product;                                                                     \
        }                                                                                          \
        y[k * rows + row] = sum;                                                                   \
      }                                                                                            \
  }

#define FLOATS(NAME, N, V)                                                                         \
  static void NAME(const float *w, size_t rows, size_t columns, const float *x, size_t cases,      \
                   float *y) {                                                                     \
    size_t column = 0;                                                                             \
    COLUMNS(N, V)                                                                                  \
    COLUMNS(1, 1)                                                                                  \
  }

typedef void floats_function(const float *, size_t, size_t, const float *, size_t, float *);
FLOATS(floats_plain, 2, 1)

#define BYTES(NAME, PAIR)                                                                          \
  static void NAME(const int8_t *w, size_t rows, size_t columns, const int8_t *x, int32_t *sums) { \
    memset(sums, 0, rows * sizeof *sums);                                                          \
    size_t column = 0;                                                                             \
    for (; column + 2 <= columns; column += 2) {                                                   \
      const int8_t *first = w + column * rows, *second = first + rows;                             \
      size_t row = 0;                                                                              \
      PAIR                                                                                         \
      for (; row < rows; row++) sums[row] += first[row] * x[column] + second[row] * x[column + 1]; \
    }                                                                                              \
    for (size_t row = 0; column < columns && row < rows; row++)                                    \
      sums[row] += w[column * rows + row] * x[column];                                             \
  }

typedef void bytes_function(const int8_t *, size_t, size_t, const int8_t *, int32_t *);
BYTES(bytes_plain, )

#if defined(__x86_64__)
__attribute__((target("avx2"))) FLOATS(floats_avx2, 4, 1)
__attribute__((target("avx512f"))) FLOATS(floats_avx512, 8, 2)

/// Two columns of 16 rows: bytes side by side, widened, multiplied and added in pairs.
#define PAIR                                                                                       \
  __m256i both = _mm256_set1_epi32((uint16_t)x[column] | (uint32_t)(uint16_t)x[column + 1] << 16); \
  for (; row + 16 <= rows; row += 16) {                                                            \
    __m128i a = _mm_loadu_si128((const __m128i *)(first + row));                                   \
    __m128i b = _mm_loadu_si128((const __m128i *)(second + row));                                  \
    __m256i low = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));                                   \
    __m256i high = _mm256_cvtepi8_epi16(_mm_unpackhi_epi8(a, b));                                  \
    __m256i *to = (__m256i *)(sums + row);                                                         \
    _mm256_storeu_si256(                                                                           \
        to, _mm256_add_epi32(_mm256_loadu_si256(to), _mm256_madd_epi16(low, both)));               \
    _mm256_storeu_si256(                                                                           \
        to + 1, _mm256_add_epi32(_mm256_loadu_si256(to + 1), _mm256_madd_epi16(high, both)));      \
  }
__attribute__((target("avx2"))) BYTES(bytes_avx2, PAIR)
#endif

void minim_row_products(const float *w, size_t rows, size_t columns, const float *x, size_t cases,
                        float *y) {
  floats_function *own = floats_plain;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    own = floats_avx512;
  else if (__builtin_cpu_supports("avx2"))
    own = floats_avx2;
#endif
  own(w, rows, columns, x, cases, y);
}

void minim_byte_products(const int8_t *w, size_t rows, size_t columns, const int8_t *x,
                         int32_t *sums) {
  bytes_function *own = bytes_plain;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) own = bytes_avx2;
#endif
  own(w, rows, columns, x, sums);
}
