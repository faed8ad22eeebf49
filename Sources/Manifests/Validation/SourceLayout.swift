/// Which files are declarations, which are configuration, and which belong to packages.
///
/// A file's role depends on what other files declare, and what those declare counts only if they are
/// declarations themselves. Directories are settled from the top down, so the answer does not depend on
/// order.
struct SourceLayout {
    enum Role {
        case declarations
        /// Named by the `configFrom` of an Instance in this file.
        case config(by: String)
        case artifact(directory: String)
    }

    /// One for each file.
    private(set) var roles: [Role]
    /// Directories that artifacts take.
    private(set) var directories: Set<String> = []
    /// Config files that are named → the first file that names each.
    private(set) var configFiles: [String: String] = [:]
    private(set) var unitsWithinThemselves: [UnitDeclaration] = []

    init(files: [ParsedFile]) {
        roles = Array(repeating: .declarations, count: files.count)
        settleArtifacts(files)
        for (index, file) in files.enumerated() where !file.content.configFrom.isEmpty {
            guard case .declarations = roles[index] else { continue }
            for path in file.content.configFrom where configFiles[path] == nil {
                configFiles[path] = file.path
            }
        }
        guard !configFiles.isEmpty else { return }
        for (index, file) in files.enumerated() {
            // A declaration stays one, whoever names it: its name in a configFrom is reported instead.
            guard case .declarations = roles[index], let by = configFiles[file.path],
                !file.content.holdsDeclarations
            else { continue }
            roles[index] = .config(by: by)
        }
    }

    private mutating func settleArtifacts(_ files: [ParsedFile]) {
        // Which files take each directory.
        var takers: [String: [Int]] = [:]
        for (index, file) in files.enumerated() {
            for directory in file.content.artifactDirectories { takers[directory, default: []].append(index) }
        }
        guard !takers.isEmpty else { return }
        let ordered = takers.keys.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        for directory in ordered {
            let standing = (takers[directory] ?? []).filter { enclosing(files[$0].path) == nil }
            let outside = standing.filter { !SourcePath.contains(directory, files[$0].path) }
            if !outside.isEmpty {
                directories.insert(directory)
            } else {
                for index in standing { addWithinItself(files[index], directory) }
            }
        }
        markPackaged(files)
    }

    private mutating func addWithinItself(_ file: ParsedFile, _ directory: String) {
        for unit in file.content.units where unit.declaration.artifact?.directory == directory {
            unitsWithinThemselves.append(unit.declaration)
        }
    }

    /// Neighbouring files mostly share a directory, so its answer is kept.
    private mutating func markPackaged(_ files: [ParsedFile]) {
        guard !directories.isEmpty else { return }
        var lastParent: Substring?
        var lastAnswer: String?
        for (index, file) in files.enumerated() {
            let parent = file.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { file.path[..<$0] } ?? ""
            if parent != lastParent {
                lastParent = parent
                lastAnswer = enclosing(file.path)
            }
            if let lastAnswer { roles[index] = .artifact(directory: lastAnswer) }
        }
    }

    /// The artifact's directory that a path lies in.
    private func enclosing(_ path: String) -> String? {
        var parent = SourcePath.parent(of: path)
        while !parent.isEmpty {
            if directories.contains(parent) { return parent }
            parent = SourcePath.parent(of: parent)
        }
        return directories.contains("") ? "" : nil
    }
}
