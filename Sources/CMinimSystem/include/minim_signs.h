// SPDX-License-Identifier: Apache-2.0
// Sums of a one-bit matrix's row over many lanes, for the processor at hand.
#ifndef MINIM_SIGNS_H
#define MINIM_SIGNS_H
#include <stddef.h>
#include <stdint.h>

/// y[t] = bias + alpha * sum of +-x[t + term] over `count` terms in their order, from 0, for `lanes` lanes, a multiple of
/// 16; with `relu` max(y, 0); the highest bit of a term changes the sign, the rest is where its numbers begin. Each product and sum is
/// rounded by itself, so that every processor gives the same bits.
void minim_signed_sums(const uint32_t *terms, size_t count, const float *x, size_t lanes,
                       float alpha, float bias, int relu, float *y);

/// out[r - first] += alpha * sum of +-x[c] over the weights kept of row r, c ascending, from 0, for `count` rows r from `first` on:
/// the mask of (rows, columns) has bit r * columns + c, and the signs come from the seed. 0 where this processor or size
/// has no such loop: then nothing is done.
int minim_signed_products(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                          size_t first, size_t count, float alpha, const float *x, float *out);

/// y[r, t] = bias[r] + alpha * sum of +-x[c, t] over the weights kept of each row, as `minim_signed_sums`, for a mask and a seed as
/// above; `bias` may be none. 0 where this processor or size has no such loop: then nothing is done.
int minim_signed_tiles(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                       float alpha, const float *x, size_t lanes, const float *bias, int relu,
                       float *y);

/// y[p, c] = alpha * sum of +-x[r] over the weights kept of column c in the rows of part p, r ascending, from 0; parts share the
/// rows evenly. 0 where this processor has no such loop: then nothing is done.
int minim_signed_transposed(const uint32_t *mask, uint32_t seed, size_t rows, size_t columns,
                            size_t parts, float alpha, const float *x, float *y);
#endif
