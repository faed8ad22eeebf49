package import Manifests
package import Reconciler

/// A revision, read as far as it went.
package struct RevisionReading: Sendable {
    package enum Result: Sendable {
        case valid(Snapshot, content: SourceContent)
        /// Rendered diagnostics, errors first.
        case invalid([String])
        case failed(SourceFailure)
        /// It would lose the accepted revision; not read further.
        case rewound(Rewind)
    }
    package var revision: Revision
    package var result: Result
    /// What is wrong, of an invalid one: the diagnostics that `result` has as text, in the same order.
    package var diagnostics: [Diagnostic] = []
    /// Commits that approve plans: the revision itself, and those between it and the held one. Who signed
    /// the latter is not known here.
    package var approvals: [ApprovingCommit] = []
    /// What was held when that was asked.
    package var held: RevisionID?
    /// What came with the held revision, where something approves.
    package var broughtAlong: [RevisionID] = []
}

/// Reads revisions into snapshots. Of one that follows what was read last only the difference is read, and
/// files whose blob did not change are not parsed again.
package actor RevisionReader {
    nonisolated let source: any SourcePort
    /// What was read last, and of which revision; nil: of none that the repository has whole.
    private var last: (pass: SourcePass, revision: RevisionID?)?

    package init(source: any SourcePort) { self.source = source }

    /// - Parameters:
    ///   - held: what waits for an approval meanwhile.
    ///   - accepted: what is in force; nothing of it may be lost unless the rules say so.
    package func read(
        _ revision: Revision, held: RevisionID? = nil, after accepted: Revision? = nil,
        rules: RewindRules = RewindRules()
    ) async -> RevisionReading {
        do throws(SourceFailure) {
            if let accepted, rules.mustAsk(accepted: accepted, candidate: revision) {
                let ancestry = try await source.ancestry(of: accepted.id, in: revision.id)
                if let rewind = rules.judge(accepted: accepted, candidate: revision, ancestry) {
                    return RevisionReading(revision: revision, result: .rewound(rewind))
                }
            }
            var reading = RevisionReading(revision: revision, result: .invalid([]))
            if let held, held != revision.id { try await approve(held, after: accepted, &reading) }
            var pass = try await begin(revision.id)
            // Whatever comes of it, the next revision is read by what differs from this one.
            defer { last = (pass, revision.id) }
            try await complete(&pass, of: revision.id)
            let assembly = pass.assemble()
            if let snapshot = assembly.snapshot {
                reading.result = .valid(snapshot, content: pass.content())
            } else {
                reading.result = .invalid(pass.render(assembly.errors))
                reading.diagnostics = assembly.errors
            }
            return reading
        } catch {
            source.couldNotRead(revision.id, because: error)
            return RevisionReading(revision: revision, result: .failed(error))
        }
    }

    /// Whether something between the held revision and this one, or this one itself, approves.
    private func approve(
        _ held: RevisionID, after accepted: Revision?, _ reading: inout RevisionReading
    ) async throws(SourceFailure) {
        let revision = reading.revision
        reading.held = held
        guard try await source.ancestry(of: held, in: revision.id) == .ancestor else {
            if revision.approves != nil {
                reading.approvals = [ApprovingCommit(revision: revision, descendsFromHeld: false)]
            }
            return
        }
        var found = try await source.approvals(after: held, upTo: revision)
        if revision.approves != nil { found.append(revision) }
        reading.approvals = found.map { ApprovingCommit(revision: $0, descendsFromHeld: true) }
        guard !found.isEmpty, let accepted else { return }
        do throws(SourceFailure) {
            reading.broughtAlong = try await source.commits(after: accepted.id, upTo: held)
        } catch {
            // The accepted commit may be gone: whoever signed the held one is known all the same.
            if error.isOfReader { throw error }
        }
    }

    /// The listing of a revision, ready to be read: by what differs from the last one, where that can be
    /// told.
    private func begin(_ revision: RevisionID) async throws(SourceFailure) -> SourcePass {
        guard var pass = last?.pass else {
            return SourcePass(listing: try await source.listing(of: revision))
        }
        if let known = last?.revision, let changes = try await changes(from: known, to: revision),
            pass.canGoOn(with: changes)
        {
            // Nobody else may have the pass while it is changed, or all of it is copied.
            last = nil
            pass.goOn(with: changes)
            return pass
        }
        return SourcePass(listing: try await source.listing(of: revision), after: pass)
    }

    /// nil: the repository cannot tell (the old commit may be gone); reading all of it does.
    private func changes(
        from old: RevisionID, to new: RevisionID
    ) async throws(SourceFailure) -> SourceChanges? {
        do throws(SourceFailure) {
            return try await source.changes(from: old, to: new)
        } catch {
            if error.isOfReader { throw error }
            return nil
        }
    }

    /// What to read depends on what was read: `.plumbignore`, then declarations, then the files they name.
    private func complete(_ pass: inout SourcePass, of revision: RevisionID) async throws(SourceFailure) {
        while case let missing = pass.missingBlobs(), !missing.isEmpty {
            pass.supply(try await source.blobs(missing))
        }
        let suspects = pass.suspectedPointers()
        if !suspects.isEmpty {
            pass.supplyPointers(try await source.pointers(among: suspects), among: suspects)
        }
        var trees: [String: String] = [:]
        for directory in pass.missingTrees() {
            trees[directory] = try await source.tree(of: revision, path: directory)
        }
        pass.supplyTrees(trees)
        pass.settle()
    }

    /// The snapshot of a stored source; nil if this version cannot read it.
    package func restore(_ accepted: AcceptedSource) -> Snapshot? {
        SourceContent(encoded: accepted.content).flatMap { restore($0) }
    }

    func restore(_ content: SourceContent) -> Snapshot? {
        var pass = SourcePass(listing: content.listing)
        pass.supply(content.blobs)
        guard pass.missingBlobs().isEmpty else { return nil }
        // Only what it was made of was kept, so that it is no listing to go on from.
        last = (pass, nil)
        return pass.assemble().snapshot
    }

    /// The same without its Schedules: what an earlier version took for one, and did not act on, may be none
    /// by the rules of this one, and must not take along what runs.
    package func restoreWithoutSchedules(_ content: SourceContent) -> Snapshot? {
        var pass = SourcePass(listing: content.listing, leavingOut: [.schedule])
        pass.supply(content.blobs)
        guard pass.missingBlobs().isEmpty else { return nil }
        return pass.assemble().snapshot
    }
}
