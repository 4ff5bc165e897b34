// SPDX-License-Identifier: Apache-2.0
// Where the time goes, operation by operation, when MINIM_PROFILE=1: a table on standard error at
// exit.
#include "minim_kernels.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_ROWS = 512 };

typedef struct {
  const char *name;
  const char *pass;
  long calls;
  double seconds;
} row;

int minim_profile_wanted = 0;
static row rows[MOST_ROWS];
static int row_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local double last;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int by_seconds(const void *a, const void *b) {
  double x = ((const row *)a)->seconds, y = ((const row *)b)->seconds;
  return x < y ? 1 : x > y ? -1 : 0;
}

static void print_rows(void) {
  pthread_mutex_lock(&lock);
  double total = 0;
  for (int i = 0; i < row_count; i++) total += rows[i].seconds;
  qsort(rows, (size_t)row_count, sizeof(row), by_seconds);
  fprintf(stderr, "%-44s %-8s %9s %11s %6s\n", "operation", "pass", "calls", "ms", "share");
  for (int i = 0; i < row_count; i++)
    fprintf(stderr, "%-44s %-8s %9ld %11.2f %5.1f%%\n", rows[i].name, rows[i].pass, rows[i].calls,
            1e3 * rows[i].seconds, 100 * rows[i].seconds / (total > 0 ? total : 1));
  fprintf(stderr, "%-44s %-8s %9s %11.2f\n", "all", "", "", 1e3 * total);
  pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void look_at_environment(void) {
  const char *text = getenv("MINIM_PROFILE");
  if (!text || strcmp(text, "1") != 0) return;
  minim_profile_wanted = 1;
  atexit(print_rows);
}

void minim_profile(const char *name, const char *pass) {
  double time = now(), before = last;
  last = time;
  if (before == 0) return;
  pthread_mutex_lock(&lock);
  int i = 0;
  while (i < row_count && (strcmp(rows[i].name, name) != 0 || strcmp(rows[i].pass, pass) != 0)) i++;
  if (i == row_count && i < MOST_ROWS) rows[row_count++] = (row){name, pass, 0, 0};
  if (i < MOST_ROWS) {
    rows[i].calls++;
    rows[i].seconds += time - before;
  }
  pthread_mutex_unlock(&lock);
}
