// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// A package of its own, so that users of the library never resolve what the fuzzers need. scripts/fuzz builds it: with
// libFuzzer and AddressSanitizer, and with the library's internals open to it.
let package = Package(
    name: "fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-secure-channel", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        // The main package's own, by a symbolic link, for there it is no product.
        .target(
            name: "FuzzingCertificates",
            dependencies: [.product(name: "OpenSSLTransport", package: "swift-secure-channel")],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CLibFuzzer",
                "FuzzingCertificates",
                .product(name: "SecureChannel", package: "swift-secure-channel"),
                .product(name: "OpenSSLTransport", package: "swift-secure-channel"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
    ]
)
