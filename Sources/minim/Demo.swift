// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `minim demo`
struct Demo: ParsableCommand {
  @OptionGroup var output: OutputOptions
  func run() throws {}
}
