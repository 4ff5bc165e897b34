// SPDX-License-Identifier: Apache-2.0
// Box-Muller on pairs of uniform numbers, by nothing but IEEE sums, products, quotients and roots in a
// fixed order, so that a seed gives the same numbers on every machine, whatever its C library.
#include "minim_kernels.h"

#include <string.h>

#pragma clang fp contract(off)

// ln w for w in [2^-53, 1]: w = 2^e m, ln m = 2 artanh s with s = (m - 1) / (m + 1), |s| <= 0.1716.
static inline double log_of(double w) {
  int64_t bits;
  memcpy(&bits, &w, 8);
  int64_t e = (bits - 0x3FE6A09E667F3BCD) >> 52;  // of m in [sqrt(1/2), sqrt 2)
  bits -= (int64_t)((uint64_t)e << 52);
  double m;
  memcpy(&m, &bits, 8);
  double s = (m - 1) / (m + 1), z = s * s, p = 1.0 / 23;
  p = p * z + 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return (double)e * 0.6931471805599453 + (2 * s + 2 * s * (z * p));
}

// cos 2πv for v in [0, 1): Taylor's series at the nearest quarter turn, for angles up to π/4.
static inline double cosine_of_turns(double v) {
  int quarter = (int)(4 * v + 0.5);
  double x = 6.283185307179586 * (v - 0.25 * quarter), z = x * x;
  double c = 1.0 / 20922789888000, s = 1.0 / 355687428096000;
  c = c * z - 1.0 / 87178291200;
  c = c * z + 1.0 / 479001600;
  c = c * z - 1.0 / 3628800;
  c = c * z + 1.0 / 40320;
  c = c * z - 1.0 / 720;
  c = c * z + 1.0 / 24;
  c = c * z - 0.5;
  c = c * z + 1;
  s = s * z - 1.0 / 1307674368000;
  s = s * z + 1.0 / 6227020800;
  s = s * z - 1.0 / 39916800;
  s = s * z + 1.0 / 362880;
  s = s * z - 1.0 / 5040;
  s = s * z + 1.0 / 120;
  s = s * z - 1.0 / 6;
  s = s * z * x + x;
  double size = quarter & 1 ? s : c;
  return ((quarter + 1) & 2) ? -size : size;  // cos x, -sin x, -cos x, sin x, cos x
}

void minim_normal(long n, const double *uniform, double *out) {
  for (long i = 0; i < n; i++)
    out[i] = __builtin_elementwise_sqrt(-2 * log_of(1 - uniform[2 * i])) *
             cosine_of_turns(uniform[2 * i + 1]);
}
