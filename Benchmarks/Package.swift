// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

#if os(macOS)
  let blas = Target.target(
    name: "COpenBLAS", publicHeadersPath: ".", linkerSettings: [.linkedFramework("Accelerate")])
#else
  let blas = Target.systemLibrary(
    name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])])
#endif

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "minim", path: "..")],
  targets: [
    blas,
    .executableTarget(
      name: "minim-bench",
      dependencies: ["COpenBLAS", .product(name: "Minim", package: "minim")]),
  ]
)
