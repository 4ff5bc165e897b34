// SPDX-License-Identifier: Apache-2.0
#include "minim_signs.h"
#include "sign_walk.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

/// 64-bit words of 32 rows at most.
enum { MOST_WORDS = 32 * MOST_COLUMNS / 64 + 3 };

/// The next 56 bits of each of 32 rows, the lower 32 and the rest apart.
struct bits {
  uint32_t low[32], high[32];
};

/// The bits of `count` rows from a column on in words that begin with bit `start` of the first row; the last row stands for
/// those that are missing.
static inline void take(const uint64_t *words, size_t start, size_t columns, size_t count,
                        struct bits *found) {
  for (size_t r = 0; r < 32; r++) {
    size_t place = start + (r < count ? r : count - 1) * columns;
    uint64_t bits;
    memcpy(&bits, (const char *)words + place / 8, 8);
    bits >>= place % 8;
    found->low[r] = (uint32_t)bits;
    found->high[r] = (uint32_t)(bits >> 32);
  }
}

/// Keeps the compiler from turning a mask over, which would cost an instruction where it is used.
#define KEEP(MASK) __asm__("" : "+Yk"(MASK))

/// `sums` and x, added where `kept` has the bit, subtracted where `negative` has it too.
__attribute__((target("avx512f"))) static inline __m512 add(__m512 sums, __m512 x, __m512i kept,
                                                            __m512i negative, __m512i bit) {
  __mmask16 minus = _mm512_test_epi32_mask(negative, bit);
  __mmask16 own = _mm512_test_epi32_mask(kept, bit);
  KEEP(minus);
  KEEP(own);
  __m512i plain = _mm512_castps_si512(x);
  __m512i turned =
      _mm512_mask_xor_epi32(plain, minus, plain, _mm512_set1_epi32((int)0x80000000));
  return _mm512_mask_add_ps(sums, own, sums, _mm512_castsi512_ps(turned));
}

__attribute__((target("avx512f"))) static void products(const uint32_t *mask, uint32_t seed,
                                                        size_t rows, size_t columns, size_t first,
                                                        size_t all, float alpha, const float *x,
                                                        float *out) {
  uint64_t kept[MOST_WORDS], negative[MOST_WORDS];
  size_t mask_words = (rows * columns + 31) / 32;
  for (size_t row = first; row < first + all; row += 32) {
    size_t count = first + all - row < 32 ? first + all - row : 32;
    size_t base = row * columns / 64, end = ((row + count) * columns + 63) / 64;
    size_t last = 2 * end < mask_words ? 2 * end : mask_words;
    memcpy(kept, mask + 2 * base, 4 * (last - 2 * base));
    for (size_t k = base; k < end; k++) negative[k - base] = sign_word(seed, k);
    __m512 a = _mm512_setzero_ps(), b = a;
    for (size_t column = 0; column < columns; column += 56) {
      struct bits own, signs;
      take(kept, row * columns - 64 * base + column, columns, count, &own);
      take(negative, row * columns - 64 * base + column, columns, count, &signs);
      for (int half = 0; half < 2; half++) {
        const uint32_t *of_kept = half ? own.high : own.low;
        const uint32_t *of_signs = half ? signs.high : signs.low;
        __m512i kept_a = _mm512_loadu_si512(of_kept), kept_b = _mm512_loadu_si512(of_kept + 16);
        __m512i signs_a = _mm512_loadu_si512(of_signs), signs_b = _mm512_loadu_si512(of_signs + 16);
        __m512i bit = _mm512_set1_epi32(1);
        size_t begin = column + 32 * half, end_column = column + (half ? 56 : 32);
        for (size_t c = begin; c < end_column && c < columns; c++) {
          __m512 number = _mm512_set1_ps(x[c]);
          a = add(a, number, kept_a, signs_a, bit);
          b = add(b, number, kept_b, signs_b, bit);
          bit = _mm512_slli_epi32(bit, 1);
        }
      }
    }
    float sums[32];
    _mm512_storeu_ps(sums, a);
    _mm512_storeu_ps(sums + 16, b);
    for (size_t r = 0; r < count; r++) {
      float scaled = alpha * sums[r];
      out[row - first + r] = out[row - first + r] + scaled;
    }
  }
}
#endif

int minim_signed_products(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                          size_t first, size_t count, float alpha, const float *x, float *out) {
#if defined(__x86_64__)
  if (columns <= MOST_COLUMNS && __builtin_cpu_supports("avx512f")) {
    products(mask, seed, rows, columns, first, count, alpha, x, out);
    return 1;
  }
#endif
  return 0;
}
