import Manifests

/// Why a replica is as it is: from what was seen last, back to the commit that began it.
package struct Why: Sendable {
    /// One link of the chain.
    package struct Step: Sendable {
        package enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Of the history: a start, an end, a verdict of a probe.
            case event
            /// What is not as declared now.
            case finding
            /// One field, from what to what, and where.
            case change
            case commit
        }
        package var kind: Kind
        /// nil for what has no time of its own.
        package var time: WallTime?
        /// The kind of the event: `exited`, `unready`, …
        package var event: EventRecord.Kind?
        package var text: String
        package var run: RunID?
        package var change: FieldChange?
        package var revision: Revision?
    }
    package struct Replica: Sendable {
        package var status: ReplicaStatus
        package var waiting: Waiting.Reason?
        /// The newest first.
        package var steps: [Step]
        /// The run whose last output tells most; nil where nothing ended badly and nothing is unready.
        package var telling: RunID?
    }

    package var instance: InstanceStatus
    /// Conditions of the agent that stand between a commit and this Instance.
    package var conditions: [Condition]
    /// The worst first.
    package var replicas: [Replica]

    /// Links of one chain at most; the change and its commit come on top.
    package static let stepsMax = 12
    /// Events that are looked at.
    package static let eventsMax = 500

    /// - Parameters:
    ///   - replica: only this one; nil is all.
    ///   - events: of the Instance, the oldest first.
    package init?(_ state: AgentState, instance name: String, replica: Int? = nil, events: [EventRecord]) {
        guard let status = state.instanceStatus(name) else { return nil }
        instance = status
        conditions = state.conditions.filter { $0.status && $0.type.standsInTheWay }
        let waits = Dictionary(
            state.waiting.map { ($0.replica, $0.reason) }, uniquingKeysWith: { first, _ in first })
        let remembered = state.memory.instances[name]
        replicas = status.replicas.filter { replica == nil || $0.replica.index == replica }.map { own in
            let steps = Self.steps(own, waits[own.replica], remembered, events)
            let failure = remembered?.activeRollback?.failure
            let failed = failure?.replica == own.replica ? failure?.run : nil
            let last = remembered?.replicas[own.replica.index]?.lastRun
            return Replica(
                status: own, waiting: waits[own.replica], steps: steps,
                telling: failed ?? Self.telling(own, steps, last: last))
        }.sorted { a, b in
            let (x, y) = (a.status.health.severity, b.status.health.severity)
            return x == y ? a.status.replica < b.status.replica : x > y
        }
    }

    private static func steps(
        _ status: ReplicaStatus, _ waiting: Waiting.Reason?, _ remembered: InstanceMemory?,
        _ events: [EventRecord]
    ) -> [Step] {
        var steps = (status.run?.findings ?? []).map { finding in
            Step(
                kind: .finding, text: "\(finding.kind.rawValue): \(finding.message)", run: status.run?.id)
        }
        let kept = kept(status, waiting, remembered)
        steps += kept.map(rootSteps) ?? []
        var root: Cause?
        for event in events.reversed() where event.concerns(status.replica) && event.kind.isLink {
            guard steps.count < stepsMax else { break }
            steps.append(
                Step(
                    kind: .event, time: event.time, event: event.kind, text: event.link, run: event.run))
            // An exit stops the search nowhere: what counts is why that run was there at all.
            if let cause = event.cause, cause.isCommitted, event.kind != .exited, event.replica != nil {
                root = cause
                break
            }
        }
        if root == nil {
            let ran = kept == nil ? nil : status.run?.startCause
            root = ran ?? remembered?.removal ?? remembered?.rollbackCause ?? remembered?.applied?.startCause
        }
        return steps + (root.map(rootSteps) ?? [])
    }

    /// What is wanted in place of the run that goes on, where this host cannot start it.
    private static func kept(
        _ status: ReplicaStatus, _ waiting: Waiting.Reason?, _ remembered: InstanceMemory?
    ) -> Cause? {
        switch waiting {
        case .host, .preparing: break
        default: return nil
        }
        guard let run = status.run, let wanted = remembered?.applied?.startCause, wanted.isCommitted,
            wanted.revision?.id != run.startCause.revision?.id
        else { return nil }
        return wanted
    }

    private static func rootSteps(_ cause: Cause) -> [Step] {
        var steps = cause.changes.map { change in
            Step(kind: .change, text: change.text, change: change)
        }
        if steps.isEmpty {
            let place = cause.place.map { " at \($0.short)" } ?? ""
            steps.append(Step(kind: .change, text: cause.headline + place))
        }
        if let revision = cause.revision {
            steps.append(
                Step(
                    kind: .commit, time: revision.committed,
                    text: "\(revision.short) by \(revision.byline): \(revision.subject)", revision: revision))
        }
        return steps
    }

    /// Of a live run that is not ready its own output; else that of the one that ended badly, as long as
    /// what came after it is not well.
    private static func telling(_ status: ReplicaStatus, _ steps: [Step], last: RunID?) -> RunID? {
        if let run = status.run, !status.ready, run.phase == .running { return run.id }
        guard let exit = status.lastExit, !exit.isSuccess, status.health != .healthy else { return nil }
        let ended = steps.first { $0.event == .exited || $0.event == .keeperLost }?.run
        return ended ?? (status.run == nil ? last : nil)
    }
}

extension Why.Step {
    fileprivate init(
        kind: Kind, time: WallTime? = nil, event: EventRecord.Kind? = nil, text: String, run: RunID? = nil,
        change: FieldChange? = nil
    ) {
        self.init(
            kind: kind, time: time, event: event, text: text, run: run, change: change, revision: nil)
    }
}

extension Cause {
    /// A commit is its reason, and not an exit or a probe.
    fileprivate var isCommitted: Bool {
        switch reason {
        case .newInstance, .removed, .changed, .scaled: revision != nil
        default: false
        }
    }
}

extension InstanceMemory {
    /// What was declared and failed here, where another spec runs for it.
    fileprivate var rollbackCause: Cause? {
        activeRollback.map { rolledBack in
            Cause(
                reason: .changed, changes: rolledBack.changes, place: rolledBack.changes.first?.place,
                revision: rolledBack.revision)
        }
    }
}

extension EventRecord {
    /// It is the replica's own, or its Instance's as a whole.
    fileprivate func concerns(_ other: ReplicaID) -> Bool {
        replica == other || replica == nil && instance == other.instance
    }

    /// What is said of it in a chain: its cause follows as a link of its own.
    fileprivate var link: String {
        guard let cause, cause.isCommitted, kind != .exited else { return message }
        return message.hasSuffix(": \(cause.text)") ? String(message.dropLast(cause.text.count + 2)) : message
    }
}

extension EventRecord.Kind {
    /// What makes one thing follow from another; that a run is ready again ends no chain and begins none.
    fileprivate var isLink: Bool {
        switch self {
        case .starting, .ready, .unready, .stopping, .exited, .backoff, .gaveUp, .succeeded, .updated,
            .reloaded, .startRefused, .unknown, .found, .keeperLost, .stopStepFailed, .probeFailing, .adopted,
            .rolloutFailed, .rolledBack, .quarantineLifted:
            true
        default: false
        }
    }
}

extension Condition.Kind {
    /// A commit may have been made, and does not arrive.
    fileprivate var standsInTheWay: Bool {
        switch self {
        case .synced, .ready, .progressing, .logsLost, .stale, .drifted, .driftUnwatched, .limitsDegraded,
            .sandboxDegraded, .treeUnproven, .notifyFailing:
            false
        default: true
        }
    }
}
