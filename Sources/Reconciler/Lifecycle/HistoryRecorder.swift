import Manifests

/// Follows each spec and each revision from the moment that it is wanted to the moment that it has proven
/// itself, or that another one takes its place. Looks only at what changed in a turn of the loop.
package struct HistoryRecorder: Sendable {
    private var open: [String: OpenSpec]
    /// Revisions that are being read, the newest last.
    private var arriving: [RevisionTrace] = []
    /// The accepted revision's.
    private var trace: RevisionTrace?
    /// Instances that the accepted revision brought and that are not ready, or not proven.
    private var unready: Set<String> = []
    private var unproven: Set<String> = []
    private var isUnplanned = false
    /// The accepted revision brought processes that are to become ready.
    private var isAwaited = false
    private let bootID: String
    private var specChanges: [SpecChange] = []
    private var traceChanges: [RevisionTrace] = []
    /// When the mirror was last brought up to date.
    private var fetchedAt: Moment?

    /// Revisions that are followed before it is known what becomes of them.
    private static let arrivingMax = 8
    /// An earlier fetch is not the one that brought a revision.
    private static let fetchToSeenMax = Duration.seconds(1)

    package init(bootID: String = "", open: [OpenSpec] = [], trace: RevisionTrace? = nil) {
        self.bootID = bootID
        self.open = Dictionary(open.map { ($0.instance, $0) }, uniquingKeysWith: { _, newer in newer })
        // Instants of another boot cannot be compared with those of this one.
        self.trace = trace?.bootID == bootID ? trace : nil
    }

    /// Takes up what was wanted before: an agent that comes back goes on where the last one was.
    package mutating func resume(_ memory: Memory, at moment: Moment) {
        for (name, remembered) in memory.instances {
            guard let applied = remembered.applied else { continue }
            if open[name] == nil { begin(name, applied, isOlder: true, at: moment) }
            follow(name, remembered, at: moment)
        }
        guard let trace, !trace.has(.healthy) else { return }
        track(trace.revision.id, memory.instances.lazy.map { ($0.key, $0.value) })
    }

    /// Hands over what must be stored, and forgets it.
    package mutating func take() -> (specs: [SpecChange], traces: [RevisionTrace]) {
        defer { (specChanges, traceChanges) = ([], []) }
        return (specChanges, traceChanges)
    }

    // MARK: - Revisions

    package mutating func seen(_ revision: Revision, at moment: Moment) {
        guard !arriving.contains(where: { $0.revision.id == revision.id }) else { return }
        var trace = RevisionTrace(revision: revision, bootID: bootID)
        if let fetchedAt {
            // The kernel often tells of the mirror's ref before git has ended: then it is there now.
            let isRecent = moment.instant - fetchedAt.instant < Self.fetchToSeenMax
            let moment = isRecent ? fetchedAt : moment
            trace.mark(.fetched, wall: moment.wall, instant: moment.instant)
        }
        trace.mark(.seen, wall: moment.wall, instant: moment.instant)
        arriving.append(trace)
        if arriving.count > Self.arrivingMax { supersede(arriving.removeFirst(), by: revision) }
    }

    /// The mirror of a remote is as the remote is; what was seen in it meanwhile came by that.
    package mutating func fetched(at moment: Moment) {
        fetchedAt = moment
        for index in arriving.indices where !arriving[index].has(.decoded) {
            arriving[index].mark(.fetched, wall: moment.wall, instant: moment.instant)
        }
    }

    /// A stage before acceptance.
    package mutating func passed(_ stage: RevisionTrace.Stage, _ revision: RevisionID, at moment: Moment) {
        guard let index = arriving.firstIndex(where: { $0.revision.id == revision }) else { return }
        arriving[index].mark(stage, wall: moment.wall, instant: moment.instant)
    }

    /// It was overtaken while it waited, be it for being read or for its turn.
    private mutating func supersede(_ trace: RevisionTrace, by newer: Revision) {
        guard trace.outcome == .reading else { return }
        var trace = trace
        trace.outcome = .superseded
        trace.supersededBy = newer
        traceChanges.append(trace)
    }

    /// It is not applied: `invalid`, `rejected`, `held`.
    package mutating func refused(_ revision: RevisionID, outcome: Revision.Outcome) {
        guard let index = arriving.firstIndex(where: { $0.revision.id == revision }) else { return }
        arriving[index].outcome = outcome
        traceChanges.append(arriving[index])
    }

    package mutating func accepted(_ revision: Revision, at moment: Moment) {
        if var old = trace, !old.has(.healthy) {
            old.supersededBy = revision
            traceChanges.append(old)
        }
        let known = arriving.first { $0.revision.id == revision.id }
        // Of those that were seen before it, none is applied any more.
        if let index = arriving.firstIndex(where: { $0.revision.id == revision.id }) {
            for older in arriving[..<index] { supersede(older, by: revision) }
            arriving.removeFirst(index + 1)
        }
        var next = known ?? RevisionTrace(revision: revision, bootID: bootID)
        // Who signed it was found out on the way.
        next.revision = revision
        next.outcome = .accepted
        next.mark(.accepted, wall: moment.wall, instant: moment.instant)
        trace = next
        (unready, unproven) = ([], [])
        isUnplanned = true
    }

    /// The first plan after an acceptance is the one for it.
    package mutating func planned(at moment: Moment) {
        guard isUnplanned else { return }
        trace?.mark(.planned, wall: moment.wall, instant: moment.instant)
    }

    // MARK: - What a turn of the loop changed

    package mutating func note(
        memories: [(String, InstanceMemory?)], events: [EventRecord], in world: World,
        at moment: Moment
    ) {
        // What is remembered of nothing was taken away, or is another host's.
        let before = isUnplanned ? Set(open.keys) : []
        for (name, memory) in memories { note(name, memory, at: moment) }
        if isUnplanned, let id = trace?.revision.id {
            track(id, memories.lazy.compactMap { item in item.1.map { (item.0, $0) } })
            trace?.instances = memories.count { $0.1?.concerns(id) ?? before.contains($0.0) }
            keepTrace()
            isUnplanned = false
        }
        note(events, in: world, at: moment)
        settle(memories.map(\.0), world, at: moment)
    }

    private mutating func note(_ name: String, _ memory: InstanceMemory?, at moment: Moment) {
        guard let memory, let applied = memory.applied else { return end(name, .withdrawn, at: moment) }
        let known = open[name]
        if known?.specHash != applied.desired.spec.specHash || known?.nonce != applied.desired.nonce {
            end(name, .superseded, at: moment)
            begin(name, applied, isOlder: nil, at: moment)
        }
        follow(name, memory, at: moment)
    }

    private mutating func begin(
        _ name: String, _ applied: InstanceMemory.Applied, isOlder: Bool?, at moment: Moment
    ) {
        let spec = applied.desired.spec
        var changes = applied.specRevision == applied.startRevision ? applied.startCause.changes : []
        if applied.specCause.revision == applied.specRevision { changes += applied.specCause.changes }
        let record = SpecRecord(
            instance: name, unit: spec.unit, specHash: spec.specHash, nonce: applied.desired.nonce,
            revision: applied.specRevision, changes: Array(changes.prefix(SpecRecord.changesMax)),
            wantedAt: moment.wall, isOlder: isOlder)
        open[name] = OpenSpec(
            instance: name, specHash: record.specHash, nonce: record.nonce, wantedAt: moment.wall,
            progress: record.progress)
        specChanges.append(.began(record))
    }

    private mutating func end(_ name: String, _ outcome: SpecRecord.Outcome, at moment: Moment) {
        guard var spec = open.removeValue(forKey: name) else { return }
        spec.progress.endedAt = moment.wall
        if spec.progress.outcome == .current { spec.progress.outcome = outcome }
        specChanges.append(.went(spec))
    }

    /// What has become of the spec that is wanted.
    private mutating func follow(_ name: String, _ memory: InstanceMemory, at moment: Moment) {
        guard let spec = open[name], let outcome = memory.outcome, outcome != spec.progress.outcome else {
            return
        }
        change(name) { progress in
            progress.outcome = outcome
            if outcome == .good || outcome == .completed { progress.provenAt = moment.wall }
        }
        if outcome == .rolledBack, unproven.contains(name) {
            trace?.mark(.rolledBack, wall: moment.wall, instant: moment.instant)
            keepTrace()
        }
    }

    private mutating func change(_ name: String, _ body: (inout SpecProgress) -> Void) {
        guard var spec = open[name] else { return }
        body(&spec.progress)
        open[name] = spec
        specChanges.append(.went(spec))
    }

    private mutating func note(_ events: [EventRecord], in world: World, at moment: Moment) {
        var names: Set<String> = []
        for event in events {
            switch event.kind {
            case .started:
                if let run = event.run.flatMap(world.run) { executing(run, at: moment) }
                if let name = event.instance { names.insert(name) }
            case .ready, .succeeded, .updated, .reloaded: if let name = event.instance { names.insert(name) }
            default: break
            }
        }
        for name in names where world.isReadyAsWanted(name) {
            if let spec = open[name], spec.progress.readyAt == nil {
                change(name) { $0.readyAt = moment.wall }
            }
            unready.remove(name)
        }
    }

    private mutating func executing(_ run: ObservedRun, at moment: Moment) {
        guard let id = trace?.revision.id, run.revision.id == id, trace?.has(.executing) == false else {
            return
        }
        trace?.mark(
            .executing, wall: run.identity?.startedWall ?? moment.wall,
            instant: run.identity?.startedAt ?? moment.instant)
        keepTrace()
    }

    private mutating func track(_ id: RevisionID, _ memories: some Sequence<(String, InstanceMemory)>) {
        let brought = memories.filter { $0.1.wantsProcesses(of: id) }
        unready = Set(brought.map(\.0))
        unproven = unready
        isAwaited = !unready.isEmpty
    }

    private mutating func settle(_ names: [String], _ world: World, at moment: Moment) {
        guard let trace, trace.has(.planned), !trace.has(.healthy) else { return }
        for name in names where unready.contains(name) && world.isReadyAsWanted(name) {
            unready.remove(name)
        }
        for name in names where unproven.contains(name) {
            let outcome = open[name]?.progress.outcome
            if outcome == .good || outcome == .completed {
                unproven.remove(name)
                unready.remove(name)
            }
        }
        guard isAwaited, unready.isEmpty, !trace.has(.ready) || unproven.isEmpty else { return }
        self.trace?.mark(.ready, wall: moment.wall, instant: moment.instant)
        if unproven.isEmpty { self.trace?.mark(.healthy, wall: moment.wall, instant: moment.instant) }
        keepTrace()
    }

    private mutating func keepTrace() {
        guard let trace else { return }
        traceChanges.removeAll { $0.revision.id == trace.revision.id }
        traceChanges.append(trace)
    }
}

extension InstanceMemory {
    /// What has become of the wanted spec; nil where nothing is wanted.
    fileprivate var outcome: SpecRecord.Outcome? {
        guard let desired = applied?.desired else { return nil }
        if activeRollback != nil { return .rolledBack }
        if lastKnownGood.first?.specHash == desired.spec.specHash { return .good }
        let own = (0..<max(desired.target, 0)).map { replicas[$0] }
        if !own.isEmpty, own.allSatisfy({ $0?.completed == desired.key }) { return .completed }
        if own.contains(where: { $0?.restart.gaveUp?.key == desired.key }) { return .gaveUp }
        return .current
    }

    /// A revision brought something of what is wanted.
    fileprivate func concerns(_ id: RevisionID) -> Bool {
        guard let applied else { return removal?.revision?.id == id }
        return [applied.startRevision, applied.specRevision, applied.scaleRevision].contains { $0.id == id }
    }

    fileprivate func wantsProcesses(of id: RevisionID) -> Bool {
        guard let applied, applied.desired.target > 0 else { return false }
        return concerns(id)
    }
}

extension World {
    /// Every replica that is wanted runs the wanted spec and is ready, or has completed it.
    fileprivate func isReadyAsWanted(_ name: String) -> Bool {
        guard let remembered = memory.instances[name], let desired = remembered.applied?.desired,
            desired.target > 0
        else { return false }
        return (0..<desired.target).allSatisfy { index in
            if remembered.replicas[index]?.completed == desired.key { return true }
            let slot = remembered.slot(of: ReplicaID(instance: name, index: index))
            guard let run = observed.runs[slot] else { return false }
            return run.key == desired.key && run.spec.specHash == desired.spec.specHash && run.isReady
        }
    }
}
