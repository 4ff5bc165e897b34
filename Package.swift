// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

#if os(macOS)
  let blas = Target.target(
    name: "CBLAS", publicHeadersPath: ".", linkerSettings: [.linkedFramework("Accelerate")])
#else
  let blas = Target.systemLibrary(
    name: "CBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])])
#endif

let package = Package(
  name: "minim",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "MinimTensor", targets: ["MinimTensor"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1")
  ],
  targets: [
    .target(name: "CMinimKernels", exclude: []),
    blas,
    .target(
      name: "MinimTensor",
      dependencies: [
        "CMinimKernels", "CBLAS", .product(name: "RealModule", package: "swift-numerics"),
      ],
      swiftSettings: settings),
  ],
  cLanguageStandard: .gnu11
)
