// SPDX-License-Identifier: Apache-2.0
// Our matrix product beside OpenBLAS, one thread each, in turn: `make bench-products`. Prints for each
// size and each layout (as they lie, B transposed, A transposed) our and their GFLOP/s and the ratio.
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "minim_kernels.h"

enum { MOST = 101 };
static const long sizes[][3] = {
    {32, 400, 100},  {64, 128, 190},  {64, 128, 128},   {128, 190, 64},   {224, 512, 720},
    {224, 96, 512},  {720, 512, 224}, {3200, 400, 25},  {400, 100, 3200}, {6400, 64, 64},
    {6400, 256, 64}, {6400, 64, 256}, {256, 64, 6400},  {64, 784, 288},   {256, 784, 1152},
    {512, 512, 512}, {1, 512, 720},   {50, 64, 64},     {50, 256, 64},    {10272, 512, 720}};

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct {
  long m, n, k;
  int layout;  // 0 as they lie, 1 B transposed, 2 A transposed
  float *a, *b, *ours, *theirs;
} work;

static void ours(const work *w) {
  minim_product_f32(w->m, w->n, w->k, w->a, w->layout == 2 ? 1 : w->k, w->layout == 2 ? w->m : 1,
                    w->b, w->layout == 1 ? 1 : w->n, w->layout == 1 ? w->k : 1, w->ours, w->n, 0);
}

static void theirs(const work *w) {
  cblas_sgemm(CblasRowMajor, w->layout == 2 ? CblasTrans : CblasNoTrans,
              w->layout == 1 ? CblasTrans : CblasNoTrans, (int)w->m, (int)w->n, (int)w->k, 1, w->a,
              (int)(w->layout == 2 ? w->m : w->k), w->b, (int)(w->layout == 1 ? w->k : w->n), 0,
              w->theirs, (int)w->n);
}

// The time of one call, of `count` in a row.
static double time_of(void (*call)(const work *), const work *w, int count) {
  double start = seconds();
  for (int i = 0; i < count; i++) call(w);
  return (seconds() - start) / count;
}

static float *numbers(long count) {
  float *x = malloc(sizeof *x * (size_t)count);
  for (long i = 0; i < count; i++) x[i] = (float)(rand() % 2001 - 1000) / 1000;
  return x;
}

int main(void) {
  openblas_set_num_threads(1);
  printf("level %s, OpenBLAS %s; GFLOP/s ours, theirs, ratio\n", minim_level_name(),
         openblas_get_corename());
  printf("| m | n | k | A B | A Bᵀ | Aᵀ B |\n|---|---|---|---|---|---|\n");
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    work w = {sizes[i][0], sizes[i][1], sizes[i][2], 0, NULL, NULL, NULL, NULL};
    w.a = numbers(w.m * w.k), w.b = numbers(w.k * w.n);
    w.ours = numbers(w.m * w.n), w.theirs = numbers(w.m * w.n);
    double work_done = 2e-9 * (double)w.m * (double)w.n * (double)w.k;
    printf("| %ld | %ld | %ld ", w.m, w.n, w.k);
    for (w.layout = 0; w.layout < 3; w.layout++) {
      double pilot = time_of(ours, &w, 1), us[MOST], them[MOST], end = seconds() + 0.5;
      int count = pilot < 2e-4 ? (int)(2e-4 / pilot) + 1 : 1, rounds = 0;
      theirs(&w);
      while (rounds < 5 || (rounds < MOST && seconds() < end)) {
        us[rounds] = time_of(ours, &w, count);
        them[rounds++] = time_of(theirs, &w, count);
      }
      qsort(us, (size_t)rounds, sizeof *us, ascending);
      qsort(them, (size_t)rounds, sizeof *them, ascending);
      float worst = 0;
      for (long j = 0; j < w.m * w.n; j++) worst = fmaxf(worst, fabsf(w.ours[j] - w.theirs[j]));
      double mine = us[rounds / 2], other = them[rounds / 2];
      printf("| %.0f %.0f **%.2f**%s ", work_done / mine, work_done / other, other / mine,
             worst < 1e-2f ? "" : " DIFFERS");
      fflush(stdout);
    }
    printf("|\n");
    free(w.a), free(w.b), free(w.ours), free(w.theirs);
  }
  return 0;
}
