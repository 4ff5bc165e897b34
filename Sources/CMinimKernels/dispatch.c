// SPDX-License-Identifier: Apache-2.0
// Chooses a level once, at load, and forwards every call to it.
#include "level.h"

#include <stdlib.h>

#define LEVEL_TABLES(level)                                                                        \
  extern const table_f32 table_##level##_f32;                                                      \
  extern const table_f64 table_##level##_f64;
LEVEL_TABLES(generic)
#if defined(__x86_64__)
LEVEL_TABLES(avx2)
LEVEL_TABLES(avx512)
#endif

typedef struct {
  const char *name;
  const table_f32 *f32;
  const table_f64 *f64;
} level;

#if defined(__aarch64__)
#define BASE "neon"
#else
#define BASE "generic"
#endif

static const level base = {BASE, &table_generic_f32, &table_generic_f64};
#if defined(__x86_64__)
static const level avx2 = {"avx2", &table_avx2_f32, &table_avx2_f64};
static const level avx512 = {"avx512", &table_avx512_f32, &table_avx512_f64};
#endif

static const level *chosen = &base;              // at load, for all threads
static _Thread_local const level *own = NULL;    // by minim_use_level, for one

/// The level of a name, or NULL when this processor lacks it.
static const level *find_level(const char *name) {
#if defined(__x86_64__)
  int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl");
  if (has_avx512 && strcmp(name, avx512.name) == 0) return &avx512;
  if (has_avx2 && strcmp(name, avx2.name) == 0) return &avx2;
#endif
  return strcmp(name, base.name) == 0 ? &base : NULL;
}

__attribute__((constructor)) static void choose_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
#endif
  const char *asked = getenv("MINIM_SIMD");
  const char *wanted[] = {asked ? asked : "", "avx512", "avx2", BASE};
  for (int i = 0; i < 4; i++) {
    const level *found = find_level(wanted[i]);
    if (found) {
      chosen = found;
      return;
    }
  }
}

static const level *current(void) { return own ? own : chosen; }

const char *minim_level_name(void) { return current()->name; }

int minim_use_level(const char *name) {
  const level *found = find_level(name);
  if (found) own = found;
  return found ? 0 : -1;
}

const void *minim_own_level(void) { return own; }
void minim_set_own_level(const void *level) { own = level; }

#define FORWARD(REAL, S)                                                                           \
  void minim_unary_##S(enum minim_unary op, long n, REAL p, REAL q, const REAL *x, REAL *y) {      \
    current()->S->unary(op, n, p, q, x, y);                                                                   \
  }                                                                                                \
  void minim_unary_backward_##S(enum minim_unary op, long n, REAL p, REAL q, const REAL *x,        \
                                const REAL *y, const REAL *g, REAL *d) {                           \
    current()->S->unary_backward(op, n, p, q, x, y, g, d);                                                    \
  }                                                                                                \
  void minim_binary_##S(enum minim_binary op, long n, const REAL *a, long sa, const REAL *b,       \
                        long sb, REAL *out) {                                                      \
    current()->S->binary(op, n, a, sa, b, sb, out);                                                           \
  }                                                                                                \
  void minim_fill_##S(long n, REAL value, REAL *y) {                                               \
    for (long i = 0; i < n; i++) y[i] = value;                                                     \
  }                                                                                                \
  void minim_add_scaled_##S(long n, REAL a, const REAL *x, REAL *y) {                              \
    current()->S->add_scaled(n, a, x, y);                                                                     \
  }                                                                                                \
  void minim_sum_##S(long outer, long reduced, long inner, const REAL *x, REAL *y) {               \
    current()->S->sum(outer, reduced, inner, x, y);                                                           \
  }                                                                                                \
  void minim_max_##S(long outer, long reduced, long inner, const REAL *x, REAL *y) {               \
    current()->S->max(outer, reduced, inner, x, y);                                                           \
  }                                                                                                \
  void minim_softmax_##S(long rows, long n, const REAL *x, REAL *y) {                              \
    current()->S->softmax(rows, n, x, y);                                                                     \
  }                                                                                                \
  void minim_log_softmax_##S(long rows, long n, const REAL *x, REAL *y) {                          \
    current()->S->log_softmax(rows, n, x, y);                                                                 \
  }                                                                                                \
  void minim_log_sum_exp_##S(long rows, long n, const REAL *x, REAL *y) {                          \
    current()->S->log_sum_exp(rows, n, x, y);                                                                 \
  }                                                                                                \
  void minim_softmax_backward_##S(long rows, long n, const REAL *y, const REAL *g, REAL *d) {      \
    current()->S->softmax_backward(rows, n, y, g, d);                                                         \
  }                                                                                                \
  void minim_log_softmax_backward_##S(long rows, long n, const REAL *y, const REAL *g, REAL *d) {  \
    current()->S->log_softmax_backward(rows, n, y, g, d);                                                     \
  }                                                                                                \
  void minim_normalise_##S(long rows, long n, REAL epsilon, const REAL *x, REAL *y, REAL *mean,    \
                           REAL *variance, REAL *inverse) {                                        \
    current()->S->normalise(rows, n, epsilon, x, y, mean, variance, inverse);                                 \
  }                                                                                                \
  void minim_normalise_backward_##S(long rows, long n, const REAL *y, const REAL *inverse,         \
                                    const REAL *g, REAL *d) {                                      \
    current()->S->normalise_backward(rows, n, y, inverse, g, d);                                              \
  }                                                                                                \
  void minim_layer_norm_##S(long rows, long n, REAL epsilon, const REAL *x, const REAL *other,     \
                            const REAL *scale, const REAL *shift, REAL *sum, REAL *y,              \
                            REAL *mean, REAL *inverse) {                                           \
    current()->S->layer_norm(rows, n, epsilon, x, other, scale, shift, sum, y, mean, inverse);     \
  }                                                                                                \
  void minim_layer_norm_backward_##S(long rows, long n, const REAL *x, const REAL *mean,           \
                                     const REAL *inverse, const REAL *scale, const REAL *g,        \
                                     REAL *d, REAL *dscale, REAL *dshift) {                        \
    current()->S->layer_norm_backward(rows, n, x, mean, inverse, scale, g, d, dscale, dshift);     \
  }                                                                                                \
  void minim_transpose_##S(long rows, long columns, const REAL *x, REAL *y) {                      \
    current()->S->transpose(rows, columns, x, y);                                                             \
  }                                                                                                \
  void minim_product_##S(long m, long n, long k, const REAL *a, long ar, long ac, const REAL *b,   \
                         long br, long bc, REAL *c, long ldc, int accumulate) {                    \
    current()->S->product_biased(m, n, k, a, ar, ac, b, br, bc, NULL, c, ldc, accumulate);         \
  }                                                                                                \
  void minim_product_biased_##S(long m, long n, long k, const REAL *a, long ar, long ac,           \
                                const REAL *b, long br, long bc, const REAL *bias, REAL *c,        \
                                long ldc, int accumulate) {                                        \
    current()->S->product_biased(m, n, k, a, ar, ac, b, br, bc, bias, c, ldc, accumulate);         \
  }                                                                                                \
  void minim_adam_##S(long n, REAL rate, REAL beta1, REAL beta2, REAL epsilon, REAL decay,         \
                      REAL correction2, const REAL *g, REAL *m, REAL *v, REAL *w) {                \
    current()->S->adam(n, rate, beta1, beta2, epsilon, decay, correction2, g, m, v, w);                       \
  }                                                                                                \
  void minim_recurrent_forward_##S(const minim_recurrent_shape *shape, const REAL *x,              \
                                   const REAL *w_ih, const REAL *w_hh, const REAL *b_ih,           \
                                   const REAL *b_hh, const REAL *h0, const REAL *c0, REAL *h,      \
                                   REAL *c, REAL *saved) {                                         \
    current()->S->recurrent_forward(shape, x, w_ih, w_hh, b_ih, b_hh, h0, c0, h, c, saved);                   \
  }                                                                                                \
  void minim_recurrent_backward_##S(const minim_recurrent_shape *shape, const REAL *x,             \
                                    const REAL *w_ih, const REAL *w_hh, const REAL *h0,            \
                                    const REAL *c0, const REAL *h, const REAL *saved,              \
                                    const REAL *gh, const REAL *gc, REAL *dx, REAL *dw_ih,         \
                                    REAL *dw_hh, REAL *db_ih, REAL *db_hh, REAL *dh0, REAL *dc0) { \
    current()->S->recurrent_backward(shape, x, w_ih, w_hh, h0, c0, h, saved, gh, gc, dx, dw_ih, dw_hh, db_ih, \
                          db_hh, dh0, dc0);                                                        \
  }                                                                                                \
  void minim_attention_forward_##S(const minim_attention_shape *shape, const REAL *q,              \
                                   const REAL *k, const REAL *v, const REAL *mask, REAL *out,      \
                                   REAL *sums) {                                                   \
    current()->S->attention_forward(shape, q, k, v, mask, out, sums);                              \
  }                                                                                                \
  void minim_attention_backward_##S(const minim_attention_shape *shape, const REAL *q,             \
                                    const REAL *k, const REAL *v, const REAL *mask,                \
                                    const REAL *sums, const REAL *g, REAL *dq, REAL *dk,           \
                                    REAL *dv) {                                                    \
    current()->S->attention_backward(shape, q, k, v, mask, sums, g, dq, dk, dv);                   \
  }                                                                                                \
  void minim_convolution_##S(const minim_convolution_shape *shape, const REAL *x,                  \
                             const REAL *extra, const REAL *w, const REAL *bias, REAL *y) {        \
    current()->S->convolution(shape, x, extra, w, bias, y);                                        \
  }                                                                                                \
  void minim_convolution_by_input_##S(const minim_convolution_shape *shape, const REAL *g,         \
                                      const REAL *w, const REAL *bias, REAL *dx, REAL *dextra) {   \
    current()->S->convolution_by_input(shape, g, w, bias, dx, dextra);                             \
  }                                                                                                \
  void minim_convolution_by_weight_##S(const minim_convolution_shape *shape, const REAL *x,        \
                                       const REAL *extra, const REAL *g, REAL *dw, REAL *db) {     \
    current()->S->convolution_by_weight(shape, x, extra, g, dw, db);                               \
  }                                                                                                \
  void minim_gates_##S(long batch, long n, const REAL *peepholes, const REAL *c, REAL *gates,      \
                       REAL *c_out, REAL *h_out) {                                                 \
    current()->S->gates(batch, n, peepholes, c, gates, c_out, h_out);                              \
  }                                                                                                \
  void minim_gates_backward_##S(long batch, long n, const REAL *peepholes, const REAL *c,          \
                                const REAL *c_next, const REAL *gates, const REAL *gh,             \
                                const REAL *gc, REAL *d, REAL *dc, REAL *dpeepholes) {             \
    current()->S->gates_backward(batch, n, peepholes, c, c_next, gates, gh, gc, d, dc, dpeepholes);\
  }                                                                                               \
  void minim_soft_dtw_##S(long batch, long n, long m, long band, const long *lengths, REAL gamma,  \
                          const REAL *cost, REAL *value, REAL *saved) {                            \
    current()->S->soft_dtw(batch, n, m, band, lengths, gamma, cost, value, saved);                 \
  }                                                                                                \
  void minim_soft_dtw_backward_##S(long batch, long n, long m, long band, const long *lengths,     \
                                   REAL gamma, const REAL *saved, const REAL *g, REAL *d) {        \
    current()->S->soft_dtw_backward(batch, n, m, band, lengths, gamma, saved, g, d);               \
  }

FORWARD(float, f32)
FORWARD(double, f64)
