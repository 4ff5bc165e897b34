// SPDX-License-Identifier: Apache-2.0
// Blocks of memory by size class, kept for reuse. A class holds sizes up to 2^k or 1.5 * 2^k bytes,
// so at most half of a block is slack; a training step that repeats finds every block in the pool.
#include "minim_kernels.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 96, ALIGNMENT = 64 };

// Under a sanitizer every block is the system's own, of the exact size, so that a step past its end,
// a use after release and a race on what was released are seen.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MINIM_PLAIN_BLOCKS 1
#endif
#endif

typedef struct block {
  struct block *next;
} block;

static block *free_blocks[CLASSES];
static size_t system_bytes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// Classes run 64, 96, 128, 192, 256 ...: index 2j is 64 << j, index 2j + 1 is 96 << j.
static int class_of(size_t bytes, size_t *rounded) {
  if (bytes <= ALIGNMENT) { *rounded = ALIGNMENT; return 0; }
  int power = 63 - __builtin_clzll((unsigned long long)(bytes - 1));
  size_t half = (size_t)3 << (power - 1), whole = (size_t)2 << power;
  int index = 2 * (power - 6);
  if (bytes <= half) { *rounded = half; return index + 1; }
  *rounded = whole;
  return index + 2;
}

void *minim_allocate(size_t bytes) {
  size_t rounded;
  int index = class_of(bytes, &rounded);
  pthread_mutex_lock(&lock);
#ifdef MINIM_PLAIN_BLOCKS
  rounded = bytes ? bytes : 1;
#endif
  block *found = index < CLASSES ? free_blocks[index] : NULL;
  if (found) free_blocks[index] = found->next;
  else system_bytes += rounded;
  pthread_mutex_unlock(&lock);
  if (found) return found;
  void *fresh = NULL;
  if (index >= CLASSES || posix_memalign(&fresh, ALIGNMENT, rounded) != 0) {
    fprintf(stderr, "minim: out of memory: %zu bytes could not be had\n", bytes);
    abort();
  }
  return fresh;
}

void minim_release(void *pointer, size_t bytes) {
  if (!pointer) return;
#ifdef MINIM_PLAIN_BLOCKS
  free(pointer);
  pthread_mutex_lock(&lock);
  system_bytes -= bytes ? bytes : 1;
  pthread_mutex_unlock(&lock);
  return;
#endif
  size_t rounded;
  int index = class_of(bytes, &rounded);
  pthread_mutex_lock(&lock);
  block *freed = pointer;
  freed->next = free_blocks[index];
  free_blocks[index] = freed;
  pthread_mutex_unlock(&lock);
}

size_t minim_pool_bytes(void) {
  pthread_mutex_lock(&lock);
  size_t bytes = system_bytes;
  pthread_mutex_unlock(&lock);
  return bytes;
}

minim_release_state *minim_releases(void) {
  static _Thread_local minim_release_state state;
  return &state;
}
