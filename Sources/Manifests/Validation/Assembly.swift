/// All files of one revision, put together and checked as a whole.
package struct Assembly: Sendable {
    /// nil where anything is wrong: a revision is accepted whole or not at all.
    package let snapshot: Snapshot?
    /// Errors and warnings by place; at most `DecodingLimits.diagnosticsMax`.
    package let diagnostics: [Diagnostic]
    /// How many more there are.
    package let dropped: Int
    /// Errors, those beyond the bound included.
    package let errorCount: Int
    /// By path.
    package let leftOut: [LeftOut]

    package var errors: [Diagnostic] { diagnostics.filter(\.isError) }
    package var warnings: [Diagnostic] { diagnostics.filter { !$0.isError } }

    /// Pure, and fast enough to be done whole at every commit.
    ///
    /// - Parameters:
    ///   - files: one for each candidate of the selection, best in the same order. A candidate without one is
    ///     an error: a file that could not be read is not a file that is gone.
    ///   - configs: one for each path of `ParsedFile.configPaths` that the listing has as a file.
    ///   - lfsPointers: those paths of `Assembly.possiblePointers` that hold a Git LFS pointer.
    ///   - digests: SHA-256 of archives, as far as somebody has read them whole; an agent does so later.
    package static func assemble(
        listing: SourceListing, selection: SourceSelection, files: [ParsedFile], configs: [ParsedConfig],
        lfsPointers: Set<String> = [], digests: [String: String] = [:]
    ) -> Assembly {
        var assembler = Assembler(listing: listing, files: files, configs: configs, lfsPointers: lfsPointers)
        assembler.digests = digests
        assembler.leftOut = selection.leftOut
        assembler.collector.add(contentsOf: selection.diagnostics)
        assembler.checkCompleteness(selection.candidates)
        return assembler.assemble()
    }

    /// Small files within artifacts, or in place of one, which could be Git LFS pointers: who has the bytes
    /// should look at them with `GitLFS.isPointer`.
    package static func possiblePointers(listing: SourceListing, files: [ParsedFile]) -> [String] {
        let directories = Set(files.flatMap(\.content.artifactDirectories))
        let archives = Set(files.flatMap(\.content.artifactFiles))
        guard !directories.isEmpty || !archives.isEmpty else { return [] }
        return listing.entries.filter { entry in
            (entry.kind == .file || entry.kind == .executable) && GitLFS.pointerBytes.contains(entry.size)
                && (archives.contains(entry.path)
                    || directories.contains { SourcePath.contains($0, entry.path) })
        }.map(\.path)
    }
}

/// The state of one assembly; each step adds to it or to the findings.
struct Assembler {
    let listing: SourceListing
    let files: [ParsedFile]
    let configs: [ParsedConfig]
    let lfsPointers: Set<String>
    var digests: [String: String] = [:]
    var collector = DiagnosticCollector(limit: DecodingLimits.assemblyDiagnosticsMax)
    var leftOut: [LeftOut] = []
    /// Everything but Units, Instances and Schedules, which are put in at the end, if all is right.
    var snapshot = Snapshot()
    var units: [UnitID: UnitRecord] = [:]
    /// In the order of the files, each name once.
    var instances: [InstanceRecord] = []
    /// Where each Instance stands in `instances`.
    var indexByName: [String: Int] = [:]
    /// Which Unit each of `instances` picks.
    var picks: [UnitRecord?] = []
    /// Restart policies whose default depends on the Unit.
    var settledRestarts: [String: RestartPolicy] = [:]
    /// In the order of the files, each name once, with where each stands.
    var schedules: [ScheduleRecord] = []
    var scheduleIndex: [String: Int] = [:]
    /// Which Unit each of `schedules` runs.
    var schedulePicks: [UnitRecord?] = []
    var configRecords: [String: ConfigRecord] = [:]
    /// Declared versions by name of the Unit.
    var versions: [String: [SemanticVersion]] = [:]
    /// Names of declarations that are there and broken.
    var brokenUnits: Set<String> = []
    var brokenInstances: Set<String> = []
    var brokenSchedules: Set<String> = []

    init(listing: SourceListing, files: [ParsedFile], configs: [ParsedConfig], lfsPointers: Set<String>) {
        self.listing = listing
        self.files = files
        self.configs = configs
        self.lfsPointers = lfsPointers
    }

    /// Whoever reads files may fail to; what they declare must not seem deleted then.
    mutating func checkCompleteness(_ candidates: [SourceListing.Entry]) {
        if candidates.elementsEqual(files, by: { $0.path == $1.path }) { return }
        let given = Set(files.lazy.map(\.path))
        for candidate in candidates where !given.contains(candidate.path) {
            let place = Location(file: candidate.path, line: 1, column: 1)
            collector.add(Diagnostic(.unreadableFile, at: place, "the file could not be read"))
        }
    }

    mutating func assemble() -> Assembly {
        let layout = SourceLayout(files: files)
        let kept = leaveOut(layout)
        collect(kept)
        checkArtifacts(layout)
        addConfigs(layout)
        resolveUnits()
        checkDependencies()
        checkSchedules()
        checkPorts()
        checkSurge()
        checkConfigs()
        if collector.errorCount == 0 { fillSnapshot() }
        let found = collector.sorted()
        let shown = found.prefix(DecodingLimits.diagnosticsMax)
        let droppedByFiles = files.reduce(0) { $0 + $1.content.dropped }
        return Assembly(
            snapshot: collector.errorCount == 0 ? snapshot : nil, diagnostics: Array(shown),
            dropped: collector.dropped + droppedByFiles + found.count - shown.count,
            errorCount: collector.errorCount, leftOut: leftOut.sorted())
    }

    /// The wide values are copied here, once, and only if the revision is valid.
    private mutating func fillSnapshot() {
        snapshot.units.reserveCapacity(units.count)
        for (id, unit) in units { snapshot.units[id] = unit.declaration }
        for (path, record) in configRecords { snapshot.configFiles[path] = record.file }
        snapshot.instances.reserveCapacity(instances.count)
        snapshot.resolvedUnits.reserveCapacity(instances.count)
        for (record, unit) in zip(instances, picks) {
            snapshot.instances[record.name] = record.declaration
            if let unit { snapshot.resolvedUnits[record.name] = unit.id }
        }
        for (record, unit) in zip(schedules, schedulePicks) {
            snapshot.schedules[record.name] = record.declaration
            if let unit { snapshot.scheduleUnits[record.name] = unit.id }
        }
        for (name, restart) in settledRestarts { snapshot.instances[name]?.overrides.restart = restart }
    }

    /// Takes out what is configuration or part of a package; reports Units within their own artifact.
    private mutating func leaveOut(_ layout: SourceLayout) -> [ParsedFile] {
        var kept: [ParsedFile] = []
        kept.reserveCapacity(files.count)
        for (file, role) in zip(files, layout.roles) {
            switch role {
            case .declarations: kept.append(file)
            case .config(let by):
                leftOut.append(LeftOut(path: file.path, reason: "a config file of \(by)"))
            case .artifact(let directory):
                leftOut.append(LeftOut(path: file.path, reason: "part of the artifact \(directory)"))
            }
        }
        for unit in layout.unitsWithinThemselves {
            let directory = unit.artifact?.directory ?? ""
            collector.add(
                Diagnostic(
                    .artifactContainsUnit, at: unit.source.location(of: "spec.artifact.source"),
                    "the artifact '\(directory.isEmpty ? "." : directory)' holds the file that declares it"))
        }
        return kept
    }
}
