import Manifests

extension ExitReport {
    /// `exit code 1`, `killed by SIGKILL (out of memory)`.
    package var text: String {
        switch cause {
        case .exited(let code):
            return "exit code \(code)" + strike
        case .signaled(let number, let core):
            if oomKilled, number == 9 { return "killed by SIGKILL (out of memory)" }
            return "killed by \(signalName(number))" + (core ? " (core dumped)" : "") + strike
        case .startFailed(_, _, let message): return "never began: \(message)"
        case .keeperLost: return "its keeper was killed; the rest of its tree was ended"
        case .rebooted: return "the host was restarted"
        }
    }
}

extension ExitReport {
    /// Its main process was spared, and others of its tree were not.
    fileprivate var strike: String {
        oomKilled || (oomKills ?? 0) > 0 ? " after the OOM killer struck in its tree" : ""
    }
}

/// `SIGTERM`; `signal 40` for numbers without a name.
package func signalName(_ number: Int32) -> String {
    let names: [Int32: String] = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL",
        10: "USR1",
        11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 24: "XCPU", 25: "XFSZ", 31: "SYS",
    ]
    return names[number].map { "SIG" + $0 } ?? "signal \(number)"
}

extension FieldChange {
    /// `spec.config.fps 10 → 30`. Of long values that part is shown in which they differ; the whole values
    /// stand in the structured cause.
    package var text: String { text(valueMax: 60) }

    package func text(valueMax max: Int) -> String {
        switch (old, new) {
        case (let old?, let new?):
            let cut = Self.agreement(old, new, max)
            return "\(path) \(old.part(from: cut, max)) → \(new.part(from: cut, max))"
        case (nil, let new?): return "\(path) set to \(new.part(from: 0, max))"
        case (let old?, nil): return "\(path) removed (was \(old.part(from: 0, max)))"
        case (nil, nil): return path
        }
    }

    /// How much of the beginning says nothing: where both would be cut before they differ, or soon after.
    private static func agreement(_ old: String, _ new: String, _ max: Int) -> Int {
        guard old.count > max || new.count > max else { return 0 }
        let same = zip(old, new).prefix { $0 == $1 }.count
        return same > max / 3 ? same - max / 6 : 0
    }
}

extension Cause {
    /// What made it necessary, without the place: `new instance`, `spec.config.fps 10 → 30`.
    package var headline: String {
        switch reason {
        case .newInstance: "new instance"
        case .removed: "declared no longer"
        case .changed, .scaled: changes.isEmpty ? "changed" : changes.map(\.text).joined(separator: ", ")
        case .exited(let exit): exit.text
        case .probeFailed(let kind, let detail): "\(kind.rawValue) probe failed: \(detail)"
        case .missing: "it is meant to run"
        case .drifted(let detail): detail ?? "it is no longer what was started"
        case .rolledBack(let why):
            (["rolled back" + (why.map { ", for \($0)" } ?? "")] + changes.map(\.text)).joined(
                separator: "; ")
        case .retried(let why): "tried again" + (why.map { ", \($0)" } ?? "")
        case .scheduled(let name): "Schedule \(name ?? "") restarts it"
        case .agentStopping: "the agent stops and takes its runs along (--on-exit stop)"
        }
    }

    /// The whole cause: `spec.config.fps 10 → 30 at web.yaml:7, main@3f2a9c1 by Ann <ann@example.org>`.
    package var text: String {
        var text = headline
        if let place { text += " at \(place.short)" }
        if let revision { text += ", \(revision.short) by \(revision.byline)" }
        return text
    }
}

extension Waiting.Reason {
    /// One word for tables and metrics.
    package var word: String {
        switch self {
        case .backoff: "Backoff"
        case .dependency: "Dependency"
        case .rollout: "Rollout"
        case .host: "Host"
        case .preparing: "Preparing"
        case .suspended: "Suspended"
        case .protected: "Protected"
        case .dependents: "Dependents"
        case .gaveUp: "GaveUp"
        case .unknown: "Unknown"
        case .stopping: "Stopping"
        case .drift: "Drift"
        }
    }

    package func text(now: Instant) -> String {
        switch self {
        case .backoff(let until, let failures):
            "waits \((until - now).rough) before it is started again, after \(failures) "
                + (failures == 1 ? "failure" : "failures in a row")
        case .dependency(let name, let condition, let detail):
            "waits for \(name) to be \(condition.rawValue): \(detail)"
        case .rollout(let detail): "waits for its turn in the rollout: \(detail)"
        case .host(let failure, let retryAt):
            "\(failure.message); \(failure.remedy); looked at again in \((retryAt - now).rough)"
        case .preparing: "package, user and secrets are being checked"
        case .suspended: "suspended: changes wait until spec.suspend is false again"
        case .protected:
            "declared no longer, and kept by prune: protect; to remove it, declare it again with prune: "
                + "allow, and remove it then"
        case .dependents(let names): "waits for \(names.joined(separator: ", ")) to stop first"
        case .gaveUp(let gaveUp):
            "not started again: \(gaveUp.reason); change its spec or restartNonce to try again"
        case .unknown(let reason): "left alone: \(reason)"
        case .stopping: "is stopping"
        case .drift(let detail, held: false): "put right once it has settled: \(detail)"
        case .drift(let detail, held: true):
            "not put right any more: \(detail); find out what goes on changing it, then change restartNonce"
        }
    }
}

extension Duration {
    /// Rounded to what a person reads at a glance: `850ms`, `12s`, `3m12s`, `5h03m`, `12d`.
    package var rough: String {
        let milliseconds = max(0, nanoseconds / 1_000_000)
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let seconds = (milliseconds + 500) / 1000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m" + twoDigits(seconds % 60) + "s" }
        if seconds < 86_400 { return "\(seconds / 3600)h" + twoDigits(seconds / 60 % 60) + "m" }
        return "\(seconds / 86_400)d"
    }
}

private func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }

extension String {
    fileprivate func part(from start: Int, _ max: Int) -> String {
        let rest = start > 0 ? "…" + dropFirst(start) : self
        return rest.count <= max ? rest : rest.prefix(max - 1) + "…"
    }
}

extension RunNotice {
    /// What is odd about how the run says what it says; nil where nothing is.
    package var oddities: String? {
        var parts: [String] = []
        if refusedMessages > 0 {
            parts.append("\(refusedMessages) messages were not of its own processes, or of ones already gone")
        }
        if unreadableMessages > 0 { parts.append("\(unreadableMessages) messages could not be read") }
        if let refusedDescriptors {
            parts.append(
                "\(refusedDescriptors) descriptors were not stored, for fileDescriptorStoreMax is reached")
        }
        if isMainPidIgnored {
            parts.append("MAINPID= is ignored: the main process is the one that was started")
        }
        return parts.isEmpty ? nil : "notify socket: " + parts.joined(separator: "; ")
    }
}
