package import Manifests

extension ScheduleTrigger {
    /// `cron 0 3 * * *`, `every 15m`, `when dump succeeded`.
    package var text: String {
        switch self {
        case .cron(let expression): "cron \(expression.text)"
        case .calendar(let expression): "calendar \(expression.text)"
        case .interval(let period, _): "every \(Quantities.text(period))"
        case .event(.instance(let name, let phase)): "when \(name) is \(phase.rawValue)"
        case .event(.schedule(let name, let outcome)): "when \(name) \(outcome.rawValue)"
        case .path(let path): "files \(path.glob)"
        case .manual: "by runNonce alone"
        }
    }
}

extension DesiredSchedule.Action {
    /// `run report@1.4.2`, `signal web SIGHUP`, `restart web`.
    package var text: String {
        switch self {
        case .run(let spec, _): "run \(spec.wrappedValue.unit)"
        case .signal(let instance, let signal): "signal \(instance) \(signal.name)"
        case .restart(let instance): "restart \(instance)"
        }
    }
}

extension RunWindow {
    /// `mon,tue 22:00–06:00`, `daily 22:00–06:00`.
    package var text: String {
        let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        let chosen = days.sorted().filter(names.indices.contains).map { names[$0] }
        let day = chosen.isEmpty || chosen.count == names.count ? "daily" : chosen.joined(separator: ",")
        return "\(day) \(Self.clock(from))–\(Self.clock(to))"
    }

    private static func clock(_ minutes: Int) -> String {
        let parts = [minutes / 60, minutes % 60]
        return parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}

extension ScheduledRun.State {
    fileprivate var text: String {
        switch self {
        case .queued: "waits for an earlier run to end"
        case .waiting: "waits"
        case .starting: "is being started"
        case .running: "runs"
        case .stopping: "is being stopped"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .timedOut: ScheduledRunReason.timedOut.text
        case .replaced: ScheduledRunReason.replaced.text
        case .stopped: ScheduledRunReason.stopped.text
        case .lost: ScheduledRunReason.claimUnproven.text
        case .missed: ScheduledRunReason.missed.text
        case .skipped: "it was left out"
        case .forbidden: ScheduledRunReason.forbidden.text
        }
    }

    /// Nothing was started, though its time came.
    package var isMissed: Bool { self == .missed || self == .skipped || self == .forbidden }
}

extension ScheduledRun {
    /// Of the newest attempt.
    package var exit: ExitReport? { attempts.last?.exit }

    /// How it ended, what it is at, or why nothing was started.
    package var text: String {
        let times = count.map { $0 > 1 ? " (\($0) times)" : "" } ?? ""
        if let message, !message.isEmpty { return message + times }
        if let exit, state.isOver { return exit.text }
        return (knownReason?.text ?? state.text) + times
    }

    /// What to do about it; nil: nothing.
    package var remedy: String? {
        guard state.isFailure || state.isMissed else { return nil }
        let reason = knownReason ?? (state == .forbidden ? .forbidden : state == .missed ? .missed : nil)
        return (reason ?? (state.isFailure ? .exitCode : nil))?.remedy?
            .replacingID(with: id)
    }

    private var knownReason: ScheduledRunReason? { reason.flatMap(ScheduledRunReason.init) }

    /// How long after its time it began; negative where the clock was set back meanwhile. nil: it has not.
    package var lateness: Duration? {
        started.map { .nanoseconds($0.nanoseconds &- (due ?? nominal).nanoseconds) }
    }
}

extension String {
    /// `plumb runs logs ID` with the id that is meant.
    fileprivate func replacingID(with id: RunID) -> String {
        guard let range = firstRange(of: "logs ID") else { return self }
        return self[..<range.lowerBound] + "logs \(id)" + self[range.upperBound...]
    }
}

/// What somebody should look at about a Schedule.
package struct ScheduleTrouble: Sendable, Hashable {
    /// The worst first.
    package enum Kind: String, Sendable, Hashable, CaseIterable, Comparable {
        case broken, failing, late, missed

        package static func < (a: Kind, b: Kind) -> Bool { a.rank < b.rank }
        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }
    package var kind: Kind
    /// Without ages, so that it stays what it is while nothing happens.
    package var text: String
    package var remedy: String?
    /// When it failed, or was to begin; nil: not known.
    package var since: WallTime?
}

extension ScheduleStatus {
    /// What begins later than this is told as late.
    package static let lateMin: Duration = .seconds(10)

    package func trouble(now: WallTime) -> ScheduleTrouble? {
        if state == .broken {
            return ScheduleTrouble(
                kind: .broken, text: message ?? "its trigger cannot be followed on this host",
                remedy: "it does not fire until that is mended")
        }
        if state == .elsewhere { return nil }
        if state == .failing, last?.state.isFailure != true {
            return ScheduleTrouble(
                kind: .failing,
                text: failures > 1 ? "its last \(failures) runs failed" : "its last run failed",
                remedy: "`plumb runs \(schedule.name) --state failed,timedOut,lost` says why")
        }
        if let last, last.state.isFailure {
            let often = failures > 1 ? "\(failures) runs in a row failed, the last: " : ""
            return ScheduleTrouble(
                kind: .failing, text: often + last.text, remedy: last.remedy,
                since: last.ended ?? last.recorded)
        }
        if let late = late(now) { return late }
        guard let last, last.state.isMissed else { return nil }
        return ScheduleTrouble(kind: .missed, text: last.text, remedy: last.remedy, since: last.nominal)
    }

    private func late(_ now: WallTime) -> ScheduleTrouble? {
        let waits = active.filter { $0.started == nil }.min { $0.nominal < $1.nominal }
        if let waits, Self.isLate(waits.due ?? waits.nominal, now) {
            return ScheduleTrouble(
                kind: .late, text: "it is due and has not begun: \(waits.text)",
                since: waits.due ?? waits.nominal)
        }
        guard state == .active, let next, Self.isLate(next.due, now) else { return nil }
        return ScheduleTrouble(kind: .late, text: "it is due and has not begun", since: next.due)
    }

    /// One sentence for a table: what is wrong, or unusual; "" where nothing is.
    package func standing(now: WallTime) -> String {
        if let trouble = trouble(now: now) { return trouble.text }
        switch state {
        case .suspended: return "suspended: it does not fire until spec.suspend is false again"
        case .hostSuspended: return "the host is suspended: it does not fire until `plumb resume`"
        case .elsewhere: return "its nodes do not pick this host"
        case _ where message?.isEmpty == false: return message ?? ""
        case .active where schedule.trigger.isByClock && next == nil:
            return "it never fires again: its calendar has no time that is still to come"
        default: return ""
        }
    }

    private static func isLate(_ due: WallTime, _ now: WallTime) -> Bool {
        now > due && now.nanoseconds &- due.nanoseconds > lateMin.nanoseconds
    }
}
