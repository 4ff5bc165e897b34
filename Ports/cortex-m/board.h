// SPDX-License-Identifier: Apache-2.0
// What the example asks of the board: text, files and an exit through semihosting, and a clock.
#ifndef BOARD_H
#define BOARD_H
#include <stdint.h>

static inline int32_t semihost(uint32_t operation, const void *argument) {
  register uint32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return (int32_t)r0;
}

// QEMU writes it to its standard error.
static inline void print(const char *text) { semihost(0x04, text); }

static inline void print_number(uint32_t number) {
  char digits[11], *place = digits + 10;
  for (*place = 0; *place = *place, number || place == digits + 10; number /= 10)
    *--place = (char)('0' + number % 10);
  print(place);
}

static inline void print_bits(uint32_t bits) {
  char digits[9];
  for (int i = 0; i < 8; i++) digits[i] = "0123456789abcdef"[bits >> (28 - 4 * i) & 15];
  digits[8] = 0;
  print(digits);
}

// A handle, or -1.
static inline int32_t open_file(const char *name, uint32_t length) {
  const void *arguments[3] = {name, (void *)1, (void *)length};
  return semihost(0x01, arguments);
}

// 1 if all bytes were read.
static inline int read_file(int32_t handle, void *to, uint32_t bytes) {
  const void *arguments[3] = {(void *)handle, to, (void *)bytes};
  return semihost(0x06, arguments) == 0;
}

__attribute__((noreturn)) static inline void leave(int code) {
  const uint32_t arguments[2] = {0x20026, (uint32_t)code};
  for (;;) semihost(0x20, arguments);
}

// SysTick counts down 24 bits at 25 MHz; under `qemu -icount shift=0` a tick is 40 instructions.
static inline void start_clock(void) {
  volatile uint32_t *systick = (volatile uint32_t *)0xE000E010;
  systick[1] = 0xFFFFFF;
  systick[2] = 0;
  systick[0] = 5;
}
// The ticks since, or 0 if there were too many to count.
static inline uint32_t clock_ticks(void) {
  volatile uint32_t *systick = (volatile uint32_t *)0xE000E010;
  uint32_t ticks = 0xFFFFFF - systick[2];
  return systick[0] >> 16 & 1 ? 0 : ticks;
}
#endif
