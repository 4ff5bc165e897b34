// SPDX-License-Identifier: Apache-2.0
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H
#include <stddef.h>

/// How often this thread has asked for heap memory.
size_t allocation_count(void);

/// Whether calls are counted: on Linux, but not under a sanitizer, which has its own allocator.
int allocations_are_counted(void);
#endif
