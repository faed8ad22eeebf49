/// The files of a package as a tree, checked before anything of it is written.
struct PackageContents {
    enum Node: Equatable {
        case directory
        case file(id: String, isExecutable: Bool)
        case link(target: String)
    }

    struct Problem: Error, Equatable {
        var code: String
        var message: String
    }

    /// Path → node; every parent directory is there.
    private(set) var nodes: [String: Node] = [:]

    /// Symbolic links come with their targets.
    init(_ entries: [PackageEntry], targets: [String: String]) throws(Problem) {
        guard entries.count <= SupervisorLimits.packageEntriesMax else {
            throw Problem(
                code: "package-size",
                message:
                    "it has \(entries.count) files; at most \(SupervisorLimits.packageEntriesMax) are taken")
        }
        for entry in entries { try add(entry, target: targets[entry.path]) }
        for (path, node) in nodes.sorted(by: { $0.key < $1.key }) {
            if case .link(let target) = node { try checkLink(path, to: target) }
        }
    }

    private mutating func add(_ entry: PackageEntry, target: String?) throws(Problem) {
        let parts = entry.path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }),
            !entry.path.utf8.contains(0)
        else {
            throw Problem(code: "package-path", message: "'\(entry.path)' is not a path within a package")
        }
        for depth in 1..<max(parts.count, 1) {
            let parent = parts[..<depth].joined(separator: "/")
            guard nodes[parent, default: .directory] == .directory else { throw twice(parent) }
            nodes[parent] = .directory
        }
        guard nodes[entry.path] == nil else { throw twice(entry.path) }
        switch entry.kind {
        case .file: nodes[entry.path] = .file(id: entry.id, isExecutable: false)
        case .executable: nodes[entry.path] = .file(id: entry.id, isExecutable: true)
        case .symbolicLink: nodes[entry.path] = .link(target: target ?? "")
        case .submodule:
            throw Problem(
                code: "package-submodule",
                message: "'\(entry.path)' is a submodule, whose files are not in this repository")
        }
    }

    private func twice(_ path: String) -> Problem {
        Problem(code: "package-path", message: "'\(path)' stands in it twice")
    }

    /// Follows the link as the kernel would, through other links too. A link may dangle; it may not leave.
    private func checkLink(_ path: String, to target: String) throws(Problem) {
        func escape() -> Problem {
            Problem(
                code: "package-link", message: "the symbolic link '\(path)' to '\(target)' leads outside")
        }
        guard !target.isEmpty, !target.utf8.contains(0) else {
            throw Problem(code: "package-link", message: "the symbolic link '\(path)' has no target")
        }
        var position = path.split(separator: "/").dropLast().map(String.init)
        var pending = Array(target.split(separator: "/").map(String.init).reversed())
        guard !target.hasPrefix("/") else { throw escape() }
        var links = 0
        while let part = pending.popLast() {
            if part == "." { continue }
            if part == ".." {
                guard position.popLast() != nil else { throw escape() }
                continue
            }
            position.append(part)
            guard case .link(let next)? = nodes[position.joined(separator: "/")] else { continue }
            links += 1
            // More than the kernel follows: it can lead nowhere.
            guard links <= SupervisorLimits.packageLinksMax else { return }
            guard !next.hasPrefix("/") else { throw escape() }
            position.removeLast()
            pending += next.split(separator: "/").map(String.init).reversed()
        }
    }

    /// A git-lfs pointer stands where the real bytes should.
    static func isLargeFilePointer(_ bytes: [UInt8]) -> Bool {
        bytes.count < 1024 && bytes.starts(with: Array("version https://git-lfs.github.com/spec/".utf8))
    }
}
