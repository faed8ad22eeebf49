package import Manifests
package import Reconciler

/// A revision, read as far as it went.
package struct RevisionReading: Sendable {
    package enum Result: Sendable {
        case valid(Snapshot, content: [UInt8])
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
    /// The held revision that it approves and descends from.
    package var heldAncestor: RevisionID?
}

/// Reads revisions into snapshots. Files whose blob did not change are not parsed again.
package actor RevisionReader {
    nonisolated let source: any SourcePort
    private var cache = SourceCache()

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
            var ancestor: RevisionID?
            if let held, held != revision.id, revision.approves != nil,
                try await source.ancestry(of: held, in: revision.id) == .ancestor
            {
                ancestor = held
            }
            let listing = try await source.listing(of: revision.id)
            var pass = SourcePass(listing: listing, cache: cache)
            // What to read depends on what was read: `.plumbignore`, then declarations, then the files they
            // name.
            while case let missing = pass.missingBlobs(), !missing.isEmpty {
                pass.supply(try await source.blobs(missing))
            }
            let suspects = pass.suspectedPointers()
            if !suspects.isEmpty {
                pass.supplyPointers(try await source.pointers(among: suspects), among: suspects)
            }
            var trees: [String: String] = [:]
            for directory in pass.missingTrees() {
                trees[directory] = try await source.tree(of: revision.id, path: directory)
            }
            pass.supplyTrees(trees)
            let assembly = pass.assemble()
            cache = pass.takeCache()
            guard let snapshot = assembly.snapshot else {
                return RevisionReading(
                    revision: revision, result: .invalid(pass.render(assembly.errors)),
                    diagnostics: assembly.errors)
            }
            return RevisionReading(
                revision: revision, result: .valid(snapshot, content: pass.content().encoded()),
                heldAncestor: ancestor)
        } catch {
            source.couldNotRead(revision.id, because: error)
            return RevisionReading(revision: revision, result: .failed(error))
        }
    }

    /// The snapshot of a stored source; nil if this version cannot read it.
    package func restore(_ accepted: AcceptedSource) -> Snapshot? {
        guard let content = SourceContent(encoded: accepted.content) else { return nil }
        var pass = SourcePass(listing: content.listing, cache: cache)
        pass.supply(content.blobs)
        guard pass.missingBlobs().isEmpty else { return nil }
        let assembly = pass.assemble()
        cache = pass.takeCache()
        return assembly.snapshot
    }
}
