// SPDX-License-Identifier: Apache-2.0
// Masks and signs of a one-bit matrix, from its first element on.
#ifndef MINIM_SIGN_WALK_H
#define MINIM_SIGN_WALK_H
#include <stddef.h>
#include <stdint.h>

/// Columns at most of what stands on the stack for a row or some.
enum { MOST_COLUMNS = 1024 };

/// The output function of SplitMix64, as `signWord` in MinimRuntime.
static inline uint64_t sign_word(uint32_t seed, uint64_t k) {
  uint64_t z = ((uint64_t)seed << 32 | k) + 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

/// Elements of a one-bit matrix with a seed, taken by ascending places, a place being row * columns + column.
struct sign_walk {
  const uint32_t *mask;
  /// Words of the mask.
  size_t words;
  uint32_t seed;
  /// The signs of the elements from 64 k on.
  uint64_t k, signs[2];
};

/// Begins at or before a place.
static inline struct sign_walk sign_walk(const uint32_t *mask, uint32_t seed, size_t elements,
                                         size_t place) {
  uint64_t k = place / 64;
  return (struct sign_walk){
      mask, (elements + 31) / 32, seed, k, {sign_word(seed, k), sign_word(seed, k + 1)}};
}

/// Which of the next `count` elements, 32 at most, are kept, the first in the lowest bit, and which are negative, kept or not.
static inline uint32_t next_signs(struct sign_walk *walk, size_t place, size_t count,
                                  uint32_t *negative) {
  for (; walk->k < place / 64; walk->k++) {
    walk->signs[0] = walk->signs[1];
    walk->signs[1] = sign_word(walk->seed, walk->k + 2);
  }
  unsigned shift = place % 64;
  uint64_t above = shift ? walk->signs[1] << (64 - shift) : 0;
  *negative = (uint32_t)(walk->signs[0] >> shift | above);
  size_t word = place / 32;
  uint64_t high = word + 1 < walk->words ? walk->mask[word + 1] : 0;
  uint32_t kept = (uint32_t)((walk->mask[word] | high << 32) >> place % 32);
  return count < 32 ? kept & ((1u << count) - 1) : kept;
}
#endif
