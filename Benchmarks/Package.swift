// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let dependencies: [Target.Dependency] = [
    "BenchmarkContent",
    .product(name: "SecureChannel", package: "swift-secure-channel"),
    .product(name: "ArgumentParser", package: "swift-argument-parser"),
]

// A package of its own, so that users of the library never resolve what the benchmarks need.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-secure-channel", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // A module of its own, as users' types are in theirs.
        .target(name: "BenchmarkContent", swiftSettings: settings),
        .executableTarget(name: "ChannelBenchmark", dependencies: dependencies, swiftSettings: settings),
        .executableTarget(name: "CallCosts", dependencies: dependencies, swiftSettings: settings),
    ]
)
