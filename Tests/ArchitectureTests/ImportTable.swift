/// Who may import whom: the table of the design, with the modules that come along with a library.
enum ImportTable {
    /// Glibc and what Swift itself brings.
    static let system: Set<String> = [
        "Swift", "Glibc", "Musl", "Foundation", "FoundationEssentials", "Dispatch", "Synchronization",
    ]
    private static let glibc: Set<String> = ["Glibc", "Musl"]
    private static let nio: Set<String> = [
        "NIOCore", "NIOPosix", "NIOHTTP1", "NIOConcurrencyHelpers", "NIOFoundationCompat", "HTTPTypes",
    ]

    /// A row for every folder of `Sources` that holds Swift.
    static let rows: [String: Set<String>] = [
        // Pure: what they need of the system is named here one by one.
        "Manifests": ["CLibYAML", "Glibc", "FoundationEssentials", "Synchronization"],
        "Reconciler": ["Manifests"],

        // The keeper has no Foundation and no concurrency runtime: it must stay small, and outlive everyone.
        "KeeperProtocol": glibc.union(["CLinux"]),
        "KeeperCore": glibc.union(["CLinux", "KeeperProtocol"]),
        "Keeper": glibc.union(["CLinux", "KeeperProtocol", "KeeperCore"]),

        // The edges never import one another; the wiring joins them. Whoever sees the Reconciler's values
        // sees the declarations that they are made of.
        "Watcher": system.union(["CLibGit2", "CLinux", "Crypto", "CryptoExtras"]),
        "Supervisor": system.union(nio).union([
            "Reconciler", "Manifests", "KeeperProtocol", "CLinux", "AsyncHTTPClient", "NIOHTTP2", "NIOHPACK",
            "NIOSSL", "NIOTLS", "CLibArchive", "Crypto",
        ]),
        "Store": system.union(["Reconciler", "Manifests", "GRDB"]),
        "StatusAPI": system.union(nio).union([
            "Reconciler", "Manifests", "CConsole", "CLinux", "Hummingbird", "HummingbirdCore", "Logging",
            "ServiceLifecycle", "NIOSSL",
        ]),

        "Notify": system.union([
            "Reconciler", "Manifests", "AsyncHTTPClient", "NIOCore", "NIOHTTP1", "NIOSSL", "Crypto",
        ]),

        "Agent": system.union(["Manifests", "Reconciler"]),
        "Plumb": system.union([
            "Manifests", "Reconciler", "Watcher", "Supervisor", "Store", "Agent", "StatusAPI", "Notify",
            "CLinux", "CStarter",
            "KeeperProtocol", "ArgumentParser", "ServiceLifecycle", "UnixSignals", "Logging",
        ]),
        "TestKit": system.union(["Manifests", "Reconciler", "CLinux", "Testing"]),
    ]

    /// The modules that a file imports, each with its line.
    static func imports(of file: SourceFile) -> [(module: String, line: Int)] {
        file.lines.enumerated().compactMap { index, line in
            module(in: line.code).map { ($0, index + 1) }
        }
    }

    static func violations(in file: SourceFile) -> [Violation] {
        guard !file.isTest else { return [] }
        guard let allowed = rows[file.target] else {
            return [
                Violation(file: file.path, line: 1, rule: "import-table: \(file.target) has no row in it")
            ]
        }
        return imports(of: file)
            .filter { !allowed.contains($0.module) && !$0.module.hasPrefix("_") }
            .map {
                Violation(
                    file: file.path, line: $0.line,
                    rule: "import-table: \(file.target) may not import \($0.module)")
            }
    }

    /// `Foundation` of `package import struct Foundation.Data`.
    private static func module(in code: String) -> String? {
        var words = code.split(separator: " ")[...]
        while let word = words.first, word != "import" {
            guard word.hasPrefix("@") || accessLevels.contains(word) else { return nil }
            words.removeFirst()
        }
        guard words.popFirst() != nil, var name = words.popFirst() else { return nil }
        if let next = words.first, kinds.contains(name) { name = next }
        return name.split(whereSeparator: { $0 == "." || $0 == ";" }).first.map(String.init)
    }

    private static let accessLevels: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]
}
