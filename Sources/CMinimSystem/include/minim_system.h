// SPDX-License-Identifier: Apache-2.0
// What MinimHost asks of the operating system (POSIX), in one place, for Swift with and without
// its libraries.
#ifndef MINIM_SYSTEM_H
#define MINIM_SYSTEM_H
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// Opens a file to be read; below 0 for a failure.
static inline int system_open(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }

/// Opens a regular file to be read and says how many bytes it has; -1 for a failure, -2 for what is
/// no regular file: a pipe without a writer does not hold up.
static inline int system_open_regular(const char *path, long *size) {
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (descriptor < 0) return -1;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    *size = (long)status.st_size;
    return descriptor;
  }
  close(descriptor);
  return -2;
}

/// Reads up to `count` bytes; 0 at the end, below 0 for a failure.
static inline long system_read(int descriptor, void *bytes, unsigned long count) {
  ssize_t done;
  do { done = read(descriptor, bytes, count); } while (done < 0 && errno == EINTR);
  return done;
}

/// Writes all bytes; 0, or -1 for a failure.
static inline int system_write(int descriptor, const void *bytes, unsigned long count) {
  while (count > 0) {
    ssize_t done = write(descriptor, bytes, count);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return -1;
    bytes = (const char *)bytes + done;
    count -= (unsigned long)done;
  }
  return 0;
}

static inline void system_close(int descriptor) { close(descriptor); }

/// What the last failure was, in words.
static inline const char *system_error(void) { return strerror(errno); }

/// Whether the last failure was a pipe that nobody reads any more.
static inline int system_reader_has_gone(void) { return errno == EPIPE; }

/// Makes a pipe that nobody reads any more a failure to write instead of the end of the process.
static inline void system_keep_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

static inline void system_exit(int code) __attribute__((noreturn));
static inline void system_exit(int code) { exit(code); }

/// The number at the beginning of a text that ends with a zero byte, and where it stops.
static inline double system_number(const char *text, const char **end) {
  char *stop;
  double number = strtod(text, &stop);
  *end = stop;
  return number;
}

/// Seconds of a clock that never goes back.
static inline double system_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// The most memory that this process had in RAM, in bytes; 0 where it is not known.
///
/// Linux: VmHWM of /proc/self/status, for `getrusage` also counts the process that started this.
static inline long system_peak_memory(void) {
#ifdef __linux__
  long kibibytes = 0;
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  if (!status) return 0;
  while (fgets(line, sizeof line, status))
    if (strncmp(line, "VmHWM:", 6) == 0) kibibytes = strtol(line + 6, NULL, 10);
  fclose(status);
  return kibibytes * 1024;
#else
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (long)usage.ru_maxrss;
#endif
}

#endif
