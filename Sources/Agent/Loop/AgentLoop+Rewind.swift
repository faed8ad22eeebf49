import Reconciler

/// An accepted commit that the followed ref does not lead to any more: its state stays in force, until
/// somebody on this host agrees, or a commit comes that has it in its history.
extension AgentLoop {
    var rewindRules: RewindRules {
        RewindRules(
            selection: settings.selection, allowsRewind: settings.allowsRewind, approved: gates.memory.rewind)
    }

    func rewound(_ rewind: Rewind, at moment: Moment) {
        let isNews = waitingRewind != rewind
        waitingRewind = rewind
        source.diagnostics = []
        conditions.clear(.invalid)
        dropHold(because: "\(rewind.to.short) is the newest revision, and does not follow what is in force")
        let why =
            rewind.isGone
            ? "is in the repository no more"
            : "is not in the history of \(rewind.to.short) by \(rewind.to.author)"
        let message =
            "\(rewind.from.short) stays in force: it \(why); to take the step back: "
            + "plumb approve --rewind \(rewind.range); else push \(rewind.from.id) again, or what follows it"
        conditions.set(
            .sourceRewound, true, reason: rewind.isGone ? "AcceptedMissing" : "HistoryRewritten",
            message: message, at: moment.wall, revision: rewind.to.id)
        if isNews { note(.sourceRewound, message, revision: rewind.to) }
    }

    /// The followed ref leads to something that loses nothing.
    func notRewound() {
        waitingRewind = nil
        conditions.clear(.sourceRewound)
    }

    func approveRewind(_ range: String, reason: String, by caller: Caller) -> ControlOutcome {
        guard let waiting = waitingRewind else {
            return .refused(
                ControlRefusal(
                    code: "NothingRewound", message: "no rewind waits for an approval",
                    remedy: "plumb status shows what is waited for"))
        }
        // Whoever pushed again meanwhile has taken the step back out of the way, or made it another one.
        guard source.seen?.id == waiting.to.id else {
            return .refused(
                ControlRefusal(
                    code: "RewindSuperseded",
                    message: "\(waiting.to.short) is the newest revision no longer"
                        + (source.seen.map { ": that is \($0.short)" } ?? ""),
                    remedy: "look at `plumb status`, and approve what waits then"))
        }
        let ends = range.split(separator: ".", omittingEmptySubsequences: true).map(String.init)
        // Both ends must be named, so that nobody agrees to more than was seen.
        guard ends.count == 2, ends[0].count >= 7, ends[1].count >= 7,
            waiting.from.id.hex.hasPrefix(ends[0]), waiting.to.id.hex.hasPrefix(ends[1])
        else {
            return .refused(
                ControlRefusal(
                    code: "OtherRewind",
                    message: "\(range) is not the rewind that waits: that is \(waiting.range)",
                    remedy: "look at what it loses, then: plumb approve --rewind \(waiting.range)"))
        }
        gates.approve(waiting)
        let message =
            "the rewind \(waiting.range) is approved by \(caller.text)"
            + (reason.isEmpty ? "" : ": \(reason)")
        world.note(
            EventRecord(
                kind: .rewindApproved, time: clock.now().wall, revision: waiting.to, caller: caller,
                message: message))
        seen(waiting.to)
        return .done(message)
    }
}
