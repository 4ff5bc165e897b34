// SPDX-License-Identifier: Apache-2.0
// Runs the model that is linked into flash over the windows of windows.bin (Ports/README.md), or
// over a sawtooth where there is no such file; then says what it cost.
#include "../c/minim.h"
#include "board.h"

extern const unsigned char model[], model_end[];
extern uint32_t bss_end[], stack_top[];

static minim_session session;
#ifdef DETECTOR
static uint64_t memory[(MEMORY_BYTES + 7) / 8];
#else
static uint32_t memory[MEMORY_BYTES / 4];
#endif
static float sample[CHANNELS], output[OUTPUTS];

static void stop(const char *what, int32_t code) {
  // minim_error_name would have the words, in 2.4 KB of flash.
  print(what);
  print(": error ");
  print_number((uint32_t)-code);
  print("\n");
  leave(1);
}

static void print_result(void) {
  int32_t decision = minim_result(&session, output);
  if (decision < 0) print("-1");
  else print_number((uint32_t)decision);
  for (uint32_t i = 0; i < minim_outputs(&session); i++) {
    uint32_t bits;
    __builtin_memcpy(&bits, output + i, 4);
    print(" ");
    print_bits(bits);
  }
#ifdef DETECTOR
  uint32_t halves[2];
  double threshold = minim_threshold(&session);
  __builtin_memcpy(halves, &threshold, 8);
  print(" ");
  print_bits(halves[1]);
  print_bits(halves[0]);
#endif
  print("\n");
}

static void run_file(int32_t file) {
  uint32_t windows, steps;
  if (!read_file(file, &windows, 4)) leave(2);
  while (windows--) {
    if (!read_file(file, &steps, 4)) leave(2);
    minim_reset(&session);
    while (steps--) {
      if (!read_file(file, sample, 4 * minim_channels(&session))) leave(2);
      minim_step(&session, sample);
    }
    print_result();
  }
}

static void run_sawtooth(uint32_t steps) {
  for (uint32_t step = 0; step < steps; step++) {
    for (uint32_t i = 0; i < minim_channels(&session); i++)
      sample[i] = (float)((step + 5 * i) % 17) * 0.125f - 1.0f;
    minim_step(&session, sample);
  }
}

static void report(const char *what, uint32_t number) {
  print("# ");
  print(what);
  print(" ");
  print_number(number);
  print("\n");
}

// The bytes of the stack that were ever written; the rest still holds the paint.
static uint32_t stack_used(uint32_t *painted) {
  while (*painted == 0xA5A5A5A5) painted++;
  return (uint32_t)((char *)stack_top - (char *)painted);
}

int main(void) {
  uint32_t *painted = stack_top - 2048;
  for (uint32_t *word = painted; (char *)word < (char *)__builtin_frame_address(0) - 64;)
    *word++ = 0xA5A5A5A5;
  uint32_t bytes = (uint32_t)(model_end - model);
  int32_t needed = minim_memory_bytes(model, bytes);
  if (needed < 0) stop("model", needed);
  int32_t code = minim_open(&session, model, bytes, memory, sizeof memory);
  if (code) stop("model", code);
  if (minim_channels(&session) > CHANNELS || minim_outputs(&session) > OUTPUTS) {
    print("model: built for fewer channels or outputs\n");
    return 1;
  }
  int32_t file = open_file("windows.bin", 11);
  if (file >= 0) {
    run_file(file);
  } else {
    run_sawtooth(minim_window(&session));
    print_result();
  }
  minim_reset(&session);
  uint32_t window = minim_window(&session);
  run_sawtooth(window);
  // Fewer where a sample takes long.
  uint32_t samples = 1000, ticks = 0;
  for (; !ticks && samples; samples /= 10) {
    start_clock();
    run_sawtooth(samples);
    ticks = clock_ticks();
    if (ticks) report("instructions a sample", ticks * 40 / samples);
  }
  start_clock();
  minim_result(&session, output);
  ticks = clock_ticks();
  report("instructions a result", ticks * 40);
  report("instructions a step of the result's window", ticks * 40 / window);
  report("model bytes", bytes);
  report("session memory bytes", (uint32_t)needed);
  report("session struct bytes", sizeof session);
  report("static RAM bytes", (uint32_t)((char *)bss_end - (char *)0x20000000));
  report("stack bytes", stack_used(painted));
  return 0;
}
