// SPDX-License-Identifier: Apache-2.0
// Runs a model file, one sample at a time, in memory that the caller owns. Nothing is allocated.
// One thread at a time may use a session; sessions do not know of each other.
#ifndef MINIM_H
#define MINIM_H
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A model at work. Its contents are private; it may lie anywhere.
typedef struct {
  void *words[32];
} minim_session;

// What minim_step did with a sample.
enum {
  MINIM_READY = 0,    // taken; a result means something now
  MINIM_WARMING = 1,  // taken; the model has not seen enough samples yet
  MINIM_REJECTED = 2  // not taken, for it has a NaN or an infinity; nothing changed
};

// The bytes of memory that a session of this model needs, or -code if the file is refused.
// `file` must be aligned to 4 bytes.
int32_t minim_memory_bytes(const void *file, uint32_t bytes);

// Checks the file and starts a session in `memory` (aligned to 4 bytes); 0, or -code. File and
// memory must stay as they are while the session is used.
int32_t minim_open(
    minim_session *session, const void *file, uint32_t bytes, void *memory, uint32_t memory_bytes);

// The name of an error in words; `code` as returned, negative or positive.
const char *minim_error_name(int32_t code);

uint32_t minim_channels(const minim_session *session);  // numbers in a sample
uint32_t minim_outputs(const minim_session *session);   // numbers in a result
uint32_t minim_window(const minim_session *session);    // steps of the model's window
uint32_t minim_classes(const minim_session *session);   // classes; 0 if the output names none

// The name of a class in UTF-8, without a zero at the end; `length` gets its bytes.
const char *minim_class_name(const minim_session *session, uint32_t index, uint32_t *length);

// Takes a sample of minim_channels numbers; returns MINIM_READY, MINIM_WARMING or MINIM_REJECTED.
int32_t minim_step(minim_session *session, const float *sample);

// Writes the minim_outputs numbers of the result; returns the class, or for an anomaly model 1 or
// 0, or -1 if the model decides nothing.
int32_t minim_result(minim_session *session, float *output);

// Forgets all samples.
void minim_reset(minim_session *session);

// The state of the stream: its size, a copy of it (0 or -code), and going on from one (0 or -code).
uint32_t minim_state_bytes(const minim_session *session);
int32_t minim_save(const minim_session *session, void *state, uint32_t bytes);
int32_t minim_restore(minim_session *session, const void *state, uint32_t bytes);

#ifdef __cplusplus
}
#endif
#endif
