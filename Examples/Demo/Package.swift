// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of the library never resolve or build it.
let package = Package(
    name: "demo",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-secure-channel", path: "../..")],
    targets: [
        .executableTarget(
            name: "Demo",
            dependencies: [.product(name: "SecureChannel", package: "swift-secure-channel")],
            swiftSettings: [.enableUpcomingFeature("ExistentialAny")]
        )
    ]
)
