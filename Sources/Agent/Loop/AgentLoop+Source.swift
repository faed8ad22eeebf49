import Manifests
import Reconciler

extension AgentLoop {
    /// The newest commit wins: one that is overtaken while another is read is never read at all.
    func seen(_ revision: Revision) {
        source.seen = revision
        if let unreadRevision, unreadRevision != revision.id { readable(at: clock.now()) }
        if revision.id != source.accepted?.id { recorder.seen(revision, at: clock.now()) }
        if source.ref.isEmpty { source.ref = revision.ref }
        // The same commit may be reached by another tag now.
        if revision.id == source.accepted?.id { source.accepted?.ref = revision.ref }
        if reading != nil {
            next = revision
            return
        }
        if revision.id == source.accepted?.id && isAcceptedRead {
            source.diagnostics = []
            conditions.clear(.invalid)
            notRewound()
            dropHold(because: "the accepted \(revision.short) is the newest revision again")
            if trust == nil { return }
        }
        examine(revision)
    }

    func read(_ reading: RevisionReading, at moment: Moment) {
        recorder.passed(.decoded, reading.revision.id, at: moment)
        switch reading.result {
        case .failed(let failure): couldNotRead(reading.revision.id, failure, at: moment)
        case .rewound(let rewind):
            readable(at: moment)
            rewound(rewind, at: moment)
        case .invalid(let diagnostics): invalid(reading.revision, diagnostics, at: moment)
        case .valid(let snapshot, let content):
            readable(at: moment)
            notRewound()
            approve(byCommit: reading, at: moment)
            consider(reading.revision, snapshot, content, at: moment)
        }
        finishReading(of: reading.revision.id)
    }

    /// Nothing more is to be done about a revision; on to the newest that was seen meanwhile.
    func finishReading(of revision: RevisionID) {
        reading = nil
        tellOfTrouble(at: clock.now())
        if let newer = next {
            next = nil
            if newer.id != revision { seen(newer) }
        }
        judgeAgainIfNeeded()
    }

    private func invalid(_ revision: Revision, _ diagnostics: [String], at moment: Moment) {
        readable(at: moment)
        notRewound()
        dropHold(because: "\(revision.short) is newer, and invalid")
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
        recorder.refused(revision.id, outcome: .invalid)
        batch.revisions.append(
            RevisionOutcome(revision: revision, outcome: .invalid, message: message, at: moment.wall))
    }

    func accept(_ candidate: Candidate, at moment: Moment) {
        let (revision, desired) = (candidate.revision, candidate.desired)
        // After a start the accepted revision is read once more: the settings may be others by now.
        let isNews =
            revision.id != source.accepted?.id || storedContent.map { $0 != candidate.content } ?? false
            || world.desired.map { $0.node != desired.node } ?? false
        world.accept(desired, at: moment, quietly: !isNews)
        schedules.accept(desired, at: moment, in: surroundings())
        world.dropStalePreparations(keeping: schedules.specHashes)
        if let reason = holdsOneshots {
            world.holdOneshots(reason: reason)
            holdsOneshots = nil
        }
        gates.accepted(candidate.plan, desired, at: moment)
        isAcceptedRead = true
        storedContent = nil
        guard isNews else { return }
        recorder.accepted(revision, at: moment)
        source.accepted = revision
        source.acceptedAt = moment.wall
        reader.source.accepted(revision.id)
        batch.accepted = AcceptedSource(
            revision: revision, acceptedAt: moment.wall, source: candidate.content)
        batch.revisions.append(
            RevisionOutcome(
                revision: revision, outcome: .accepted, message: revision.subject, at: moment.wall))
    }
}
