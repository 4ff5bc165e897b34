// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "minim", path: "..")],
  targets: [
    .executableTarget(
      name: "minim-bench", dependencies: [.product(name: "Minim", package: "minim")])
  ]
)
