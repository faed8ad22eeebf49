import Manifests
import Reconciler

extension AgentLoop {
    /// The newest commit wins: one that is overtaken while another is read is never read at all.
    func seen(_ revision: Revision) {
        source.seen = revision
        if source.ref.isEmpty { source.ref = revision.ref }
        if reading != nil {
            next = revision
            return
        }
        if revision.id == source.accepted?.id && isAcceptedRead {
            source.diagnostics = []
            conditions.clear(.invalid)
            notRewound()
            return
        }
        reading = revision.id
        let (reader, mailbox, rules, accepted) = (reader, mailbox, rewindRules, source.accepted)
        Task { mailbox.post(.revisionRead(await reader.read(revision, after: accepted, rules: rules))) }
    }

    func read(_ reading: RevisionReading, at moment: Moment) {
        self.reading = nil
        switch reading.result {
        case .failed(let failure): unreadable(failure, at: moment)
        case .rewound(let rewind):
            readable(at: moment)
            rewound(rewind, at: moment)
        case .invalid(let diagnostics): invalid(reading.revision, diagnostics, at: moment)
        case .valid(let snapshot, let content):
            readable(at: moment)
            notRewound()
            accept(reading.revision, snapshot, content, at: moment)
        }
        if let newer = next {
            next = nil
            if newer.id != reading.revision.id { seen(newer) }
        }
    }

    private func invalid(_ revision: Revision, _ diagnostics: [String], at moment: Moment) {
        readable(at: moment)
        notRewound()
        let isNews = source.diagnostics != diagnostics
        source.diagnostics = Array(diagnostics.prefix(SourceStatus.diagnosticsMax))
        let first = diagnostics.first.map { $0.prefix { $0 != "\n" } } ?? ""
        let message =
            "\(revision.short) by \(revision.author) is not applied: \(first)"
            + (diagnostics.count > 1 ? " (and \(diagnostics.count - 1) more)" : "")
        conditions.set(
            .invalid, true, reason: "InvalidManifests", message: message, at: moment.wall,
            revision: revision.id)
        guard isNews else { return }
        note(.revisionInvalid, message, revision: revision)
        batch.revisions.append(
            RevisionOutcome(revision: revision, outcome: .invalid, message: message, at: moment.wall))
    }

    private func accept(
        _ revision: Revision, _ snapshot: Snapshot, _ content: [UInt8], at moment: Moment
    ) {
        // After a start the accepted revision is read once more: the settings may name another path by now.
        let isNews = revision.id != source.accepted?.id || content != storedContent
        let desired = resolver.resolve(snapshot, revision: revision, node: settings.node)
        world.accept(desired, at: moment, quietly: !isNews)
        world.dropStalePreparations()
        if let reason = holdsOneshots {
            world.holdOneshots(reason: reason)
            holdsOneshots = nil
        }
        source.diagnostics = []
        conditions.clear(.invalid)
        isAcceptedRead = true
        guard isNews else { return }
        source.accepted = revision
        source.acceptedAt = moment.wall
        reader.source.accepted(revision.id)
        storedContent = content
        batch.accepted = AcceptedSource(revision: revision, acceptedAt: moment.wall, content: content)
        batch.revisions.append(
            RevisionOutcome(
                revision: revision, outcome: .accepted, message: revision.subject, at: moment.wall))
    }
}
