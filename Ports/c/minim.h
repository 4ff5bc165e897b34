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
  MINIM_REJECTED = 2, // not taken, for it has a NaN or an infinity; nothing changed
  MINIM_HOLDING = 3   // taken; the result is still that of an earlier sample
};

// The bytes of memory that a session of this model needs, or -code if the file is refused.
// `file` must be aligned to 4 bytes.
int32_t minim_memory_bytes(const void *file, uint32_t bytes);

// Checks the file and starts a session in `memory` (aligned to 4 bytes, for a detector to 8); 0, or
// -code. File and memory must stay as they are while the session is used.
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

// Takes a sample of minim_channels numbers, which a detector judges; returns MINIM_READY,
// MINIM_WARMING, MINIM_REJECTED or, of a detector by signature matrices, MINIM_HOLDING.
int32_t minim_step(minim_session *session, const float *sample);

// Writes the minim_outputs numbers of the result; returns the class, or for an anomaly model 1 or
// 0, or -1 if the model decides nothing. Of a detector these are minim_score and minim_alarm. Of a
// forecaster they are the rows to come, one behind the other, in the units of the samples.
int32_t minim_result(minim_session *session, float *output);

// Forgets all samples, and what an adapting threshold has learned from them.
void minim_reset(minim_session *session);

// The state of the stream: its size, a copy of it (0 or -code), and going on from one (0 or -code).
uint32_t minim_state_bytes(const minim_session *session);
int32_t minim_save(const minim_session *session, void *state, uint32_t bytes);
int32_t minim_restore(minim_session *session, const void *state, uint32_t bytes);

// Detectors of anomalies. What follows is about the last sample that was not rejected, and 0 before
// the first and for models that are no detectors.
int32_t minim_is_detector(const minim_session *session);  // 1 or 0
float minim_score(const minim_session *session);          // the larger the stranger
double minim_threshold(const minim_session *session);     // what the score was judged by
int32_t minim_alarm(const minim_session *session);        // 1 while there is an alarm, or 0

// Writes the channels (from 0) that have the largest parts in the score, the largest first, and these
// parts, at most `room` of each; returns how many, 0 if this detector does not tell them apart. All parts
// together are minim_channels times the score.
uint32_t minim_responsible(
    const minim_session *session, uint32_t *channels, float *parts, uint32_t room);

// The name of a channel in UTF-8, without a zero at the end; `length` gets its bytes, 0 if it has none.
const char *minim_channel_name(const minim_session *session, uint32_t index, uint32_t *length);

// Forecasters: the rows that are forecast and the levels of intervals around them, 0 where there are none; the share of
// forecasts that the intervals of a level (from 0) are to hold, and half their width around a number of the result
// (from 0), 0 for what there is not.
uint32_t minim_horizon(const minim_session *session);
uint32_t minim_interval_levels(const minim_session *session);
float minim_interval_level(const minim_session *session, uint32_t level);
float minim_half_width(const minim_session *session, uint32_t level, uint32_t index);

#ifdef __cplusplus
}
#endif
#endif
