/// Which files are declarations, which are configuration, and which belong to packages.
///
/// A file's role depends on what other files declare, and what those declare counts only if they are
/// declarations themselves. The answer does not depend on the order of the files.
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

    /// Rounds in which packages may turn out to lie within one another.
    private static let roundsMax = 64

    private enum Standing { case open, declares, isPackaged }

    /// A file that takes a directory declares something only if it is part of no package itself, which
    /// depends on the files that take the directories above it.
    private mutating func settleArtifacts(_ files: [ParsedFile]) {
        var takers = files.indices.filter { !files[$0].content.artifactDirectories.isEmpty }
        guard !takers.isEmpty else { return }
        takers.sort { files[$0].path < files[$1].path }
        var standing = [Standing](repeating: .open, count: takers.count)
        for round in 1... {
            let taken = Self.taken(files, takers, standing)
            var isSettled = true
            var changes = false
            for (number, file) in takers.enumerated() where standing[number] == .open {
                let above = Self.ancestors(of: files[file].path)
                if above.contains(where: taken.surely.contains) {
                    standing[number] = .isPackaged
                } else if !above.contains(where: taken.perhaps.contains) {
                    standing[number] = .declares
                } else {
                    isSettled = false
                    continue
                }
                changes = true
            }
            if isSettled { break }
            // Packages within one another in a circle: the first by path breaks it.
            if !changes || round == Self.roundsMax, let first = standing.firstIndex(of: .open) {
                standing[first] = .declares
                if round >= Self.roundsMax {
                    for number in standing.indices where standing[number] == .open {
                        standing[number] = .declares
                    }
                    break
                }
            }
        }
        directories = Self.taken(files, takers, standing).surely
        for (number, file) in takers.enumerated() where standing[number] == .declares {
            for directory in files[file].content.artifactDirectories
            where SourcePath.contains(directory, files[file].path) && !directories.contains(directory) {
                addWithinItself(files[file], directory)
            }
        }
        markPackaged(files)
    }

    /// Directories that a file outside of them takes: one that surely declares, or one that perhaps does.
    private static func taken(
        _ files: [ParsedFile], _ takers: [Int], _ standing: [Standing]
    ) -> (surely: Set<String>, perhaps: Set<String>) {
        var surely: Set<String> = []
        var perhaps: Set<String> = []
        for (number, file) in takers.enumerated() where standing[number] != .isPackaged {
            for directory in files[file].content.artifactDirectories
            where !SourcePath.contains(directory, files[file].path) {
                if standing[number] == .declares {
                    surely.insert(directory)
                } else {
                    perhaps.insert(directory)
                }
            }
        }
        return (surely, perhaps)
    }

    private static func ancestors(of path: String) -> [String] {
        var result: [String] = []
        var parent = SourcePath.parent(of: path)
        while !parent.isEmpty {
            result.append(parent)
            parent = SourcePath.parent(of: parent)
        }
        return result + [""]
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
