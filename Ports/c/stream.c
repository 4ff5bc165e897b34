// SPDX-License-Identifier: Apache-2.0
// Streams samples through a model file: `stream model.minim < samples`, a sample a line, its
// numbers separated by blanks. Prints the decision and the outputs' bits for every result, or with
// a third argument, a file of windows, one line for each window (see Ports/README.md).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "minim.h"

static void fail(const char *what, int32_t code) {
  fprintf(stderr, "stream: %s: %s\n", what, code ? minim_error_name(code) : "cannot read");
  exit(1);
}

static void *read_file(const char *path, uint32_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) fail(path, 0);
  long size = ftell(file);
  rewind(file);
  void *data = size > 0 ? malloc((size_t)size) : NULL;
  if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) fail(path, 0);
  fclose(file);
  *bytes = (uint32_t)size;
  return data;
}

static void print_result(minim_session *session, float *output) {
  int32_t decision = minim_result(session, output);
  printf("%d", (int)decision);
  for (uint32_t i = 0; i < minim_outputs(session); i++) {
    uint32_t bits;
    memcpy(&bits, output + i, 4);
    printf(" %08x", bits);
  }
  printf("\n");
}

static void run_windows(minim_session *session, const char *path, float *output) {
  uint32_t bytes, count, steps;
  const char *place = read_file(path, &bytes);
  memcpy(&count, place, 4);
  place += 4;
  for (uint32_t window = 0; window < count; window++) {
    memcpy(&steps, place, 4);
    place += 4;
    minim_reset(session);
    for (uint32_t step = 0; step < steps; step++) {
      minim_step(session, (const float *)place);
      place += 4 * minim_channels(session);
    }
    print_result(session, output);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: stream MODEL [WINDOWS]\n");
    return 64;
  }
  uint32_t bytes;
  void *file = read_file(argv[1], &bytes);
  int32_t needed = minim_memory_bytes(file, bytes);
  if (needed < 0) fail(argv[1], needed);
  void *memory = malloc((size_t)needed);
  minim_session session;
  int32_t code = minim_open(&session, file, bytes, memory, (uint32_t)needed);
  if (code) fail(argv[1], code);
  uint32_t channels = minim_channels(&session);
  float *output = calloc(minim_outputs(&session), sizeof *output);
  float *sample = calloc(channels, sizeof *sample);
  if (argc > 2) {
    run_windows(&session, argv[2], output);
    return 0;
  }
  char line[65536];
  unsigned long number = 0;
  while (fgets(line, sizeof line, stdin)) {
    char *place = line;
    number++;
    uint32_t found = 0;
    for (char *end; found < channels; found++, place = end) {
      sample[found] = strtof(place, &end);
      if (end == place) break;
    }
    if (found < channels || place[strspn(place, " \t\r\n")]) {
      fprintf(stderr, "stream: line %lu: expected %u numbers; skipped\n", number, (unsigned)channels);
      continue;
    }
    if (minim_step(&session, sample) == MINIM_READY) print_result(&session, output);
  }
  return 0;
}
