// SPDX-License-Identifier: Apache-2.0
// Streams samples through a model file: `stream model.minim < samples`, a sample a line, its
// numbers separated by blanks or commas. Prints for every result what is decided, and the outputs; of
// a detector what `minim-run stream` prints. With a third argument, a file of windows
// (Ports/README.md), it prints a line for each window: the index of the decision, the bits of the
// outputs, and those of a detector's threshold.
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
  if (minim_is_detector(session)) {
    double threshold = minim_threshold(session);
    uint64_t bits;
    memcpy(&bits, &threshold, 8);
    printf(" %016llx", (unsigned long long)bits);
  }
  printf("\n");
}

// The numbers of a line; whether there are as many as a sample has, and nothing else.
static int read_sample(const char *line, float *sample, uint32_t channels) {
  for (uint32_t i = 0; i < channels; i++) {
    char *end;
    sample[i] = strtof(line, &end);
    if (end == line) return 0;
    line = end + strspn(end, " \t,");
  }
  return line[strspn(line, " \t\r\n")] == 0;
}

static void print_decision(minim_session *session, float *output) {
  int32_t decision = minim_result(session, output);
  if (decision >= 0 && (uint32_t)decision < minim_classes(session)) {
    uint32_t length;
    const char *name = minim_class_name(session, (uint32_t)decision, &length);
    printf("%.*s", (int)length, name);
  } else {
    printf("%d", (int)decision);
  }
  for (uint32_t i = 0; i < minim_outputs(session); i++) printf(" %.6g", output[i]);
  printf("\n");
}

// A number as JSON, the shortest text that reads back as the same.
static void print_number(float number) {
  char text[32];
  int digits = 1;
  do snprintf(text, sizeof text, "%.*g", digits, number);
  while (strtof(text, NULL) != number && ++digits < 10);
  printf("%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

// The name of a channel as JSON; its number where it has none.
static void print_channel(const minim_session *session, uint32_t channel) {
  uint32_t length;
  const char *name = minim_channel_name(session, channel, &length);
  if (!length) printf("\"%u\"", channel);
  for (uint32_t i = 0; i < length; i++) {
    if (i == 0) putchar('"');
    if (name[i] == '"' || name[i] == '\\') putchar('\\');
    putchar(name[i]);
    if (i == length - 1) putchar('"');
  }
}

// A detector's judgement as JSON, the channels with their share of the score.
static void print_judgement(const minim_session *session, unsigned long sample) {
  printf("{\"sample\":%lu,\"score\":", sample);
  print_number(minim_score(session));
  printf(",\"threshold\":");
  print_number((float)minim_threshold(session));
  printf(",\"alarm\":%s", minim_alarm(session) ? "true" : "false");
  uint32_t channels[3];
  float parts[3], total = minim_score(session) * (float)minim_channels(session);
  uint32_t count = minim_responsible(session, channels, parts, 3);
  for (uint32_t i = 0; i < count; i++) {
    printf("%s{\"name\":", i ? "," : ",\"channels\":[");
    print_channel(session, channels[i]);
    printf(",\"share\":");
    print_number(total > 0 ? parts[i] / total : 0);
    putchar('}');
  }
  printf(count ? "]}\n" : "}\n");
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
  unsigned long taken = 0;
  for (unsigned long number = 1; fgets(line, sizeof line, stdin); number++) {
    if (!read_sample(line, sample, channels)) {
      fprintf(stderr, "stream: line %lu: expected %u numbers; skipped\n", number, channels);
      continue;
    }
    int32_t status = minim_step(&session, sample);
    taken += status != MINIM_REJECTED;
    if (status == MINIM_READY && minim_is_detector(&session)) print_judgement(&session, taken);
    else if (status == MINIM_READY) print_decision(&session, output);
    if (status == MINIM_REJECTED) {
      fprintf(stderr, "stream: line %lu: not a finite number; skipped\n", number);
    }
  }
  return 0;
}
