/// The files of a package as a tree. A directory of the repository is checked before anything of it is
/// written, an archive entry by entry.
struct PackageContents {
    enum Node: Equatable {
        case directory
        case file(id: String, isExecutable: Bool)
        case link(target: String)
    }

    struct Problem: Error, Equatable {
        var code: String
        var message: String
        /// The same contents will always have it, on this host and under these settings.
        var isFinal = true
    }

    /// Path → node; every parent directory is there.
    private(set) var nodes: [String: Node] = [:]

    /// Nothing yet.
    init() {}

    /// Symbolic links come with their targets.
    init(_ entries: [PackageEntry], targets: [String: String]) throws(Problem) {
        guard entries.count <= SupervisorLimits.packageEntriesMax else {
            throw Problem(
                code: "package-size",
                message:
                    "it has \(entries.count) files; at most \(SupervisorLimits.packageEntriesMax) are taken")
        }
        for entry in entries { try add(entry, target: targets[entry.path]) }
        try checkLinks()
    }

    /// Whether every symbolic link stays within, once all that it may lead through is known.
    func checkLinks() throws(Problem) {
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

    // MARK: Archives

    /// Adds one entry at its normalised path. Returns the directories that it needs and that are new, in the
    /// order in which they are to be made.
    mutating func add(_ entry: ArchiveEntry, at path: String) throws(Problem) -> [String] {
        let parts = path.split(separator: "/")
        var new: [String] = []
        for depth in 1..<max(parts.count, 1) {
            let parent = parts[..<depth].joined(separator: "/")
            switch nodes[parent] {
            case nil: new.append(parent)
            case .directory?: continue
            case .file?, .link?: throw twice(parent)
            }
        }
        for parent in new { nodes[parent] = .directory }
        // A directory may be told of more than once; that changes nothing.
        if nodes[path] == .directory, entry.kind == .directory { return new }
        guard nodes[path] == nil else { throw twice(path) }
        nodes[path] = try node(of: entry, path)
        guard nodes.count <= SupervisorLimits.packageEntriesMax else {
            throw Problem(
                code: "package-size",
                message: "it has more than \(SupervisorLimits.packageEntriesMax) files and directories")
        }
        return entry.kind == .directory ? new + [path] : new
    }

    private func node(of entry: ArchiveEntry, _ path: String) throws(Problem) -> Node {
        switch entry.kind {
        case .directory: return .directory
        case .symbolicLink: return .link(target: entry.target)
        case .file:
            guard entry.mode & Self.borrowedRights == 0 else {
                throw Problem(
                    code: "package-mode",
                    message: "'\(path.printable)' is setuid or setgid: no package gives away rights")
            }
            return .file(id: "", isExecutable: entry.mode & 0o111 != 0)
        case .hardLink:
            guard let target = try Self.normalised(entry.target), case .file? = nodes[target] else {
                throw Problem(
                    code: "package-link",
                    message: "the hard link '\(path.printable)' to '\(entry.target.printable)'"
                        + " leads to no file of it")
            }
            return nodes[target] ?? .directory
        case .other:
            throw Problem(
                code: "package-kind",
                message:
                    "'\(path.printable)' is a device, a pipe or a socket: a package has files, directories"
                    + " and links")
        }
    }

    /// Set-user-id and set-group-id.
    private static let borrowedRights: UInt32 = 0o6000
    private static let pathBytesMax = 2_048
    private static let nameBytesMax = 255
    private static let depthMax = 128

    /// Without `./` before it and `/` behind it; nil is the package itself.
    static func normalised(_ path: String) throws(Problem) -> String? {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        while parts.first == "." { parts.removeFirst() }
        while parts.last == "", parts.count > 1 { parts.removeLast() }
        if parts.isEmpty || (parts == [""] && !path.isEmpty && !path.hasPrefix("/")) { return nil }
        let isPlain = parts.allSatisfy {
            !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= nameBytesMax && !$0.utf8.contains(0)
        }
        guard isPlain, parts.count <= depthMax, path.utf8.count <= pathBytesMax else {
            throw Problem(
                code: "package-path", message: "'\(path.printable)' is not a path within a package")
        }
        return parts.joined(separator: "/")
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

extension String {
    /// A name that others chose, short and without anything that moves a cursor.
    var printable: String {
        let cut = unicodeScalars.prefix(Self.printableMax).map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "?" : String(scalar)
        }
        return cut.joined() + (unicodeScalars.count > Self.printableMax ? "…" : "")
    }

    private static let printableMax = 120
}
