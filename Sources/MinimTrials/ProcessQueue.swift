// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Does command lines of `minim`, in order, as many at once as the executor takes.
///
/// `finished` hears the place of each and how it ended, on the calling thread. Throws what `finished`
/// throws, and where a process cannot be started, once those that run have ended.
public func runAll(
  _ lines: [[String]], on executor: any TrialExecutor,
  finished: (_ index: Int, _ exit: TrialExit) throws -> Void
) throws {
  let mailbox = Mailbox<(Int, TrialExit)>()
  var next = 0, running = 0, failure: (any Error)?
  while true {
    do {
      while failure == nil, running < executor.capacity, next < lines.count {
        let index = next
        try executor.start(lines[index]) { mailbox.put((index, $0)) }
        next += 1
        running += 1
      }
      guard running > 0 else { break }
      let (index, exit) = mailbox.take()
      running -= 1
      try finished(index, exit)
    } catch {
      failure = failure ?? error
      guard running > 0 else { break }
    }
  }
  if let failure { throw failure }
}

/// Letters handed from the threads that see processes end to the one that waits.
final class Mailbox<Letter>: @unchecked Sendable {
  private let condition = NSCondition()
  private var letters: [Letter] = []

  func put(_ letter: Letter) {
    condition.lock()
    letters.append(letter)
    condition.signal()
    condition.unlock()
  }

  func take() -> Letter {
    condition.lock()
    defer { condition.unlock() }
    while letters.isEmpty { condition.wait() }
    return letters.removeFirst()
  }
}
