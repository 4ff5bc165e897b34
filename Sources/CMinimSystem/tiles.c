// SPDX-License-Identifier: Apache-2.0
#include "minim_signs.h"
#include "sign_walk.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,popcnt")))

/// Writes c * lanes for each weight kept of a row, the highest bit set where it is negative; returns how many.
AVX512 static size_t list_terms(struct sign_walk *walk, size_t row, size_t columns, size_t lanes,
                                uint32_t *terms) {
  size_t count = 0;
  __m512i places = _mm512_mullo_epi32(
      _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
      _mm512_set1_epi32((int)lanes));
  const __m512i step = _mm512_set1_epi32((int)(16 * lanes));
  const __m512i sign = _mm512_set1_epi32((int)0x80000000);
  for (size_t column = 0; column < columns; column += 32) {
    uint32_t negative;
    uint32_t kept = next_signs(walk, row * columns + column, columns - column, &negative);
    for (int half = 0; half < 2; half++) {
      __mmask16 own = (__mmask16)(kept >> 16 * half), minus = (__mmask16)(negative >> 16 * half);
      __m512i found = _mm512_mask_or_epi32(places, minus, places, sign);
      _mm512_storeu_si512(terms + count, _mm512_maskz_compress_epi32(own, found));
      count += (size_t)__builtin_popcount(own);
      places = _mm512_add_epi32(places, step);
    }
  }
  return count;
}

AVX512 static void multiply(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                            float alpha, const float *x, size_t lanes, const float *bias, int relu,
                            float *y) {
  // A vector is written where the last terms may be fewer.
  uint32_t terms[MOST_COLUMNS + 16];
  struct sign_walk walk = sign_walk(mask, seed, rows * columns, 0);
  for (size_t row = 0; row < rows; row++) {
    size_t count = list_terms(&walk, row, columns, lanes, terms);
    minim_signed_sums(terms, count, x, lanes, alpha, bias ? bias[row] : 0, relu, y + row * lanes);
  }
}

/// Eight vectors of columns of a part's sums at once, which stay in registers.
AVX512 static void multiply_transposed(const uint32_t *mask, uint32_t seed, size_t rows,
                                       size_t columns, size_t part, float alpha, const float *x,
                                       float *y) {
  const __m512i sign = _mm512_set1_epi32((int)0x80000000);
  for (size_t first = 0; first < rows; first += part, y += columns)
    for (size_t column = 0; column < columns; column += 128) {
      __m512 sums[8];
      for (int v = 0; v < 8; v++) sums[v] = _mm512_setzero_ps();
      struct sign_walk walk = sign_walk(mask, seed, rows * columns, first * columns + column);
      for (size_t row = first; row < first + part; row++) {
        __m512i plain = _mm512_castps_si512(_mm512_set1_ps(x[row]));
        __m512i turned = _mm512_xor_si512(plain, sign);
        _Pragma("clang loop unroll(full)") for (int v = 0; v < 8; v += 2) {
          size_t begin = column + 16 * (size_t)v;
          if (begin >= columns) continue;
          uint32_t minus, kept = next_signs(&walk, row * columns + begin, columns - begin, &minus);
          _Pragma("clang loop unroll(full)") for (int half = 0; half < 2; half++) {
            __m512i found = _mm512_mask_blend_epi32((__mmask16)(minus >> 16 * half), plain, turned);
            sums[v + half] = _mm512_mask_add_ps(sums[v + half], (__mmask16)(kept >> 16 * half),
                                                sums[v + half], _mm512_castsi512_ps(found));
          }
        }
      }
      for (int v = 0; v < 8 && column + 16 * (size_t)v < columns; v++) {
        size_t begin = column + 16 * (size_t)v, left = columns - begin;
        __mmask16 own = left < 16 ? (__mmask16)((1u << left) - 1) : 0xFFFF;
        _mm512_mask_storeu_ps(y + begin, own, _mm512_mul_ps(sums[v], _mm512_set1_ps(alpha)));
      }
    }
}
#endif

int minim_signed_tiles(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                       float alpha, const float *x, size_t lanes, const float *bias, int relu,
                       float *y) {
#if defined(__x86_64__)
  if (columns <= MOST_COLUMNS && __builtin_cpu_supports("avx512f")) {
    multiply(mask, seed, rows, columns, alpha, x, lanes, bias, relu, y);
    return 1;
  }
#endif
  return 0;
}

int minim_signed_transposed(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                            size_t parts, float alpha, const float *x, float *y) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    multiply_transposed(mask, seed, rows, columns, rows / parts, alpha, x, y);
    return 1;
  }
#endif
  return 0;
}
