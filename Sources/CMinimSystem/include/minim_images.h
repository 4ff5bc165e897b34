// SPDX-License-Identifier: Apache-2.0
// Sums of shifted lanes, of which convolutions of images are made, for the processor at hand.
#ifndef MINIM_IMAGES_H
#define MINIM_IMAGES_H
#include <stddef.h>
#include <stdint.h>

/// y[r * lanes + t] += sum of w[j * rows + r] * x[offsets[j] + t], j ascending, for `rows` rows, 1 to 4, and all lanes t, of which there
/// are a multiple of 16; where `scales` are not null, the sum starts as 0 and is multiplied by scales[r] before it is added. Each product
/// and sum is rounded by itself, so that every processor gives the same bits.
void minim_shifted_sums(const float *w, size_t rows, const uint32_t *offsets, size_t count,
                        const float *x, size_t lanes, const float *scales, float *y);

/// c = s(f) c + s(i) tanh(g) and h = s(o) tanh(c), s the logistic function, of all lanes; the gates i f g o stand one behind the other.
/// The numbers are those of `tanhOf` and `sigmoidOf` in MinimRuntime to the last bit.
void minim_update_cell(const float *gates, float *c, size_t lanes, float *h);

/// x = SELU x, as `seluOf` in MinimRuntime to the last bit.
void minim_selu(float *x, size_t count);
#endif
