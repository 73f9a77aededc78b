// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of the library never resolve what the benchmarks need.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-secure-channel", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "ChannelBenchmark",
            dependencies: [.product(name: "SecureChannel", package: "swift-secure-channel")],
            swiftSettings: [.swiftLanguageMode(.v6)]
        )
    ]
)
