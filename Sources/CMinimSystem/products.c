// SPDX-License-Identifier: Apache-2.0
#include "minim_signs.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

/// Columns at most, and 64-bit words of 32 rows of them.
enum { MOST_COLUMNS = 1024, MOST_WORDS = 32 * MOST_COLUMNS / 64 + 3 };

/// The output function of SplitMix64, as `signWord` in MinimRuntime.
static uint64_t sign_word(uint32_t seed, uint64_t k) {
  uint64_t z = ((uint64_t)seed << 32 | k) + 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

/// The bits of 16 rows from a place on, at least 25 of each; `places` are those of column 0 in `words`.
__attribute__((target("avx512f"))) static inline __m512i bits(const uint64_t *words, __m512i places,
                                                              int column) {
  __m512i place = _mm512_add_epi32(places, _mm512_set1_epi32(column));
  __m512i found = _mm512_i32gather_epi32(_mm512_srli_epi32(place, 3), words, 1);
  return _mm512_srlv_epi32(found, _mm512_and_epi32(place, _mm512_set1_epi32(7)));
}

/// `sums` and x, added where `kept` has the bit, subtracted where `negative` has it too.
__attribute__((target("avx512f"))) static inline __m512 add(__m512 sums, __m512 x, __m512i kept,
                                                            __m512i negative, __m512i bit) {
  __m512i plain = _mm512_castps_si512(x);
  __m512i turned = _mm512_mask_xor_epi32(plain, _mm512_test_epi32_mask(negative, bit), plain,
                                         _mm512_set1_epi32((int)0x80000000));
  return _mm512_mask_add_ps(sums, _mm512_test_epi32_mask(kept, bit), sums,
                            _mm512_castsi512_ps(turned));
}

__attribute__((target("avx512f"))) static void products(const uint32_t *mask, uint32_t seed,
                                                        size_t rows, size_t columns, float alpha,
                                                        const float *x, float *out) {
  uint64_t kept[MOST_WORDS], negative[MOST_WORDS];
  size_t mask_words = (rows * columns + 31) / 32;
  for (size_t row = 0; row < rows; row += 32) {
    size_t count = rows - row < 32 ? rows - row : 32;
    size_t base = row * columns / 64, end = ((row + count) * columns + 63) / 64;
    size_t last = 2 * end < mask_words ? 2 * end : mask_words;
    memcpy(kept, mask + 2 * base, 4 * (last - 2 * base));
    for (size_t k = base; k < end; k++) negative[k - base] = sign_word(seed, k);
    __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m512i most = _mm512_set1_epi32((int)count - 1), width = _mm512_set1_epi32((int)columns);
    __m512i start = _mm512_set1_epi32((int)(row * columns - 64 * base));
    __m512i lower = _mm512_min_epi32(lanes, most);
    __m512i upper = _mm512_min_epi32(_mm512_add_epi32(lanes, _mm512_set1_epi32(16)), most);
    __m512i first = _mm512_add_epi32(start, _mm512_mullo_epi32(lower, width));
    __m512i second = _mm512_add_epi32(start, _mm512_mullo_epi32(upper, width));
    __m512 a = _mm512_setzero_ps(), b = a;
    for (size_t column = 0; column < columns; column += 24) {
      int here = columns - column < 24 ? (int)(columns - column) : 24;
      __m512i kept_a = bits(kept, first, (int)column), kept_b = bits(kept, second, (int)column);
      __m512i negative_a = bits(negative, first, (int)column);
      __m512i negative_b = bits(negative, second, (int)column);
      __m512i bit = _mm512_set1_epi32(1);
      for (int j = 0; j < here; j++) {
        __m512 number = _mm512_set1_ps(x[column + j]);
        a = add(a, number, kept_a, negative_a, bit);
        b = add(b, number, kept_b, negative_b, bit);
        bit = _mm512_slli_epi32(bit, 1);
      }
    }
    float sums[32];
    _mm512_storeu_ps(sums, a);
    _mm512_storeu_ps(sums + 16, b);
    for (size_t r = 0; r < count; r++) {
      float scaled = alpha * sums[r];
      out[row + r] = out[row + r] + scaled;
    }
  }
}
#endif

int minim_signed_products(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                          float alpha, const float *x, float *out) {
#if defined(__x86_64__)
  if (columns <= MOST_COLUMNS && __builtin_cpu_supports("avx512f")) {
    products(mask, seed, rows, columns, alpha, x, out);
    return 1;
  }
#endif
  return 0;
}
