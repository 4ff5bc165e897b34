// SPDX-License-Identifier: Apache-2.0
// A fixed pool of threads. Work is a count of independent indices: which thread takes which changes
// nothing, because every index writes to places of its own. Each thread begins with a share of its
// own, the same one for every call of that count, so that what it wrote for one operation is still in
// its cache for the next; then it helps the others. A thread that the system wakes late finds the job
// closed: the caller has done its share and waits for none but those that joined.
#include "level.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_THREADS = 64, SPINS = 4000, JOB = 256, CLOSED = 128 };

typedef struct {
  void (*body)(void *, long);
  void *context;
  long count;
  int threads;  // that take part, the caller's own included; it may differ from `wanted` by the time one wakes
  const void *level;  // of the calling thread
} job;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;   // guards the pool's state below
static pthread_mutex_t callers = PTHREAD_MUTEX_INITIALIZER;  // one parallel call at a time
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static job current;
static atomic_long gate = CLOSED;  // JOB times the job's number, CLOSED or not, workers that are in it
static struct {
  atomic_long next;
  char rest[64 - sizeof(atomic_long)];  // a cache line each
} shares[MOST_THREADS];
static int wanted = 0, started = 0;
static _Thread_local int inside = 0;

static void take_indices(const job *work, int number) {
  for (int turn = 0; turn < work->threads; turn++) {
    int share = (number + turn) % work->threads;
    long end = work->count * (share + 1) / work->threads;
    for (;;) {
      long index = atomic_fetch_add(&shares[share].next, 1);
      if (index >= end) break;
      work->body(work->context, index);
    }
  }
}

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Whether a job that is not the one seen is open; then this thread is in it, and `current` stays.
static int join(long *seen) {
  for (long now = atomic_load(&gate); now / JOB != *seen;) {
    if (!(now & CLOSED) && !atomic_compare_exchange_weak(&gate, &now, now + 1)) continue;
    *seen = now / JOB;
    return !(now & CLOSED);
  }
  return 0;
}

// A worker that spins takes no lock.
static void *worker(void *argument) {
  long number = (long)argument % MOST_THREADS, seen = (long)argument / MOST_THREADS;
  inside = 1;
  for (;;) {
    for (int spin = 0; spin < SPINS && atomic_load(&gate) / JOB == seen; spin++) pause_briefly();
    if (atomic_load(&gate) / JOB == seen) {
      pthread_mutex_lock(&lock);
      while (atomic_load(&gate) / JOB == seen) pthread_cond_wait(&wake, &lock);
      pthread_mutex_unlock(&lock);
    }
    if (!join(&seen)) continue;
    job work = current;
    minim_set_own_level(work.level);
    if (number < work.threads) take_indices(&work, (int)number);
    atomic_fetch_sub(&gate, 1);
  }
  return NULL;
}

static int default_count(void) {
  const char *text = getenv("MINIM_THREADS");
  long count = text ? strtol(text, NULL, 10) : 0;
  if (count < 1) count = sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : (int)count;
}

int minim_thread_count(void) {
  pthread_mutex_lock(&lock);
  if (wanted == 0) wanted = default_count();
  int count = wanted;
  pthread_mutex_unlock(&lock);
  return count;
}

void minim_set_thread_count(int count) {
  pthread_mutex_lock(&callers);
  pthread_mutex_lock(&lock);
  wanted = count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : count;
  pthread_mutex_unlock(&lock);
  pthread_mutex_unlock(&callers);
}

void minim_parallel(long count, void (*body)(void *context, long index), void *context) {
  if (count <= 1 || inside || minim_thread_count() == 1) {
    for (long index = 0; index < count; index++) body(context, index);
    return;
  }
  pthread_mutex_lock(&callers);
  pthread_mutex_lock(&lock);
  while (started < wanted - 1) {
    pthread_t thread;
    // Its number, and the job that it must not take part in any more.
    long argument = atomic_load(&gate) / JOB * MOST_THREADS + started + 1;
    if (pthread_create(&thread, NULL, worker, (void *)argument) != 0) break;
    pthread_detach(thread);
    started++;
  }
  int threads = wanted <= started ? wanted : started + 1;  // fewer than wanted where one did not start
  job work = {body, context, count, threads, minim_own_level()};
  current = work;
  for (int share = 0; share < threads; share++)
    atomic_store(&shares[share].next, count * share / threads);
  atomic_store(&gate, (atomic_load(&gate) / JOB + 1) * JOB);
  pthread_cond_broadcast(&wake);
  pthread_mutex_unlock(&lock);
  inside = 1;
  take_indices(&work, 0);
  inside = 0;
  atomic_fetch_or(&gate, CLOSED);
  for (int spin = 0; atomic_load(&gate) % JOB != CLOSED; spin++) {
    if (spin < SPINS) pause_briefly();
    else sched_yield();
  }
  pthread_mutex_unlock(&callers);
}
