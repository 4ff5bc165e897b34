// SPDX-License-Identifier: Apache-2.0
// The plain versions: one number at a time, in the order of the formulas. The tests hold the fast
// kernels against these; nothing else calls them.
#include "level.h"

#include <stdlib.h>

#define REFERENCE(REAL, S, EXP, TANH)                                                              \
  void minim_product_reference_##S(long m, long n, long k, const REAL *a, long ar, long ac,        \
                                   const REAL *b, long br, long bc, REAL *c, long ldc,             \
                                   int accumulate) {                                               \
    for (long i = 0; i < m; i++)                                                                   \
      for (long j = 0; j < n; j++) {                                                               \
        double sum = accumulate ? c[i * ldc + j] : 0;                                              \
        for (long p = 0; p < k; p++) sum += (double)a[i * ar + p * ac] * b[p * br + j * bc];       \
        c[i * ldc + j] = (REAL)sum;                                                                \
      }                                                                                            \
  }                                                                                                \
                                                                                                   \
  long minim_recurrent_saved_##S(const minim_recurrent_shape *s) {                                 \
    long rows = s->cell == MINIM_LSTM  ? 6                                                         \
                : s->cell == MINIM_GRU ? 5                                                         \
                : s->cell == MINIM_MGU ? 4                                                         \
                                       : 1;                                                        \
    return (s->batch + LANES - 1) / LANES * LANES * s->steps * s->hidden * rows;                   \
  }                                                                                                \
                                                                                                   \
  static REAL gate_##S(const minim_recurrent_shape *s, long row, const REAL *w, const REAL *bias,  \
                       const REAL *v, long n) {                                                    \
    (void)s;                                                                                       \
    REAL sum = bias[row];                                                                          \
    for (long i = 0; i < n; i++) sum += w[row * n + i] * v[i];                                     \
    return sum;                                                                                    \
  }                                                                                                \
                                                                                                   \
  static REAL squash_##S(REAL x) { return 1 / (1 + EXP(-x)); }                                     \
                                                                                                   \
  void minim_recurrent_reference_##S(const minim_recurrent_shape *s, const REAL *x,                \
                                     const REAL *w_ih, const REAL *w_hh, const REAL *b_ih,         \
                                     const REAL *b_hh, const REAL *h0, const REAL *c0, REAL *h,    \
                                     REAL *c) {                                                    \
    long H = s->hidden;                                                                            \
    REAL *state = calloc((size_t)(3 * H), sizeof(REAL)), *cell = state + H, *next = cell + H;      \
    if (!state) abort();                                                                           \
    for (long b = 0; b < s->batch; b++) {                                                          \
      for (long j = 0; j < H; j++) state[j] = h0 ? h0[b * H + j] : 0;                              \
      for (long j = 0; j < H; j++) cell[j] = c0 ? c0[b * H + j] : 0;                               \
      for (long t = 0; t < s->steps; t++) {                                                        \
        int valid = !s->lengths || t < s->lengths[b];                                              \
        const REAL *in = x + (b * s->steps + t) * s->inputs;                                       \
        for (long j = 0; j < H && valid; j++) {                                                    \
          REAL a[4], r[4];                                                                         \
          long gates = s->cell == MINIM_LSTM  ? 4                                                  \
                       : s->cell == MINIM_GRU ? 3                                                  \
                       : s->cell == MINIM_MGU ? 2                                                  \
                                              : 1;                                                 \
          for (long g = 0; g < gates; g++) {                                                       \
            a[g] = gate_##S(s, g * H + j, w_ih, b_ih, in, s->inputs);                              \
            r[g] = gate_##S(s, g * H + j, w_hh, b_hh, state, H);                                   \
          }                                                                                        \
          if (s->cell == MINIM_LSTM) {                                                             \
            cell[j] = squash_##S(a[1] + r[1]) * cell[j] +                                          \
                      squash_##S(a[0] + r[0]) * TANH(a[2] + r[2]);                                 \
            next[j] = squash_##S(a[3] + r[3]) * TANH(cell[j]);                                     \
          } else if (s->cell == MINIM_GRU) {                                                       \
            REAL z = squash_##S(a[1] + r[1]);                                                      \
            REAL n = TANH(a[2] + squash_##S(a[0] + r[0]) * r[2]);                                  \
            next[j] = (1 - z) * n + z * state[j];                                                  \
          } else if (s->cell == MINIM_MGU) {                                                       \
            REAL f = squash_##S(a[0] + r[0]), n = TANH(a[1] + f * r[1]);                           \
            next[j] = (1 - f) * state[j] + f * n;                                                  \
          } else {                                                                                 \
            next[j] = TANH(a[0] + r[0]);                                                           \
          }                                                                                        \
        }                                                                                          \
        for (long j = 0; j < H; j++) {                                                             \
          if (valid) state[j] = next[j];                                                           \
          h[(b * s->steps + t) * H + j] = valid ? state[j] : 0;                                    \
          if (c) c[(b * s->steps + t) * H + j] = valid ? cell[j] : 0;                              \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
    free(state);                                                                                   \
  }                                                                                                \
                                                                                                   \
  void minim_convolution_reference_##S(const minim_convolution_shape *s, const REAL *x,            \
                                       const REAL *w, const REAL *bias, REAL *y, const REAL *g,    \
                                       REAL *dx, REAL *dw) {                                       \
    long per_in = s->inputs / s->groups, per_out = s->outputs / s->groups;                         \
    for (long n = 0; n < s->batch; n++)                                                            \
      for (long o = 0; o < s->outputs; o++)                                                        \
        for (long i = 0; i < s->out_height; i++)                                                   \
          for (long j = 0; j < s->out_width; j++) {                                                \
            long to = ((n * s->outputs + o) * s->out_height + i) * s->out_width + j;               \
            double sum = bias ? bias[o] : 0;                                                       \
            for (long c = 0; c < per_in; c++)                                                      \
              for (long p = 0; p < s->kernel_height; p++)                                          \
                for (long q = 0; q < s->kernel_width; q++) {                                       \
                  long row = i * s->stride_height - s->padding_height + p;                         \
                  long column = j * s->stride_width - s->padding_width + q * s->dilation_width;    \
                  if (row < 0 || row >= s->height || column < 0 || column >= s->width) continue;   \
                  long channel = n * s->inputs + o / per_out * per_in + c;                         \
                  long at = (channel * s->height + row) * s->width + column;                       \
                  long tap = ((o * per_in + c) * s->kernel_height + p) * s->kernel_width + q;      \
                  sum += (double)w[tap] * x[at];                                                   \
                  dx[at] += w[tap] * g[to], dw[tap] += x[at] * g[to];                              \
                }                                                                                  \
            y[to] = (REAL)sum;                                                                     \
          }                                                                                        \
  }

REFERENCE(float, f32, expf, tanhf)
REFERENCE(double, f64, exp, tanh)
