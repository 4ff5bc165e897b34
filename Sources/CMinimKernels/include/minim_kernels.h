// SPDX-License-Identifier: Apache-2.0
// The hot loops of Minim. Every function exists for float (_f32) and double (_f64).
// Matrices are row-major; `long` counts elements, never bytes.
#pragma once
#include <stddef.h>
#include <stdint.h>

// ---- Memory: 64-byte aligned blocks, kept in a pool when released (pool.c) ----

/// Returns a block of at least `bytes` bytes; its contents are undefined. Never NULL: stops the
/// process when memory is out.
void *minim_allocate(size_t bytes);
/// Gives a block back to the pool. `bytes` is what was asked for.
void minim_release(void *block, size_t bytes);
/// Bytes asked of the system so far and not given back to it (pool and live blocks together).
size_t minim_pool_bytes(void);

/// How deep this thread is in letting go of a tape, and what it has put aside meanwhile.
typedef struct {
  long depth;
  void *aside;
} minim_release_state;
/// This thread's own.
minim_release_state *minim_releases(void);

// ---- Threads: a fixed pool; which thread runs an index never changes a result (threads.c) ----

/// Number of threads that `minim_parallel` uses. Starts as MINIM_THREADS, else the number of
/// processors.
int minim_thread_count(void);
/// Sets that number, 1 ... 64. Not from inside a parallel call.
void minim_set_thread_count(int count);
/// Calls body(context, 0 ..< count), in any order, on the pool and the calling thread. Nested calls
/// run in place.
void minim_parallel(long count, void (*body)(void *context, long index), void *context);

// ---- Random numbers (normal.c) ----

/// out[i] = sqrt(-2 ln(1 - u)) cos 2πv with u, v = uniform[2i], uniform[2i + 1], both in [0, 1). The same
/// bits on every machine.
void minim_normal(long n, const double *uniform, double *out);

// ---- Levels: chosen once at start from the processor, or by MINIM_SIMD=generic|avx2|avx512
// (dispatch.c) ----

/// The name of the level in use: "generic", "neon", "avx2" or "avx512".
const char *minim_level_name(void);
/// Chooses a level by name for this thread and what it hands to the pool; returns 0 when this
/// processor has it, -1 otherwise. For tests and benchmarks.
int minim_use_level(const char *name);

// ---- Profile: time of each operation, printed at exit when MINIM_PROFILE=1 (profile.c) ----

/// 1 when MINIM_PROFILE=1, else 0.
static inline int minim_profiles(void) {
  extern int minim_profile_wanted;
  return minim_profile_wanted;
}
/// Adds the time since this thread's last call to the row of `name` and `pass`, which must last as
/// long as the program.
void minim_profile(const char *name, const char *pass);

enum minim_unary {
  MINIM_NEGATE, MINIM_EXP, MINIM_LOG, MINIM_SQRT, MINIM_TANH, MINIM_SIGMOID, MINIM_RELU,
  MINIM_LEAKY_RELU, MINIM_GELU, MINIM_SELU, MINIM_SOFTPLUS, MINIM_ABS, MINIM_CLAMP, MINIM_SQUARE
};
enum minim_binary {
  MINIM_ADD, MINIM_SUBTRACT, MINIM_MULTIPLY, MINIM_DIVIDE, MINIM_MAXIMUM,
  /// 1 where a > b, 1/2 where equal, 0 elsewhere: the derivative of maximum(a, b) by a.
  MINIM_GREATER_SHARE,
  /// 1 where a equals b, 0 elsewhere.
  MINIM_EQUAL
};
enum minim_cell { MINIM_RNN, MINIM_LSTM, MINIM_GRU, MINIM_MGU };

/// Sizes of one recurrent layer over whole sequences. Gates are PyTorch's: LSTM i f g o, GRU r z n; MGU f n.
typedef struct {
  enum minim_cell cell;
  long batch, steps, inputs, hidden;
  /// Valid steps of each case, or NULL when all steps count. Past its length a case holds its state
  /// and outputs 0.
  const long *lengths;
} minim_recurrent_shape;

/// Sizes of attention. Row t of case b of the queries begins (b * queries + t) * query_stride elements
/// in, likewise keys and values; head h has the columns from h * width. Outputs are contiguous.
typedef struct {
  long batch, heads, queries, keys;
  /// Columns of one head.
  long width;
  long query_stride, key_stride, value_stride;
  /// From one case's mask to the next's: 0 when all share one of (queries, keys).
  long mask_step;
  double scale;
} minim_attention_shape;
/// Sizes of one convolution. `inputs` channels of x are followed by `extra` channels of a second
/// tensor (groups is 1 then). The result's size is given, not worked out: what lies outside the
/// input counts as zeros.
typedef struct {
  long batch, inputs, extra, outputs, groups, height, width, kernel_height, kernel_width;
  long stride_height, stride_width, padding_height, padding_width, out_height, out_width;
  /// Columns from one tap of a line to the next; 1 unless stride_width is 1.
  long dilation_width;
} minim_convolution_shape;

#define MINIM_DECLARE(REAL, S)                                                                     \
  /* y[i] = f(x[i]); p and q are the operation's constants (slope; lower and upper bound). */      \
  void minim_unary_##S(enum minim_unary op, long n, REAL p, REAL q, const REAL *x, REAL *y);       \
  /* d[i] = g[i] * f'(x[i]), given also y = f(x). */                                               \
  void minim_unary_backward_##S(enum minim_unary op, long n, REAL p, REAL q, const REAL *x,        \
                                const REAL *y, const REAL *g, REAL *d);                            \
  /* out[i] = a[i*sa] op b[i*sb], strides 0 or 1. */                                               \
  void minim_binary_##S(enum minim_binary op, long n, const REAL *a, long sa, const REAL *b,       \
                        long sb, REAL *out);                                                       \
  /* y[i] = value */                                                                                \
  void minim_fill_##S(long n, REAL value, REAL *y);                                                \
  /* y[i] += a * x[i] */                                                                           \
  void minim_add_scaled_##S(long n, REAL a, const REAL *x, REAL *y);                               \
  /* y[o,i] = sum (or maximum) over r of x[o,r,i]; a fixed order of additions. */                  \
  void minim_sum_##S(long outer, long reduced, long inner, const REAL *x, REAL *y);                \
  void minim_max_##S(long outer, long reduced, long inner, const REAL *x, REAL *y);                \
  /* Rows of n: softmax, log-softmax, log-sum-exp (one number a row), and the pullbacks. */        \
  void minim_softmax_##S(long rows, long n, const REAL *x, REAL *y);                               \
  void minim_log_softmax_##S(long rows, long n, const REAL *x, REAL *y);                           \
  void minim_log_sum_exp_##S(long rows, long n, const REAL *x, REAL *y);                           \
  void minim_softmax_backward_##S(long rows, long n, const REAL *y, const REAL *g, REAL *d);       \
  void minim_log_softmax_backward_##S(long rows, long n, const REAL *y, const REAL *g, REAL *d);   \
  /* Rows of n: y = (x - mean) * inverse, the mean and inverse deviation of each row kept. */      \
  void minim_normalise_##S(long rows, long n, REAL epsilon, const REAL *x, REAL *y, REAL *mean,    \
                           REAL *variance, REAL *inverse);                                         \
  /* d = inverse * (g - mean(g) - y * mean(g * y)) for each row. */                                \
  void minim_normalise_backward_##S(long rows, long n, const REAL *y, const REAL *inverse,         \
                                    const REAL *g, REAL *d);                                       \
  /* Rows of n: y = (v - mean) * inverse * scale + shift for v = x, or v = x + other, which goes to \
     sum; mean and inverse deviation of each row kept. */                                          \
  void minim_layer_norm_##S(long rows, long n, REAL epsilon, const REAL *x, const REAL *other,     \
                            const REAL *scale, const REAL *shift, REAL *sum, REAL *y, REAL *mean,  \
                            REAL *inverse);                                                        \
  /* d: gradient of v (here x); dscale, dshift [n]: sums over these rows, in their order. */       \
  void minim_layer_norm_backward_##S(long rows, long n, const REAL *x, const REAL *mean,           \
                                     const REAL *inverse, const REAL *scale, const REAL *g,        \
                                     REAL *d, REAL *dscale, REAL *dshift);                         \
  /* y[c,r] = x[r,c] */                                                                            \
  void minim_transpose_##S(long rows, long columns, const REAL *x, REAL *y);                       \
  /* c[i,j] (+)= sum over k of a[i*ar + k*ac] * b[k*br + j*bc]; one thread. */                     \
  void minim_product_##S(long m, long n, long k, const REAL *a, long ar, long ac, const REAL *b,   \
                         long br, long bc, REAL *c, long ldc, int accumulate);                     \
  /* The same, plus bias[j] in every row; bias may be NULL. */                                       \
  void minim_product_biased_##S(long m, long n, long k, const REAL *a, long ar, long ac,           \
                                const REAL *b, long br, long bc, const REAL *bias, REAL *c,        \
                                long ldc, int accumulate);                                         \
  /* The same by three plain loops: the oracle of the tests. */                                    \
  void minim_product_reference_##S(long m, long n, long k, const REAL *a, long ar, long ac,        \
                                   const REAL *b, long br, long bc, REAL *c, long ldc,             \
                                   int accumulate);                                                \
  /* One Adam step in place: m, v moments; w weights; g gradients. rate and epsilon are already    \
     corrected for bias; decay is subtracted from w as rate-independent fraction first. */         \
  void minim_adam_##S(long n, REAL rate, REAL beta1, REAL beta2, REAL epsilon, REAL decay,         \
                      REAL correction2, const REAL *g, REAL *m, REAL *v, REAL *w);                 \
  /* Elements that `saved` needs for one forward pass. */                                          \
  long minim_recurrent_saved_##S(const minim_recurrent_shape *shape);                              \
  /* x [B,T,I]; w_ih [G*H,I]; w_hh [G*H,H]; b_ih, b_hh [G*H]; h0, c0 [B,H] or NULL (zeros);        \
     out h [B,T,H], c [B,T,H] (LSTM, or NULL); saved: NULL when no backward pass follows. */       \
  void minim_recurrent_forward_##S(const minim_recurrent_shape *shape, const REAL *x,              \
                                   const REAL *w_ih, const REAL *w_hh, const REAL *b_ih,           \
                                   const REAL *b_hh, const REAL *h0, const REAL *c0, REAL *h,      \
                                   REAL *c, REAL *saved);                                          \
  /* The textbook recurrence, one case and one unit at a time: the oracle of the tests. */         \
  void minim_recurrent_reference_##S(const minim_recurrent_shape *shape, const REAL *x,            \
                                     const REAL *w_ih, const REAL *w_hh, const REAL *b_ih,         \
                                     const REAL *b_hh, const REAL *h0, const REAL *c0, REAL *h,    \
                                     REAL *c);                                                     \
  /* gh, gc: gradients of h and c (either may be NULL). dx may be NULL. The others are written,    \
     not added to; dh0 and dc0 may be NULL. */                                                     \
  void minim_recurrent_backward_##S(const minim_recurrent_shape *shape, const REAL *x,             \
                                    const REAL *w_ih, const REAL *w_hh, const REAL *h0,            \
                                    const REAL *c0, const REAL *h, const REAL *saved,              \
                                    const REAL *gh, const REAL *gc, REAL *dx, REAL *dw_ih,         \
                                    REAL *dw_hh, REAL *db_ih, REAL *db_hh, REAL *dh0, REAL *dc0);  \
  /* out = softmax(q k' * scale + mask) v, mask NULL or added; sums [B,heads,queries]: the          \
     log-sum-exp of each row of scores, or NULL when no backward pass follows. */                  \
  void minim_attention_forward_##S(const minim_attention_shape *shape, const REAL *q,              \
                                   const REAL *k, const REAL *v, const REAL *mask, REAL *out,      \
                                   REAL *sums);                                                    \
  /* g: gradient of out. dq, dk, dv have the strides of q, k, v; each may be NULL. */              \
  void minim_attention_backward_##S(const minim_attention_shape *shape, const REAL *q,             \
                                    const REAL *k, const REAL *v, const REAL *mask,                \
                                    const REAL *sums, const REAL *g, REAL *dq, REAL *dk,           \
                                    REAL *dv);                                                     \
  /* x [B,I,H,W], extra [B,E,H,W] or NULL (zeros); w [O,(I+E)/groups,KH,KW]; bias [O] or NULL;     \
     y [B,O,OH,OW] = bias + sum of w[o,c,s,t] * x[c, i*stride - padding + s, j*stride ...]. */     \
  void minim_convolution_##S(const minim_convolution_shape *shape, const REAL *x,                  \
                             const REAL *extra, const REAL *w, const REAL *bias, REAL *y);         \
  /* The gradients of x and extra (either NULL when not wanted) from g, that of y. bias [I] or     \
     NULL is added to dx: a transposed convolution. */                                             \
  void minim_convolution_by_input_##S(const minim_convolution_shape *shape, const REAL *g,         \
                                      const REAL *w, const REAL *bias, REAL *dx, REAL *dextra);    \
  /* The gradients of w and bias (either NULL when not wanted). */                                 \
  void minim_convolution_by_weight_##S(const minim_convolution_shape *shape, const REAL *x,        \
                                       const REAL *extra, const REAL *g, REAL *dw, REAL *db);      \
  /* The same by plain loops, without extra: the oracle of the tests. dx and dw are added to. */   \
  void minim_convolution_reference_##S(const minim_convolution_shape *shape, const REAL *x,        \
                                       const REAL *w, const REAL *bias, REAL *y, const REAL *g,    \
                                       REAL *dx, REAL *dw);                                        \
  /* gates [B,4,n]: sums of i f g o in, activations out; peepholes [3,n] (i f o) or NULL; c [B,n]  \
     or NULL (zeros). c_out = f c + i g, h_out = o tanh c_out. */                                  \
  void minim_gates_##S(long batch, long n, const REAL *peepholes, const REAL *c, REAL *gates,      \
                       REAL *c_out, REAL *h_out);                                                  \
  /* d [B,4,n]: gradients of the sums, from the activations and the gradients gh, gc of h_out,     \
     c_out (either may be NULL). dc and dpeepholes may be NULL. */                                 \
  void minim_gates_backward_##S(long batch, long n, const REAL *peepholes, const REAL *c,          \
                                const REAL *c_next, const REAL *gates, const REAL *gh,             \
                                const REAL *gc, REAL *d, REAL *dc, REAL *dpeepholes);              \
  /* Soft-DTW of cost [B,n,m]: value [B] from cell (0,0) to (n-1,m-1), or to (l-1,l-1) where       \
     lengths (or NULL) say l; cells with |i-j| > band are closed, band >= |n-m|. saved: n*m         \
     elements for each case, the batch rounded up to 16. */                                        \
  void minim_soft_dtw_##S(long batch, long n, long m, long band, const long *lengths, REAL gamma,  \
                          const REAL *cost, REAL *value, REAL *saved);                             \
  /* d [B,n,m]: the gradient of cost from g [B], that of value. */                                 \
  void minim_soft_dtw_backward_##S(long batch, long n, long m, long band, const long *lengths,     \
                                   REAL gamma, const REAL *saved, const REAL *g, REAL *d);

MINIM_DECLARE(float, f32)
MINIM_DECLARE(double, f64)
