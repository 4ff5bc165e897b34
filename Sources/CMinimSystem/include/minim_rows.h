// SPDX-License-Identifier: Apache-2.0
// Products of a matrix and a few rows, for the processor at hand.
#ifndef MINIM_ROWS_H
#define MINIM_ROWS_H
#include <stddef.h>
#include <stdint.h>

/// y[k * rows + r] += sum of w[c * rows + r] * x[k * columns + c], c ascending, for each of `cases` rows k of x. Each product and
/// each sum is rounded by itself, so that every processor gives the same bits.
void minim_row_products(const float *w, size_t rows, size_t columns, const float *x, size_t cases,
                        float *y);

/// sums[k * rows + r] += sum of w[c * rows + r] * x[k * stride + c] for each of `cases` rows k of x, exact: into the
/// same sums, 0 at first, 2^17 columns at most in all.
void minim_byte_products(const int8_t *w, size_t rows, size_t columns, const int8_t *x,
                         size_t stride, size_t cases, int32_t *sums);
#endif
