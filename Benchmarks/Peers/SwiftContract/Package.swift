// swift-tools-version: 6.2
import PackageDescription

// What the peers in Swift have in common: the contract's command line and its line of JSON. No peer itself.
let package = Package(
    name: "SwiftContract",
    platforms: [.macOS(.v15)],
    products: [.library(name: "SwiftContract", targets: ["SwiftContract"])],
    dependencies: [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
    targets: [
        .target(
            name: "SwiftContract",
            dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]
        )
    ]
)
