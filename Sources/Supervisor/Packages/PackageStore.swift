import Glibc
package import Reconciler

/// The content-addressed directory of packages: `<unit>/<version>-<contents>/`, read-only, complete or
/// absent.
///
/// A package is there once its marker is: a file beside it that is written last. The marker's time is when
/// the package was last asked for.
package actor PackageStore {
    let directory: String
    private let source: any PackageSource
    private let settings: ArtifactSettings
    /// The program that unpacks; see `ArchiveReader`.
    private let unpacker: String
    /// What is being written now, so that every replica waits for one and the same writing.
    private var inProgress: [String: Task<Void, any Error>] = [:]
    /// What was needed at the last look: what no longer is has its time of grace from now on.
    var neededLast: Set<String> = []
    /// Archives that could not be had, and when that is tried again.
    private var refusals: [ArchiveReference: Refusal] = [:]
    /// Contents of archives that were unpacked and are no package: that is not tried again in this life. By
    /// what names them, and the unit.
    private(set) var unfit: [String: PreparationFailure] = [:]
    private let turns = Turns(SupervisorLimits.packagesAtOnceMax)
    /// Servers that hang must not keep a package from being written that is at hand.
    private let fetchTurns = Turns(SupervisorLimits.fetchesAtOnceMax)

    static let markerSuffix = ".complete"
    static let temporaryPrefix = "new-"
    static let leavingPrefix = "old-"
    private static let incoming = ".incoming"
    private static let digestDigits = 40

    private struct Refusal {
        var failure: PreparationFailure
        var count: Int
        var until: Instant
    }

    package init(
        directory: String, source: any PackageSource, settings: ArtifactSettings = ArtifactSettings(),
        unpacker: String = ""
    ) {
        self.directory = directory
        self.source = source
        self.settings = settings
        self.unpacker = unpacker
    }

    /// Where the package stands or will stand.
    package nonisolated func path(of package: PackageReference) -> String {
        "\(directory)/\(Self.key(package))"
    }

    /// The key by which `collect` knows a package.
    package static func key(_ package: PackageReference) -> String {
        "\(package.unit)/\(package.version)-\(package.tree.prefix(digestDigits))"
    }

    package nonisolated func isPresent(_ package: PackageReference) -> Bool {
        let path = path(of: package)
        return access(path + Self.markerSuffix, F_OK) == 0 && access(path, F_OK) == 0
    }

    /// Makes sure that the package is there as a whole.
    package func materialise(_ package: PackageReference) async throws(PreparationFailure) {
        guard !isPresent(package) else { return touch(Self.key(package)) }
        let key = Self.key(package)
        guard Self.isPlain(package.unit), Self.isPlain(package.version), Self.isPlain(package.tree) else {
            throw PreparationFailure(
                code: "package-name", message: "'\(key)' cannot name a package",
                remedy: "check unit and version")
        }
        if package.archive != nil, let known = unfit[key] { throw known }
        if let archive = package.archive, let known = refusals[archive], known.until > .current {
            throw known.failure
        }
        let task = inProgress[key] ?? write(package, key)
        inProgress[key] = task
        let result = await task.result
        // Somebody else may have begun anew in between.
        if inProgress[key] == task { inProgress[key] = nil }
        guard case .failure(let error) = result else {
            if let archive = package.archive { refusals[archive] = nil }
            return
        }
        let failure = failure(error, of: package)
        if package.archive != nil, let problem = error as? PackageContents.Problem, problem.isFinal {
            if unfit.count >= SupervisorLimits.refusalsMax { unfit = [:] }
            unfit[key] = failure
        }
        throw remember(failure, of: package)
    }

    private func write(_ package: PackageReference, _ key: String) -> Task<Void, any Error> {
        let writer = PackageWriter(
            final: "\(directory)/\(key)",
            temporary: "\(directory)/\(package.unit)/\(Self.temporaryPrefix)\(package.tree)",
            marker: "\(directory)/\(key)\(Self.markerSuffix)")
        let fetch = package.archive.map { archive in
            ArchiveFetch(
                archive: archive, settings: settings, source: source,
                directory: "\(directory)/\(Self.incoming)",
                name: "\(package.unit)-\(package.version)-\(package.tree)")
        }
        return Task(executorPreference: PackageExecutor.shared) {
            [source, settings, unpacker, turns, fetchTurns] in
            var file: ArtifactFile?
            if let fetch { file = try await fetchTurns.during { try await fetch.run() } }
            try await turns.during { [file] in
                do {
                    if let fetch, let file {
                        try writer.write(
                            archive: file, format: fetch.archive.format, unpacker: unpacker,
                            bytesMax: settings.unpackedBytesMax)
                    } else {
                        try await writer.write(tree: package.tree, from: source)
                    }
                } catch {
                    // What is half there must not take the room that others need.
                    DirectoryTree.remove(writer.temporary)
                    throw error
                }
            }
        }
    }

    /// An archive that could not be had is not fetched at each question: a server, and a line, are others'.
    private func remember(_ failure: PreparationFailure, of package: PackageReference) -> PreparationFailure {
        guard let archive = package.archive, failure.code != "package-source" else { return failure }
        var known = refusals[archive] ?? Refusal(failure: failure, count: 0, until: .current)
        // Whoever has waited for the same attempt counts it once.
        if known.until > .current, known.count > 0 { return failure }
        let last = failure.isTransient ? SupervisorLimits.fetchPauseMax : SupervisorLimits.refusedPauseMax
        let pause = SupervisorLimits.fetchPauseFirst * (1 << min(known.count, 12))
        known = Refusal(failure: failure, count: known.count + 1, until: .current + min(pause, last))
        if refusals.count >= SupervisorLimits.refusalsMax {
            let now = Instant.current
            refusals = refusals.filter { $0.value.until > now }
        }
        refusals[archive] = known
        return failure
    }

    private func failure(_ error: any Error, of package: PackageReference) -> PreparationFailure {
        let subject = "the package \(package.unit)@\(package.version)"
        switch error {
        case let failure as PreparationFailure:
            var told = failure
            told.message = "\(subject): \(failure.message)"
            return told
        case let problem as PackageContents.Problem:
            let place = package.archive.map { "\($0.source), " } ?? ""
            return PreparationFailure(
                code: problem.code, message: "\(subject): \(place)\(problem.message)",
                remedy: package.archive == nil
                    ? "mend the artifact's directory and commit"
                    : "pack it anew, and commit its digest")
        case let refusal as ArchiveExtraction.Refusal:
            return PreparationFailure(
                code: "unpacker", message: "\(subject): \(refusal.message)",
                remedy: "mend the host; it is tried again by itself", isTransient: true)
        case let error as SystemError:
            var told = PreparationFailure.disk(error, directory)
            told.message = "\(subject): \(told.message)"
            return told
        default:
            // The repository may be unreadable for a moment; unknown is not absent.
            return PreparationFailure(
                code: "package-source", message: "\(subject) cannot be read: \(error)",
                remedy: "check the repository", isTransient: true)
        }
    }

    /// Removes what an interrupted writing left. Call before the first `materialise`.
    package func removeTorn() {
        DirectoryTree.remove("\(directory)/\(Self.incoming)")
        for unit in directoryNames(directory) {
            let parent = "\(directory)/\(unit)"
            for name in directoryNames(parent) where !name.hasSuffix(Self.markerSuffix) {
                if access("\(parent)/\(name)\(Self.markerSuffix)", F_OK) != 0 {
                    DirectoryTree.remove("\(parent)/\(name)")
                }
            }
        }
    }

    func isBeingWritten(_ key: String) -> Bool { inProgress[key] != nil }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.utf8.contains(0)
    }
}
