// SPDX-License-Identifier: Apache-2.0
// Vectors, reset, and the few functions that compilers expect of every target.
#include <stddef.h>
#include <stdint.h>

#include "board.h"

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];
int main(void);

void reset(void) {
  *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;  // CPACR: the floating-point unit on
  __asm__ volatile("dsb\n isb");
  for (uint32_t *to = data_start, *from = data_load; to < data_end;) *to++ = *from++;
  for (uint32_t *to = bss_start; to < bss_end;) *to++ = 0;
  leave(main());
}

static void fault(void) { leave(99); }

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
  stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, fault, 0, fault, fault,
};

void *memset(void *to, int value, size_t count) {
  for (unsigned char *p = to; count--;) *p++ = (unsigned char)value;
  return to;
}

void *memmove(void *to, const void *from, size_t count) {
  unsigned char *p = to;
  const unsigned char *q = from;
  if (p < q)
    while (count--) *p++ = *q++;
  else
    while (count--) p[count] = q[count];
  return to;
}

void *memcpy(void *to, const void *from, size_t count) { return memmove(to, from, count); }

// The Arm names of the same; the 4 stands for aligned arguments, which go word by word.
void __aeabi_memcpy(void *to, const void *from, size_t count) { memmove(to, from, count); }
void __aeabi_memcpy4(void *to, const void *from, size_t count) {
  uint32_t *p = to;
  const uint32_t *q = from;
  for (; count >= 4; count -= 4) *p++ = *q++;
  memmove(p, q, count);
}
void __aeabi_memmove(void *to, const void *from, size_t count) { memmove(to, from, count); }
void __aeabi_memclr(void *to, size_t count) { memset(to, 0, count); }
void __aeabi_memclr4(void *to, size_t count) {
  uint32_t *p = to;
  for (; count >= 4; count -= 4) *p++ = 0;
  memset(p, 0, count);
}

// The runtime allocates nothing; its object still names these two.
int posix_memalign(void **memory, size_t alignment, size_t size) {
  (void)memory, (void)alignment, (void)size;
  return 12;
}
void free(void *memory) { (void)memory; }
