// SPDX-License-Identifier: Apache-2.0

// libFuzzer's entry for the model reader: `make fuzz`. Compiled together with the sources of
// MinimRuntime. Checksums are made right first, so that damage meets the checks behind them.

/// Opens what libFuzzer made up and, if it is accepted, runs it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // A copy of exactly this size: the sanitizer sees every byte read beyond it.
  let file = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
  defer { file.deallocate() }
  if count > 0 { file.copyMemory(from: UnsafeRawBufferPointer(start: data, count: count)) }
  repair(file)
  do throws(ModelError) {
    try open(UnsafeRawBufferPointer(file))
  } catch {
    // A refusal is what damage deserves.
  }
  return 0
}

private func open(_ file: UnsafeRawBufferPointer) throws(ModelError) {
  let model = try Model(file, limit: 1 << 20)
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: model.memoryBytes, alignment: 16)
  defer { memory.deallocate() }
  let session = try Session<PlainKernels>(model, memory: memory)
  for index in 0..<min(model.classCount, 8) { _ = model.className(index).reduce(0, &+) }
  let provenance = try Provenance(model)
  for index in 0..<min(provenance.count, 3) { _ = provenance.entry(index).value.reduce(0, &+) }
  // Large windows are slow by right.
  let cost = model.multiplyAdds
  let copies = Int64(model.copiesOfFirst)
  guard (copies + 1) * cost.step + cost.result < 1 << 22 else { return }
  let state = UnsafeMutableRawBufferPointer.allocate(byteCount: session.stateBytes, alignment: 4)
  defer { state.deallocate() }
  for number: Float in [0.5, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 0.25] {
    _ = session.step([Float](repeating: number, count: model.channelCount))
    _ = session.result()
    _ = session.decision
    // What was saved can always be restored.
    try session.save(to: state)
    do throws(ModelError) {
      try session.restore(from: UnsafeRawBufferPointer(state))
    } catch {
      fatalError("the state was refused by error \(error.code.rawValue)")
    }
  }
  let test = try SelfTest(model)
  if test.count > 0, test.vector(0).samples.count < 1000 { _ = test.run(in: session) }
}

private func repair(_ file: UnsafeMutableRawBufferPointer) {
  func word(_ offset: Int) -> Int {
    offset + 4 <= file.count ? Int(file.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) : 0
  }
  func put(_ number: UInt32, at offset: Int) {
    if offset + 4 <= file.count {
      file.storeBytes(of: number, toByteOffset: offset, as: UInt32.self)
    }
  }
  func checksum(_ range: Range<Int>) -> UInt32 {
    var sum = Checksum()
    sum.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(file)[range]))
    return sum.value
  }
  let count = min(word(24), 64), table = 64 + 16 * count
  for index in 0..<count {
    let entry = 64 + 16 * index, start = word(entry + 4), end = start + word(entry + 8)
    if start <= end, end <= file.count { put(checksum(start..<end), at: entry + 12) }
  }
  if table <= file.count {
    put(0, at: 40)
    put(checksum(0..<table), at: 40)
  }
}
