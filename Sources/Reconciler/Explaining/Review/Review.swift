package import Manifests

/// What a change from one revision to another would do to every host, without asking any of them: each is
/// taken to run all that the first revision declares for it, and to run it well.
package struct Review: Sendable {
    /// A revision with the snapshot that it holds.
    package struct Side: Sendable {
        package var revision: Revision
        package var snapshot: Snapshot

        package init(revision: Revision, snapshot: Snapshot) {
            self.revision = revision
            self.snapshot = snapshot
        }
    }

    package struct Host: Sendable {
        package var host: ReviewHost
        package var summary: ChangeSummary
        package var warnings: [ReviewWarning]

        package var changes: Bool { summary.changes }
    }

    package var from: Revision
    package var to: Revision
    /// In the order in which they were given.
    package var hosts: [Host]
    /// What concerns no single host.
    package var warnings: [ReviewWarning]
    /// Of what changes, the host facts that nobody could check; sorted.
    package var unchecked: [HostFact]

    /// - Parameter isInventory: `hosts` are all that there are: a declaration for another one is a mistake.
    package init(from old: Side, to new: Side, hosts: [ReviewHost], isInventory: Bool, at moment: Moment) {
        from = old.revision
        to = new.revision
        let (before, after) = (ReviewSide(old), ReviewSide(new))
        self.hosts = hosts.map { Self.plan($0, before, after, at: moment) }
        warnings = isInventory ? ReviewWarning.homeless(in: new.snapshot, hosts) : []
        unchecked = Self.unchecked(self.hosts, new.snapshot)
    }

    package func count(_ kind: ChangeSummary.Kind) -> Int {
        hosts.reduce(0) { $0 + $1.summary.count(kind) }
    }

    private static func plan(
        _ host: ReviewHost, _ before: ReviewSide, _ after: ReviewSide, at moment: Moment
    ) -> Host {
        let (old, new) = (before.assigned(to: host), after.assigned(to: host))
        var present = before.desired(on: host, assigned: old, beside: new)
        var candidate = after.desired(on: host, assigned: new, beside: old)
        let (oldFiring, newFiring) = (before.firing(on: host), after.firing(on: host))
        present.schedules = before.schedules(assigned: oldFiring, beside: newFiring)
        candidate.schedules = after.schedules(assigned: newFiring, beside: oldFiring)
        let summary = ChangeSummary(
            world: .running(present, at: moment), candidate: candidate, at: moment)
        return Host(
            host: host, summary: summary,
            warnings: ReviewWarning.all(host, summary, from: present, to: candidate, after.snapshot))
    }

    /// Facts of what changes alone: a review is not the place to list the whole fleet's.
    private static func unchecked(_ hosts: [Host], _ snapshot: Snapshot) -> [HostFact] {
        var found: Set<HostFact> = []
        for host in hosts {
            let touched = Set(host.summary.rows.filter { $0.kind != .stop }.map(\.instance))
            let firing = host.summary.schedules.filter { $0.kind != .removed }.map(\.schedule)
            for fact in HostFact.all(of: touched, schedules: firing, in: snapshot)
            where host.host.has(fact) == nil {
                found.insert(fact)
            }
        }
        return found.sorted()
    }
}

/// A snapshot that is resolved once, and asked for one host after the other.
struct ReviewSide {
    let snapshot: Snapshot
    private let resolved: Desired

    init(_ side: Review.Side) { self.init(side.snapshot, revision: side.revision) }

    /// - Parameter revision: the default stands for none, where nothing is told of one.
    init(
        _ snapshot: Snapshot,
        revision: Revision = Revision(
            id: RevisionID(hex: ""), ref: "", authorName: "", authorEmail: "", subject: "",
            committed: WallTime(nanoseconds: 0))
    ) {
        self.snapshot = snapshot
        var resolver = Resolver()
        resolved = resolver.resolve(snapshot, revision: revision, node: Node(name: ""))
    }

    func assigned(to host: ReviewHost) -> Set<String> {
        Set(snapshot.instances.values.lazy.filter { host.takes($0.nodes) }.map(\.metadata.name))
    }

    /// Schedules that fire there.
    func firing(on host: ReviewHost) -> Set<String> {
        Set(snapshot.schedules.values.lazy.filter { host.takes($0.nodes) }.map(\.metadata.name))
    }

    func schedules(assigned: Set<String>, beside: Set<String>) -> [String: DesiredSchedule]? {
        var result: [String: DesiredSchedule] = [:]
        for name in assigned.union(beside) {
            guard var schedule = resolved.schedules?[name] else { continue }
            schedule.assigned = assigned.contains(name)
            result[name] = schedule
        }
        return result.isEmpty ? nil : result
    }

    /// What one host would run. `beside` is assigned to it in the other snapshot: that an Instance comes or
    /// goes by its `nodes` is seen only where both sides have it.
    func desired(on host: ReviewHost, assigned: Set<String>, beside: Set<String>) -> Desired {
        var desired = Desired(revision: resolved.revision, node: host.node, instances: [:])
        for name in assigned.union(beside) {
            guard var instance = resolved.instances[name] else { continue }
            instance.assigned = assigned.contains(name)
            desired.instances[name] = instance
        }
        return desired
    }
}
