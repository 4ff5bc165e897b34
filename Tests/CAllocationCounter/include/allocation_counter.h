// SPDX-License-Identifier: Apache-2.0
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H
#include <stddef.h>

/// How often this thread has asked for heap memory; always 0 where calls cannot be counted (not
/// Linux, or under a sanitizer).
size_t allocation_count(void);
#endif
