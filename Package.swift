// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let realModule = Target.Dependency.product(name: "RealModule", package: "swift-numerics")

let package = Package(
  name: "minim",
  platforms: [.macOS(.v15)],
  products: [
    .library(
      name: "Minim",
      targets: [
        "MinimTensor", "MinimSeries", "MinimScores", "MinimLayers", "MinimModels", "MinimLearning",
        "MinimDistillation", "MinimDetection", "MinimForecasting", "MinimRuntime", "MinimHost", "MinimPacking",
        "MinimTrials",
      ]),
    .executable(name: "minim", targets: ["minim"]),
    .executable(name: "minim-run", targets: ["minim-run"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "CMinimKernels"),
    .target(name: "MinimRuntime", swiftSettings: settings),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "MinimSeries", dependencies: ["CZlib"], swiftSettings: settings),
    .target(name: "MinimScores", swiftSettings: settings),
    .target(name: "MinimLayers", dependencies: ["MinimTensor"], swiftSettings: settings),
    .target(
      name: "MinimModels", dependencies: ["MinimLayers", "MinimTensor"], swiftSettings: settings),
    .target(
      name: "MinimLearning",
      dependencies: ["MinimLayers", "MinimScores", "MinimSeries", "MinimTensor"],
      swiftSettings: settings),
    .target(
      name: "MinimDistillation",
      dependencies: ["MinimForecasting", "MinimLayers", "MinimLearning", "MinimSeries", "MinimTensor"],
      swiftSettings: settings),
    .target(
      name: "MinimDetection",
      dependencies: ["MinimLayers", "MinimLearning", "MinimSeries", "MinimTensor"],
      swiftSettings: settings),
    .target(
      name: "MinimForecasting",
      dependencies: ["MinimLayers", "MinimLearning", "MinimScores", "MinimSeries", "MinimTensor"],
      swiftSettings: settings),
    .target(
      name: "MinimTensor",
      dependencies: ["CMinimKernels", realModule], swiftSettings: settings),
    .target(name: "CMinimSystem"),
    .target(
      name: "MinimHost", dependencies: ["CMinimSystem", "MinimRuntime"], swiftSettings: settings),
    .target(
      name: "MinimPacking",
      dependencies: [
        "MinimDetection", "MinimForecasting", "MinimHost", "MinimLayers", "MinimLearning", "MinimModels", "MinimRuntime",
        "MinimSeries", "MinimTensor",
      ],
      swiftSettings: settings),
    .target(
      name: "MinimTrials",
      dependencies: ["MinimLayers", "MinimLearning", "MinimScores", "MinimSeries", "MinimTensor"],
      swiftSettings: settings),
    .executableTarget(
      name: "minim",
      dependencies: [
        "MinimTensor", "MinimSeries", "MinimScores", "MinimLayers", "MinimModels", "MinimLearning",
        "MinimDetection", "MinimDistillation", "MinimForecasting", "MinimHost", "MinimPacking", "MinimRuntime",
        "MinimTrials", "Yams",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "minim-run", dependencies: ["CMinimSystem", "MinimHost"], swiftSettings: settings),
    .testTarget(
      name: "CommandLineTests", dependencies: ["MinimScores", "MinimTrials", "minim", "minim-run"],
      swiftSettings: settings),
    .testTarget(
      name: "MinimSeriesTests", dependencies: ["MinimSeries"], swiftSettings: settings),
    .testTarget(
      name: "MinimDistillationTests",
      dependencies: [
        "MinimDistillation", "MinimForecasting", "MinimLayers", "MinimLearning", "MinimModels", "MinimSeries",
        "MinimTensor",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "MinimDetectionTests",
      dependencies: [
        "MinimDetection", "MinimLayers", "MinimLearning", "MinimScores", "MinimSeries",
        "MinimTensor",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "MinimForecastingTests",
      dependencies: [
        "MinimForecasting", "MinimLayers", "MinimLearning", "MinimScores", "MinimSeries", "MinimTensor",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "MinimLearningTests",
      dependencies: ["MinimLayers", "MinimLearning", "MinimModels", "MinimScores", "MinimSeries", "MinimTensor"],
      swiftSettings: settings),
    .testTarget(
      name: "MinimModelsTests", dependencies: ["MinimLayers", "MinimModels", "MinimTensor"],
      swiftSettings: settings),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .testTarget(
      name: "MinimRuntimeTests", dependencies: ["CAllocationCounter", "MinimRuntime"], swiftSettings: settings),
    .testTarget(
      name: "MinimPackingTests",
      dependencies: [
        "CAllocationCounter", "MinimDetection", "MinimForecasting", "MinimHost", "MinimLayers", "MinimLearning",
        "MinimModels", "MinimPacking", "MinimRuntime", "MinimSeries", "MinimTensor",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "MinimTrialsTests",
      dependencies: ["MinimLayers", "MinimScores", "MinimTensor", "MinimTrials"],
      swiftSettings: settings),
    .testTarget(name: "ArchitectureTests", swiftSettings: settings),
    .testTarget(
      name: "MinimScoresTests", dependencies: ["MinimScores", "MinimSeries"], swiftSettings: settings),
    .testTarget(
      name: "MinimLayersTests", dependencies: ["MinimLayers", "MinimTensor"], swiftSettings: settings),
    .testTarget(
      name: "MinimTensorTests", dependencies: ["MinimTensor", "CMinimKernels"], swiftSettings: settings),
  ],
  cLanguageStandard: .gnu11
)
