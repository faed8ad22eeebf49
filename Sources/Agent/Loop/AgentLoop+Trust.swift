import Reconciler

extension AgentLoop {
    /// A revision's way to its reading: judged first, where anything is judged at all.
    func examine(_ revision: Revision) {
        reading = revision.id
        let mailbox = mailbox
        guard let trust else { return fetchContents(of: revision) }
        mustJudgeAgain = false
        Task { mailbox.post(.revisionJudged(revision, await trust.judge(revision))) }
    }

    private func fetchContents(of revision: Revision) {
        let (reader, mailbox, trust) = (reader, mailbox, trust)
        let held = settings.gates.approvers == nil ? nil : gates.memory.held?.revision.id
        let (accepted, rules) = (source.accepted, rewindRules)
        Task {
            var reading = await reader.read(revision, held: held, after: accepted, rules: rules)
            if let trust, !reading.approvals.isEmpty { await reading.nameSigners(trust) }
            mailbox.post(.revisionRead(reading))
        }
    }

    func judged(_ revision: Revision, _ verdict: TrustVerdict, at moment: Moment) {
        switch verdict {
        case .trusted(let signer):
            conditions.clear(.rejected)
            conditions.clear(.trustUnavailable)
            var revision = revision
            revision.signer = signer
            if source.seen?.id == revision.id { source.seen?.signer = signer }
            recorder.passed(.verified, revision.id, at: moment)
            if revision.id != source.accepted?.id || !isAcceptedRead { return fetchContents(of: revision) }
        case .untrusted(let reason):
            conditions.clear(.trustUnavailable)
            reject(revision, reason, at: moment)
        case .undecided(let failure): cannotJudge(revision, failure, at: moment)
        case .unreadable(let failure): couldNotRead(revision.id, failure, at: moment)
        }
        finishReading(of: revision.id)
    }

    /// Nothing is changed by it: what was accepted before stays in force.
    private func reject(_ revision: Revision, _ untrusted: Untrusted, at moment: Moment) {
        readable(at: moment)
        let isAccepted = revision.id == source.accepted?.id
        let about =
            untrusted.commit == revision.id
            ? "" : "commit \(untrusted.commit) by \(untrusted.author), which leads to it: "
        let outcome = isAccepted ? "would be rejected now, and stays in force" : "is rejected"
        let message =
            "\(revision.short) by \(revision.author) \(outcome): \(about)\(untrusted.message)"
            + (untrusted.advice.isEmpty ? "" : "; \(untrusted.advice)")
        let known = conditions.list.first { $0.type == .rejected }
        let isNews = known?.observedRevision != revision.id || known?.message != message
        source.diagnostics = []
        conditions.clear(.invalid)
        // What waited for a word on a step back is not what the ref leads to any more.
        notRewound()
        if !isAccepted { dropHold(because: "\(revision.short) is the newest revision, and rejected") }
        conditions.set(
            .rejected, true, reason: untrusted.reason, message: message, at: moment.wall,
            revision: revision.id)
        guard isNews else { return }
        note(.revisionRejected, message, revision: revision)
        guard !isAccepted else { return }
        recorder.refused(revision.id, outcome: .rejected)
        batch.revisions.append(
            RevisionOutcome(revision: revision, outcome: .rejected, message: message, at: moment.wall))
    }

    /// Without keys nobody is trusted, and nobody is accused.
    private func cannotJudge(_ revision: Revision, _ failure: SourceFailure, at moment: Moment) {
        let isNews = !conditions.isTrue(.trustUnavailable)
        let message =
            "whether \(revision.short) can be trusted is not known, so it is not applied: \(failure.message)"
            + (failure.advice.isEmpty ? "" : "; \(failure.advice)")
        conditions.set(
            .trustUnavailable, true, reason: failure.code, message: message, at: moment.wall,
            revision: revision.id)
        if isNews { note(.revisionRejected, message, revision: revision) }
        judgeAgainLater()
    }

    /// Judges the newest revision once more; what runs is not touched by that.
    func trustChanged() {
        mustJudgeAgain = true
        isRetryingTrust = false
        judgeAgainIfNeeded()
    }

    func judgeAgainIfNeeded() {
        guard mustJudgeAgain, trust != nil, reading == nil, let seen = source.seen else { return }
        examine(seen)
    }

    /// The files' directories are watched; this is for what no file tells, such as a gpg that was killed.
    private func judgeAgainLater() {
        guard !isRetryingTrust else { return }
        isRetryingTrust = true
        let (clock, mailbox) = (clock, mailbox)
        Task {
            await clock.sleep(until: clock.now().instant + Self.trustRetry)
            mailbox.post(.trustChanged)
        }
    }

    static let trustRetry = Duration.seconds(30)
}

extension RevisionReading {
    /// The revision's own signer is known from its judgement.
    fileprivate mutating func nameSigners(_ trust: any TrustPort) async {
        let others = approvals.map(\.revision.id).filter { $0 != revision.id }
        let known = await trust.signers(of: others + broughtAlong)
        let brought = broughtAlong.compactMap { known[$0] }
        for index in approvals.indices {
            let id = approvals[index].revision.id
            if id != revision.id { approvals[index].revision.signer = known[id] }
            approvals[index].broughtAlong = brought
        }
    }
}
