// SPDX-License-Identifier: Apache-2.0
// node parity.mjs FOLDER MODEL WINDOWS: results over a file of windows (Ports/README.md), with the
// runtime that build.sh put into FOLDER.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [folder, model, windows] = process.argv.slice(2);
const { MinimRuntime } = await import(pathToFileURL(resolve(folder, 'minim.mjs')));
const runtime = await MinimRuntime.load(readFileSync(resolve(folder, 'minim.wasm')));
const session = runtime.open(new Uint8Array(readFileSync(model)));
const file = readFileSync(windows);
const data = new DataView(file.buffer, file.byteOffset, file.length);
const lines = [], bits = new DataView(new ArrayBuffer(8));
let place = 4, total = 0;
const start = performance.now();
for (let window = 0; window < data.getUint32(0, true); window++) {
  const steps = data.getUint32(place, true);
  place += 4;
  session.reset();
  const sample = new Float32Array(session.channels);
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < sample.length; i++, place += 4) sample[i] = data.getFloat32(place, true);
    session.step(sample);
  }
  const { decision, outputs } = session.result();
  const words = Array.from(outputs, (number) => {
    bits.setFloat32(0, number);
    return bits.getUint32(0).toString(16).padStart(8, '0');
  });
  if (session.isDetector) {
    bits.setFloat64(0, session.judgement().threshold);
    words.push(bits.getBigUint64(0).toString(16).padStart(16, '0'));
  }
  lines.push([decision, ...words].join(' '));
  total += steps;
}
console.log(lines.join('\n'));
console.error(`${(1000 * (performance.now() - start) / total).toFixed(3)} µs for each sample`);
