// SPDX-License-Identifier: Apache-2.0
// What the files of one level share: the vector of 16 lanes, and names that carry type and level.
// A level is one C file (level_*.c) that includes levels.inc once for float and once for double.
#pragma once
#include "minim_kernels.h"

#include <math.h>
#include <string.h>

enum { LANES = 16 };

// Vectors pass between static functions of one file only, so their calling convention does not
// matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float vector_f32 __attribute__((vector_size(64)));
typedef double vector_f64 __attribute__((vector_size(128)));
typedef int32_t mask_f32 __attribute__((vector_size(64)));
typedef int64_t mask_f64 __attribute__((vector_size(128)));
typedef float loose_f32 __attribute__((vector_size(64), aligned(4)));
typedef double loose_f64 __attribute__((vector_size(128), aligned(8)));

#define INLINE static inline __attribute__((always_inline))
#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(x) JOIN(JOIN(x, LEVEL), SUFFIX)

/// What `minim_use_level` chose on this thread, or NULL: the threads of the pool take it from their
/// caller (dispatch.c).
const void *minim_own_level(void);
void minim_set_own_level(const void *level);

/// The functions of one level and type, filled in by each level file and called through dispatch.c.
#define DECLARE_TABLE(REAL, S)                                                                     \
  typedef struct {                                                                                 \
    void (*unary)(enum minim_unary, long, REAL, REAL, const REAL *, REAL *);                       \
    void (*unary_backward)(enum minim_unary, long, REAL, REAL, const REAL *, const REAL *,         \
                           const REAL *, REAL *);                                                  \
    void (*binary)(enum minim_binary, long, const REAL *, long, const REAL *, long, REAL *);       \
    void (*add_scaled)(long, REAL, const REAL *, REAL *);                                          \
    void (*sum)(long, long, long, const REAL *, REAL *);                                           \
    void (*max)(long, long, long, const REAL *, REAL *);                                           \
    void (*softmax)(long, long, const REAL *, REAL *);                                             \
    void (*log_softmax)(long, long, const REAL *, REAL *);                                         \
    void (*log_sum_exp)(long, long, const REAL *, REAL *);                                         \
    void (*softmax_backward)(long, long, const REAL *, const REAL *, REAL *);                      \
    void (*log_softmax_backward)(long, long, const REAL *, const REAL *, REAL *);                  \
    void (*normalise)(long, long, REAL, const REAL *, REAL *, REAL *, REAL *, REAL *);             \
    void (*normalise_backward)(long, long, const REAL *, const REAL *, const REAL *, REAL *);      \
    void (*layer_norm)(long, long, REAL, const REAL *, const REAL *, const REAL *, const REAL *,   \
                       REAL *, REAL *, REAL *, REAL *);                                            \
    void (*layer_norm_backward)(long, long, const REAL *, const REAL *, const REAL *,              \
                                const REAL *, const REAL *, REAL *, REAL *, REAL *);               \
    void (*transpose)(long, long, const REAL *, REAL *);                                           \
    void (*product_biased)(long, long, long, const REAL *, long, long, const REAL *, long, long,   \
                           const REAL *, REAL *, long, int);                                       \
    void (*adam)(long, REAL, REAL, REAL, REAL, REAL, REAL, const REAL *, REAL *, REAL *, REAL *);  \
    void (*recurrent_forward)(const minim_recurrent_shape *, const REAL *, const REAL *,           \
                              const REAL *, const REAL *, const REAL *, const REAL *,              \
                              const REAL *, REAL *, REAL *, REAL *);                               \
    void (*recurrent_backward)(const minim_recurrent_shape *, const REAL *, const REAL *,          \
                               const REAL *, const REAL *, const REAL *, const REAL *,             \
                               const REAL *, const REAL *, const REAL *, REAL *, REAL *, REAL *,   \
                               REAL *, REAL *, REAL *, REAL *);                                    \
    void (*attention_forward)(const minim_attention_shape *, const REAL *, const REAL *,           \
                              const REAL *, const REAL *, REAL *, REAL *);                         \
    void (*attention_backward)(const minim_attention_shape *, const REAL *, const REAL *,          \
                               const REAL *, const REAL *, const REAL *, const REAL *, REAL *,     \
                               REAL *, REAL *);                                                    \
    void (*convolution)(const minim_convolution_shape *, const REAL *, const REAL *,               \
                        const REAL *, const REAL *, REAL *);                                       \
    void (*convolution_by_input)(const minim_convolution_shape *, const REAL *, const REAL *,      \
                                 const REAL *, REAL *, REAL *);                                    \
    void (*convolution_by_weight)(const minim_convolution_shape *, const REAL *, const REAL *,     \
                                  const REAL *, REAL *, REAL *);                                   \
    void (*gates)(long, long, const REAL *, const REAL *, REAL *, REAL *, REAL *);                 \
    void (*gates_backward)(long, long, const REAL *, const REAL *, const REAL *, const REAL *,     \
                           const REAL *, const REAL *, REAL *, REAL *, REAL *);                    \
    void (*soft_dtw)(long, long, long, long, const long *, REAL, const REAL *, REAL *, REAL *);    \
    void (*soft_dtw_backward)(long, long, long, long, const long *, REAL, const REAL *,            \
                              const REAL *, REAL *);                                               \
  } table_##S;

DECLARE_TABLE(float, f32)
DECLARE_TABLE(double, f64)
