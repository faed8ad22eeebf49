// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with: Swift 6 mode, visible imports, warnings as errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// The keeper alone is static: it must outlive upgrades of the libraries that the agent links.
/// The flag spreads to the tests of a target that carries it, so it stands on the thin executable only.
let staticExecutable: [LinkerSetting] = [.unsafeFlags(["-static-executable"])]

/// Where a test may let a process die or stop, and move the wall clock. Nothing of it is in a release build.
let failPoints: [SwiftSetting] = [.define("PLUMB_FAIL_POINTS", .when(configuration: .debug))]

let package = Package(
    name: "plumb",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "plumb", targets: ["Plumb"]),
        .executable(name: "plumb-keeper", targets: ["Keeper"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    ],
    targets: [
        // System libraries and C surfaces.
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(
            name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
        .target(
            name: "CLinux",
            cSettings: [.define("PLUMB_FAIL_POINTS", .when(configuration: .debug))]),

        // What `plumb init` writes: real files, embedded by the compiler.
        .target(name: "CStarter", exclude: ["starter"]),
        // The console's page: real files, embedded by the compiler.
        .target(name: "CConsole", exclude: ["page"]),

        // The pure core.
        .target(name: "Manifests", dependencies: ["CLibYAML"], swiftSettings: strict),
        .target(name: "Reconciler", dependencies: ["Manifests"], swiftSettings: strict),

        // The edges.
        .target(
            name: "Watcher",
            dependencies: [
                "CLibGit2", "CLinux", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
            ], swiftSettings: strict),
        .target(name: "KeeperProtocol", dependencies: ["CLinux"], swiftSettings: strict + failPoints),
        .target(name: "KeeperCore", dependencies: ["KeeperProtocol", "CLinux"], swiftSettings: strict),
        .executableTarget(
            name: "Keeper", dependencies: ["KeeperCore"], swiftSettings: strict,
            linkerSettings: staticExecutable),
        .target(
            name: "Supervisor",
            dependencies: [
                "Reconciler", "KeeperProtocol", "CLinux", "CLibArchive",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: strict),
        .target(
            name: "Store",
            dependencies: ["Reconciler", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),
        .target(
            name: "Notify",
            dependencies: [
                "Reconciler", .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),
        .target(name: "Agent", dependencies: ["Manifests", "Reconciler"], swiftSettings: strict),
        .target(
            name: "StatusAPI",
            dependencies: [
                "Reconciler", "CConsole", "CLinux", .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: strict),
        .executableTarget(
            name: "Plumb",
            dependencies: [
                "Manifests", "Reconciler", "Watcher", "Supervisor", "Store", "Agent", "StatusAPI", "Notify",
                "CLinux", "CStarter",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),

        // Only for tests.
        .target(
            name: "TestKit", dependencies: ["Manifests", "Reconciler", "CLinux"], swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .testTarget(
            name: "AgentTests", dependencies: ["Agent", "Reconciler", "Manifests", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "ManifestsTests", dependencies: ["Manifests"], swiftSettings: strict),
        .testTarget(
            name: "ReconcilerTests", dependencies: ["Reconciler", "Manifests", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "ScenarioTests", dependencies: ["Reconciler", "Manifests", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "SimulationTests", dependencies: ["Reconciler", "Manifests", "TestKit"],
            path: "Tests/Simulation", swiftSettings: strict),
        .testTarget(
            name: "WatcherTests",
            dependencies: [
                "Watcher", "CLinux", "TestKit", .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),
        .testTarget(
            name: "KeeperCoreTests", dependencies: ["KeeperProtocol", "KeeperCore", "CLinux", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "SupervisorTests",
            dependencies: [
                "Supervisor", "Reconciler", "Manifests", "KeeperProtocol", "CLinux", "TestKit",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "CompatTests",
            dependencies: [
                "Agent", "Store", "Supervisor", "StatusAPI", "KeeperProtocol", "Reconciler", "Manifests",
                .product(name: "GRDB", package: "GRDB.swift"),
            ], path: "Tests/Compat", swiftSettings: strict),
        .testTarget(
            name: "StoreTests",
            dependencies: [
                "Store", "Reconciler", "Manifests", "TestKit", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "NotifyTests", dependencies: ["Notify", "Reconciler", "Manifests", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "StatusAPITests",
            dependencies: ["StatusAPI", "Reconciler", "Manifests", "CLinux", "TestKit"],
            swiftSettings: strict),
        .testTarget(
            name: "PlumbTests",
            dependencies: [
                "Plumb", "Agent", "Manifests", "Reconciler", "StatusAPI", "Supervisor", "CLinux", "TestKit",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Plumb", "TestKit", "CLinux", "StatusAPI"],
            path: "Tests/EndToEnd",
            exclude: ["Guest/limits.py", "Guest/guest.py", "Guest/init.sh", "schemathesis.toml"],
            swiftSettings: strict),
    ]
)
