// SPDX-License-Identifier: Apache-2.0
internal import CMinimKernels

/// What part of the work a row of the profile is about.
enum ProfilePass {
  case forward, backward, update
}

/// Tells the profile that an operation is done; it gets the time since this thread's last call.
///
/// Work between two operations so counts for the second. Does nothing unless `MINIM_PROFILE=1`, which
/// has the sums printed on standard error at exit.
@inline(__always)
func profile(_ name: StaticString, _ pass: ProfilePass) {
  if minim_profiles() != 0 { addToProfile(name, pass) }
}

@inline(never)
private func addToProfile(_ name: StaticString, _ pass: ProfilePass) {
  let text: StaticString =
    switch pass {
    case .forward: "forward"
    case .backward: "backward"
    case .update: "update"
    }
  name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) { name in
    text.utf8Start.withMemoryRebound(to: CChar.self, capacity: text.utf8CodeUnitCount + 1) {
      minim_profile(name, $0)
    }
  }
}
