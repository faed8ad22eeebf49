import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// Comparing what runs with what was started: once after a start and after the agent's return, and whenever
/// something was noticed. Never by looking around.
extension Supervisor {
    /// Looks at a run for the first time in this life of the agent.
    func beginDrift(_ run: RunID, isReturn: Bool) {
        if isReturn { table.withLock { $0[run]?.isReturn = true } }
        drift.schedule(run, after: isReturn ? SupervisorLimits.driftPause : SupervisorLimits.driftFirstLook)
    }

    /// Live fields were put into force.
    func followDrift(_ run: RunID, _ old: InstanceSpec?, _ spec: InstanceSpec) {
        guard let old else { return beginDrift(run, isReturn: true) }
        if old.drift != spec.drift {
            // Who is to mend it has changed, and so have the words.
            tellAnew(run, [.stale, .drifted])
        } else if old.specHash == spec.specHash && spec.drift == .heal {
            // Nothing of it is new: what is in force is to be as declared again.
            restoreLimits(of: run, spec.resources)
            tellAnew(run, [.drifted])
        } else if old.resources == spec.resources {
            return
        }
        drift.schedule(run)
    }

    /// Has the next look tell what it finds, also where that is nothing or what was told before.
    private func tellAnew(_ run: RunID, _ kinds: [Condition.Kind]) {
        table.withLock { table in
            for kind in kinds { table[run]?.drift[kind] = "unknown" }
        }
    }

    func lookForDrift(_ run: RunID) async {
        guard let entry = table.withLock({ $0[run] }), entry.phase == .running, let spec = entry.spec,
            let identity = entry.identity, let process = ProcessLook(of: identity.child)
        else { return }
        let command = try? assembly.executable(of: spec.process)
        watch(run, entry, command: command ?? spec.process.command, program: process.programPath)
        let seen = entry.seen ?? SeenProcess.load(slotPath: entry.slot.path, run: run)
        var comparison = DriftComparison(
            spec: spec, command: command, process: process, seen: seen,
            started: WallTime(nanoseconds: Int64(clamping: identity.startedAtWall)),
            begun: entry.begun, group: entry.group?.split(separator: "/").last.map(String.init),
            keeper: FileFacts(of: "/proc/\(identity.keeper.pid)/exe"), packages: layout.packages,
            comparisons: comparisons, limits: limits(of: run, entry, spec), isReturn: entry.isReturn)
        let kept = seen ?? comparison.record(run: run)
        if seen == nil { kept.save(slotPath: entry.slot.path) }
        comparison.seen = kept
        let results = [comparison.stale(), comparison.drifted()]
        // It may have been exchanged for another while it was looked at.
        guard ProcessIdentity(of: identity.child.pid) == identity.child else { return }
        for result in results { tell(result, of: run, kept) }
    }

    private func watch(_ run: RunID, _ entry: RunEntry, command: String, program: String?) {
        var points: Set<PathTrail.Point> = []
        for path in [command, program ?? ""] where path.hasPrefix("/") {
            // What stands in the store of packages never changes.
            guard !path.hasPrefix(layout.packages + "/") else { continue }
            points.formUnion(PathTrail(of: path).points)
        }
        var files: [String] = []
        if let groups, let group = entry.group {
            files = ["\(group)/cgroup.events"] + groups.limits(of: group).files
        }
        drift.watch(run, points, files: files)
    }

    /// The limits as they are now. What is known not to be enforced is no news.
    private func limits(of run: RunID, _ entry: RunEntry, _ spec: InstanceSpec) -> DriftComparison.Limits {
        guard let groups, let group = entry.group else { return DriftComparison.Limits() }
        let known = Set(entry.shortfalls.map(\.field))
        let limits = groups.limits(of: group)
        return DriftComparison.Limits(
            wrong: limits.values(spec.resources).filter { value in
                !value.agrees && !known.contains(value.field) && value.field != Controller.io.field
            },
            hierarchies: limits.legacyGroups(spec.resources).filter { !known.contains($0) })
    }

    /// Only what is not known yet is told. A thing that was taken back, too.
    private func tell(_ result: DriftComparison.Result, of run: RunID, _ seen: SeenProcess) {
        let kind = result.finding.kind
        let isNews = table.withLock { table -> Bool in
            guard table[run]?.phase == .running else { return false }
            table[run]?.seen = seen
            let known = table[run]?.drift[kind] ?? ""
            table[run]?.drift[kind] = result.marker
            return known != result.marker
        }
        guard isNews else { return }
        tell(.found(run, result.finding)) { table.withLock { $0[run]?.phase == .running } }
    }
}
