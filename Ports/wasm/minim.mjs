// SPDX-License-Identifier: Apache-2.0
// Runs model files in a browser or in node: a thin layer over the functions of minim.h.
//
//   const runtime = await MinimRuntime.load(fetch('minim.wasm'));
//   const session = runtime.open(new Uint8Array(modelBytes));
//   session.step([0.5]);                 // 'ready', 'warming', 'rejected' or 'holding'
//   session.result();                    // { decision, className, outputs }
//   session.judgement();                 // of a detector: { alarm, score, threshold, channels }
//   session.intervals();                 // of a forecaster: [{ level, halfWidths }]

const sessionBytes = 128;  // minim_session: 32 pointers
const statuses = ['ready', 'warming', 'rejected', 'holding'];

export class MinimRuntime {
  // Takes the bytes of minim.wasm, a Response, or a promise of either.
  static async load(wasm) {
    let bytes = await wasm;
    if (typeof Response !== 'undefined' && bytes instanceof Response) {
      if (!bytes.ok) throw new Error(`minim.wasm: HTTP status ${bytes.status}`);
      bytes = await bytes.arrayBuffer();
    }
    const { instance } = await WebAssembly.instantiate(bytes, {});
    return new MinimRuntime(instance.exports);
  }

  constructor(exports) {
    this.exports = exports;
    this.end = exports.__heap_base.value;
  }

  // The address of fresh memory, aligned to 16; what is given out is never taken back.
  allocate(bytes) {
    const start = Math.ceil(this.end / 16) * 16;
    const missing = start + bytes - this.exports.memory.buffer.byteLength;
    if (missing > 0) this.exports.memory.grow(Math.ceil(missing / 65536));
    this.end = start + bytes;
    return start;
  }

  // Views do not survive growth: each is made when it is needed.
  bytes(start, count) { return new Uint8Array(this.exports.memory.buffer, start, count); }
  words(start, count) { return new Uint32Array(this.exports.memory.buffer, start, count); }
  floats(start, count) { return new Float32Array(this.exports.memory.buffer, start, count); }

  // Throws an Error that names what is wrong if `code` is negative.
  check(code) {
    if (code >= 0) return code;
    const start = this.exports.minim_error_name(code);
    const text = this.bytes(start, 64);
    const name = new TextDecoder().decode(text.slice(0, text.indexOf(0)));
    throw new Error(`model refused: ${name} (error ${-code})`);
  }

  // Checks a model file (Uint8Array) and starts a session.
  open(model) { return new MinimSession(this, model); }
}

class MinimSession {
  constructor(runtime, model) {
    const c = runtime.exports, mark = runtime.end;
    this.runtime = runtime;
    this.address = runtime.allocate(sessionBytes);
    const file = runtime.allocate(model.length);
    runtime.bytes(file, model.length).set(model);
    try {
      const needed = runtime.check(c.minim_memory_bytes(file, model.length));
      const memory = runtime.allocate(needed);
      runtime.check(c.minim_open(this.address, file, model.length, memory, needed));
    } catch (error) {
      runtime.end = mark;
      throw error;
    }
    this.channels = c.minim_channels(this.address);
    this.outputs = c.minim_outputs(this.address);
    this.window = c.minim_window(this.address);
    this.sample = runtime.allocate(4 * this.channels);
    this.output = runtime.allocate(4 * this.outputs);
    this.state = runtime.allocate(c.minim_state_bytes(this.address));
    this.classNames = this.names(c.minim_class_name, c.minim_classes(this.address));
    this.isDetector = c.minim_is_detector(this.address) === 1;
    this.horizon = c.minim_horizon(this.address);
    this.channelNames = this.names(c.minim_channel_name, this.channels);
    this.places = runtime.allocate(4 * this.channels);
  }

  // So many names; an empty text where there is none.
  names(nameOf, count) {
    return Array.from({ length: count }, (_, index) => {
      const start = nameOf(this.address, index, this.output);
      const length = this.runtime.words(this.output, 1)[0];
      return new TextDecoder().decode(this.runtime.bytes(start, length));
    });
  }

  // Takes a sample: a number for each channel.
  step(sample) {
    if (sample.length !== this.channels) {
      throw new RangeError(`found ${sample.length} numbers, expected ${this.channels}`);
    }
    this.runtime.floats(this.sample, this.channels).set(sample);
    return statuses[this.runtime.exports.minim_step(this.address, this.sample)];
  }

  result() {
    const decision = this.runtime.exports.minim_result(this.address, this.output);
    const outputs = this.runtime.floats(this.output, this.outputs).slice();
    return { decision, className: this.classNames[decision], outputs };
  }

  // Of a forecaster, for each level of its intervals: { level, halfWidths }, one around each number of a result.
  intervals() {
    const c = this.runtime.exports;
    return Array.from({ length: c.minim_interval_levels(this.address) }, (_, level) => ({
      level: c.minim_interval_level(this.address, level),
      halfWidths: Float32Array.from({ length: this.outputs }, (_, index) =>
        c.minim_half_width(this.address, level, index)),
    }));
  }

  // What a detector makes of the last sample: whether there is an alarm, and the channels that have the
  // largest parts in the score, at most `most`, with their share of it.
  judgement(most = 3) {
    const c = this.runtime.exports, room = Math.min(most, this.channels);
    const score = c.minim_score(this.address), total = score * this.channels;
    const found = c.minim_responsible(this.address, this.places, this.sample, room);
    const parts = this.runtime.floats(this.sample, found);
    const channels = Array.from(this.runtime.words(this.places, found), (channel, place) => ({
      channel,
      name: this.channelNames[channel] || String(channel),
      share: total > 0 ? parts[place] / total : 0,
    }));
    const alarm = c.minim_alarm(this.address) === 1;
    return { alarm, score, threshold: c.minim_threshold(this.address), channels };
  }

  reset() { this.runtime.exports.minim_reset(this.address); }

  // The state of the stream as bytes, from which any session of the same model can go on.
  save() {
    const c = this.runtime.exports, count = c.minim_state_bytes(this.address);
    this.runtime.check(c.minim_save(this.address, this.state, count));
    return this.runtime.bytes(this.state, count).slice();
  }

  restore(bytes) {
    const c = this.runtime.exports, room = c.minim_state_bytes(this.address);
    this.runtime.bytes(this.state, room).set(bytes.subarray(0, room));
    this.runtime.check(c.minim_restore(this.address, this.state, bytes.length));
  }
}
