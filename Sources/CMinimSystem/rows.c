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
  static void NAME(const int8_t *w, size_t rows, size_t columns, const int8_t *x, size_t stride,   \
                   size_t cases, int32_t *sums) {                                                  \
    for (; cases > 0; cases--, x += stride, sums += rows) {                                        \
      size_t column = 0;                                                                           \
      for (; column + 2 <= columns; column += 2) {                                                 \
        const int8_t *first = w + column * rows, *second = first + rows;                           \
        size_t row = 0;                                                                            \
        PAIR                                                                                       \
        for (; row < rows; row++)                                                                  \
          sums[row] += first[row] * x[column] + second[row] * x[column + 1];                       \
      }                                                                                            \
      for (size_t row = 0; column < columns && row < rows; row++)                                  \
        sums[row] += w[column * rows + row] * x[column];                                           \
    }                                                                                              \
  }

typedef void bytes_function(const int8_t *, size_t, size_t, const int8_t *, size_t, size_t,
                            int32_t *);
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

/// Eight columns of 64 rows at a time. A byte of the result is of row 16 v + i / 4 and column i % 4; as the instruction takes
/// unsigned bytes, weights are w + 128, and 128 times the sum of x is taken away.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) static void
bytes_vnni(const int8_t *w, size_t rows, size_t columns, const int8_t *x, size_t stride,
           size_t cases, int32_t *sums) {
  const size_t whole = columns / 8 * 8;
  for (size_t k = 0; k < cases; k++) {
    int32_t excess = 0;
    for (size_t column = 0; column < whole; column++) excess += x[k * stride + column];
    for (size_t row = 0; row < rows; row++) sums[k * rows + row] -= 128 * excess;
  }
  const __m512i fours = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  for (size_t column = 0; column < whole; column += 8)
    for (size_t row = 0; row < rows; row += 64) {
      __mmask64 some = rows - row < 64 ? ((__mmask64)1 << (rows - row)) - 1 : ~(__mmask64)0;
      __m512i weights[2][4];
      EACH(n, 2) {
        __m512i own[4];
        EACH(i, 4) {
          const int8_t *from = w + (column + 4 * n + i) * rows + row;
          own[i] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(some, from), _mm512_set1_epi8(-128));
          own[i] = _mm512_permutexvar_epi32(fours, own[i]);
          if (column + 8 < whole) __builtin_prefetch(from + 8 * rows);
        }
        __m512i a = _mm512_unpacklo_epi8(own[0], own[1]), b = _mm512_unpacklo_epi8(own[2], own[3]);
        __m512i c = _mm512_unpackhi_epi8(own[0], own[1]), d = _mm512_unpackhi_epi8(own[2], own[3]);
        weights[n][0] = _mm512_unpacklo_epi16(a, b);
        weights[n][1] = _mm512_unpackhi_epi16(a, b);
        weights[n][2] = _mm512_unpacklo_epi16(c, d);
        weights[n][3] = _mm512_unpackhi_epi16(c, d);
      }
      for (size_t k = 0; k < cases; k++) {
        int32_t four[2];
        memcpy(four, x + k * stride + column, sizeof four);
        EACH(v, 4) {
          __mmask16 part = (__mmask16)(some >> 16 * v);
          int32_t *to = sums + k * rows + row + 16 * v;
          __m512i sum = _mm512_maskz_loadu_epi32(part, to);
          EACH(n, 2) sum = _mm512_dpbusd_epi32(sum, weights[n][v], _mm512_set1_epi32(four[n]));
          _mm512_mask_storeu_epi32(to, part, sum);
        }
      }
    }
  if (whole < columns)
    bytes_avx2(w + whole * rows, rows, columns - whole, x + whole, stride, cases, sums);
}
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
                         size_t stride, size_t cases, int32_t *sums) {
  bytes_function *own = bytes_plain;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2"))
    own = bytes_vnni;
  else if (__builtin_cpu_supports("avx2"))
    own = bytes_avx2;
#endif
  own(w, rows, columns, x, stride, cases, sums);
}
