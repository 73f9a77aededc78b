// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "swift-secure-channel",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SecureChannel", targets: ["SecureChannel"]),
        .library(name: "OpenSSLTransport", targets: ["OpenSSLTransport"]),
        .executable(name: "securechannel", targets: ["SecureChannelCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // In the order of the layers: a target may use only targets above its own.
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev", "pkg-config"]), .brew(["openssl@3", "pkg-config"])]
        ),
        .target(
            name: "OpenSSLTransport",
            dependencies: [
                "COpenSSL",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "SecureChannel",
            dependencies: [
                "OpenSSLTransport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "TestCertificates",
            dependencies: ["COpenSSL"],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "SecureChannelCommand",
            dependencies: [
                "SecureChannel",
                "TestCertificates",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        // No product: traffic for sanitizers and leak checks, see scripts/sanitize.
        .systemLibrary(name: "CMalloc"),
        .executableTarget(
            name: "Soak",
            dependencies: [
                "CMalloc",
                "SecureChannel",
                "TestCertificates",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Sanitizers"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TestCertificatesTests",
            dependencies: ["TestCertificates", "COpenSSL"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "OpenSSLTransportTests",
            dependencies: [
                "OpenSSLTransport",
                "TestCertificates",
                "COpenSSL",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SecureChannelTests",
            dependencies: [
                "SecureChannel",
                "TestCertificates",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "InteroperabilityTests",
            dependencies: ["SecureChannel", "TestCertificates"],
            resources: [.copy("Parties")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "SecureChannelCommand",
                "SecureChannel",
                "TestCertificates",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SoakTests",
            dependencies: ["Soak"],
            swiftSettings: settings
        ),
    ]
)
