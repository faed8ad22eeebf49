extension Assembler {
    /// The listing's entries at some paths.
    private func entries(at paths: Set<String>) -> [String: SourceListing.Entry] {
        var found: [String: SourceListing.Entry] = [:]
        guard !paths.isEmpty else { return found }
        for entry in listing.entries where paths.contains(entry.path) { found[entry.path] = entry }
        return found
    }

    // MARK: Artifacts

    /// Every artifact in the repository must be a directory of the listing, with nothing in it that a package
    /// cannot hold, or a file.
    mutating func checkArtifacts(_ layout: SourceLayout) {
        checkArchives()
        guard !layout.directories.isEmpty else { return }
        let found = entries(at: layout.directories)
        for unit in units.values.map(\.declaration) {
            guard let directory = unit.artifact?.directory, layout.directories.contains(directory) else {
                continue
            }
            let place = unit.source.location(of: "spec.artifact.source")
            guard let entry = found[directory] else {
                reportMissing(directory, place)
                continue
            }
            switch entry.kind {
            case .directory: snapshot.packageTrees[directory] = entry.id
            case .file, .executable:
                collector.add(
                    Diagnostic(
                        .artifactMissing, at: place, "the artifact '\(directory)' is a file, not a directory",
                        help: "name a directory, or say how the file is packed: format: tar.gz or zip"))
            case .symbolicLink:
                collector.add(
                    Diagnostic(
                        .symbolicLink, at: place, "the artifact '\(directory)' is a symbolic link",
                        help: "name the directory itself"))
            case .submodule:
                collector.add(Diagnostic(.submodule, at: place, "the artifact '\(directory)' is a submodule"))
            }
        }
        checkContents()
    }

    private mutating func checkArchives() {
        let named = units.values.map(\.declaration).filter { $0.artifact?.file != nil }
        guard !named.isEmpty else { return }
        let found = entries(at: Set(named.compactMap { $0.artifact?.file }))
        for unit in named.sorted(by: { $0.id < $1.id }) {
            guard let path = unit.artifact?.file else { continue }
            let place = unit.source.location(of: "spec.artifact.source")
            switch found[path]?.kind {
            case .file, .executable:
                if let entry = found[path] { snapshot.packageFiles[path] = entry.id }
                checkDigest(of: path, unit)
                guard lfsPointers.contains(path) else { continue }
                collector.add(
                    Diagnostic(
                        .lfsPointer, at: place, "the artifact '\(path)' is a Git LFS pointer, not the archive"
                    ))
            case .symbolicLink:
                collector.add(
                    Diagnostic(
                        .symbolicLink, at: place, "the artifact '\(path)' is a symbolic link",
                        help: "name the file itself"))
            case .submodule:
                collector.add(Diagnostic(.submodule, at: place, "the artifact '\(path)' is a submodule"))
            case .directory: reportUnpacked(path, place)
            case nil where listing.entries.contains { $0.path.hasPrefix(path + "/") }:
                reportUnpacked(path, place)
            case nil:
                let files = listing.entries.lazy.filter(\.isFile).map(\.path)
                let hint = EditDistance.suggestion(for: path, among: files)
                collector.add(
                    Diagnostic(.artifactMissing, at: place, "the source has no file '\(path)'\(hint)"))
            }
        }
    }

    private mutating func checkDigest(of path: String, _ unit: UnitDeclaration) {
        guard let declared = unit.artifact?.sha256, let digest = digests[path], digest != declared,
            !lfsPointers.contains(path)
        else { return }
        collector.add(
            Diagnostic(
                .artifactDigest, at: unit.source.location(of: "spec.artifact.sha256"),
                "the archive '\(path)' has another digest: \(digest)",
                help: "write that one, if it is the right file"))
    }

    private mutating func reportUnpacked(_ path: String, _ place: Location) {
        collector.add(
            Diagnostic(
                .artifactMissing, at: place, "the artifact '\(path)' is a directory, not an archive",
                help: "write 'format: dir', or name the archive"))
    }

    private mutating func reportMissing(_ directory: String, _ place: Location) {
        let directories = listing.entries.lazy.filter { $0.kind == .directory }.map(\.path)
        let hint = EditDistance.suggestion(for: directory, among: directories)
        collector.add(
            Diagnostic(.artifactMissing, at: place, "the source has no directory '\(directory)'\(hint)"))
    }

    private mutating func checkContents() {
        let suspicious = listing.entries.filter { entry in
            switch entry.kind {
            case .symbolicLink, .submodule: true
            case .file, .executable: lfsPointers.contains(entry.path)
            case .directory: false
            }
        }
        guard !suspicious.isEmpty else { return }
        for unit in units.values.map(\.declaration).sorted(by: { $0.id < $1.id }) {
            guard let directory = unit.artifact?.directory, snapshot.packageTrees[directory] != nil else {
                continue
            }
            for entry in suspicious where SourcePath.contains(directory, entry.path) {
                check(entry, within: directory, unit)
            }
        }
    }

    private mutating func check(
        _ entry: SourceListing.Entry, within directory: String, _ unit: UnitDeclaration
    ) {
        let place = Location(file: entry.path, line: 1, column: 1)
        let notes = [unitNote(unit, "spec.artifact.source", "the artifact of '\(unit.id)'")]
        switch entry.kind {
        case .submodule:
            collector.add(
                Diagnostic(
                    .submodule, at: place, "the artifact '\(directory)' holds a submodule", notes: notes))
        case .symbolicLink(let target):
            let resolved = SourcePath.resolve(target, from: SourcePath.parent(of: entry.path))
            if let resolved, SourcePath.contains(directory, resolved) { return }
            collector.add(
                Diagnostic(
                    .symbolicLink, at: place,
                    "the symbolic link to '\(target)' leaves the artifact '\(directory)'",
                    notes: notes))
        case .file, .executable:
            collector.add(
                Diagnostic(
                    .lfsPointer, at: place,
                    "the artifact '\(directory)' holds a Git LFS pointer instead of the file",
                    notes: notes))
        case .directory: break
        }
    }

    // MARK: Config files

    /// Takes the config files that Instances name, and reports those that cannot be had.
    mutating func addConfigs(_ layout: SourceLayout) {
        guard !layout.configFiles.isEmpty else { return }
        let found = entries(at: Set(layout.configFiles.keys))
        let parsed = Dictionary(configs.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        var usable: Set<String> = []
        for path in layout.configFiles.keys.sorted() {
            guard let config = parsed[path], let entry = found[path], entry.isFile else { continue }
            usable.insert(path)
            if config.isDeclaration { continue }
            collector.add(contentsOf: config.diagnostics)
            if let record = config.record { configRecords[path] = record }
        }
        let runners = schedules.compactMap(\.runner)
        for instance in (instances + runners).lazy.map(\.declaration) where !instance.configFrom.isEmpty {
            for (index, path) in instance.configFrom.enumerated() {
                let place = instance.source.location(of: "spec.configFrom[\(index)]")
                if !usable.contains(path) {
                    reportUnusable(path, found[path], place)
                } else if parsed[path]?.isDeclaration == true {
                    collector.add(
                        Diagnostic(
                            .configFileIsDeclaration, at: place,
                            "'\(path)' is a declaration, not a config file"))
                }
            }
        }
    }

    private mutating func reportUnusable(_ path: String, _ entry: SourceListing.Entry?, _ place: Location) {
        switch entry?.kind {
        case .symbolicLink(let target):
            collector.add(
                Diagnostic(
                    .symbolicLink, at: place, "'\(path)' is a symbolic link to '\(target)'",
                    help: "name the file itself"))
        case .submodule:
            collector.add(Diagnostic(.submodule, at: place, "'\(path)' is a submodule"))
        case .directory:
            collector.add(Diagnostic(.configFileShape, at: place, "'\(path)' is a directory, not a file"))
        case .file, .executable:
            collector.add(Diagnostic(.configFileMissing, at: place, "'\(path)' could not be read"))
        case nil:
            let files = listing.entries.lazy.filter(\.isFile).map(\.path)
            let hint = EditDistance.suggestion(for: path, among: files)
            collector.add(
                Diagnostic(.configFileMissing, at: place, "the source has no file '\(path)'\(hint)"))
        }
    }
}
