import Manifests

/// What is found about live runs beside what their probes say.
extension World {
    /// Takes in what was found about a live run.
    package mutating func found(_ id: RunID, _ finding: RunFinding, at moment: Moment) {
        let before = run(id)?.findings
        change(id) { run in
            run.findings.removeAll { $0.kind == finding.kind }
            if !finding.reason.isEmpty { run.findings.append(finding) }
            run.findings.sort { $0.kind.rawValue < $1.kind.rawValue }
            run.noteDrift(finding, at: moment.instant)
        }
        guard let run = run(id), let before else { return }
        // What was found of this host was found with the file that is there no longer.
        if finding.kind == .stale, observed.preparations[run.spec.specHash] == .ready {
            observed.preparations[run.spec.specHash] = nil
        }
        guard isNews(finding, before, run.findings) else { return }
        let text =
            finding.reason.isEmpty
            ? "\(run.slot) is \(finding.kind.rawValue) no longer\(lostBefore(finding, run))"
            : "\(run.slot) is \(finding.kind.rawValue): \(finding.message)"
        note(event(.found, run, moment, text))
    }

    private func lostBefore(_ finding: RunFinding, _ run: ObservedRun) -> String {
        finding.kind == .logsLost ? lost(run.lostLogBytes) : ""
    }

    func lost(_ bytes: UInt64) -> String {
        bytes == 0 ? "" : "; \(bytes) bytes of its output are in no log"
    }

    /// A file that goes on being written is one line of the history, not one for each time.
    private func isNews(_ finding: RunFinding, _ before: [RunFinding], _ after: [RunFinding]) -> Bool {
        if finding.kind != .stale { return before != after }
        let known = before.first { $0.kind == .stale }?.reason
        return known ?? "" != finding.reason
    }

    /// The limits of a run are about to be written again. What was found of them is looked for anew.
    mutating func cured(_ run: ObservedRun, _ cause: Cause, at moment: Moment) {
        var own = remembered(run.slot) ?? ReplicaMemory()
        own.countCure(cause, of: run, at: moment.instant)
        remember(run.slot, own)
        change(run.id) { run in
            run.findings.removeAll { $0.cure == .writeLimits }
            run.driftedSince = nil
            run.driftChanged = nil
        }
    }

    /// The probes of a run have let it pass, or no longer do: the next agent has to know since when. Without
    /// such probes it follows from its start.
    mutating func rememberReadiness(_ run: ObservedRun) {
        guard run.isGated, run.spec.profile == .keepalive,
            var own = remembered(run.slot)
        else { return }
        let state = ReadyState(run: run.id, since: run.readySince, longest: run.longestReady)
        if own.ready == state || own.ready == nil && run.readySince == nil { return }
        own.ready = state
        remember(run.slot, own)
    }
}

extension ObservedRun {
    fileprivate mutating func noteDrift(_ finding: RunFinding, at now: Instant) {
        guard finding.kind == .stale || finding.kind == .drifted else { return }
        if findings.contains(where: { $0.cure != nil }) {
            driftedSince = driftedSince ?? now
            driftChanged = now
        } else {
            driftedSince = nil
            driftChanged = nil
        }
    }

    /// It was over before anybody asked it to end.
    func ended(before asked: Instant?, _ exit: ExitReport) -> Bool {
        guard let asked, let end = exit.endedAt else { return false }
        return end < asked
    }
}

extension ReplicaMemory {
    /// Counts a cure, if the cause is one.
    mutating func countCure(_ cause: Cause, of run: ObservedRun, at now: Instant) {
        guard case .drifted = cause.reason else { return }
        let helped = run.spec.restart.backoff.resetAfter
        let before = heal?.inARow(before: run.driftedSince ?? now, within: helped) ?? 0
        heal = HealState(count: before + 1, at: now)
    }
}
