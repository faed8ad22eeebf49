import Foundation
import Manifests
import Reconciler

@testable import StatusAPI

/// An agent's state as the loop would hand it over.
enum Sample {
    static let start = WallTime(nanoseconds: 1_790_000_000_123_000_000)

    static func wall(_ seconds: Int) -> WallTime {
        WallTime(nanoseconds: start.nanoseconds + Int64(seconds) * 1_000_000_000)
    }

    static func instant(_ seconds: Int) -> Instant { Instant(nanoseconds: Int64(seconds) * 1_000_000_000) }

    static let revision = Revision(
        id: RevisionID(hex: "3f2a9c1" + String(repeating: "0", count: 33)), ref: "main", authorName: "Änn",
        authorEmail: "ann@example.org", subject: "Serve \"more\" frames", committed: start)

    static func place(_ name: String) -> Location {
        Location(file: "instances/\(name).yaml", line: 4, column: 3)
    }

    static func spec(_ name: String) -> InstanceSpec {
        let process = ProcessSpec(
            command: "/usr/bin/python3", args: ["-m", "http.server"], env: ["FPS": "30"],
            secrets: ["TOKEN": "web-token"],
            endpoints: [EndpointSpec(name: "http", protocolName: "http", basePort: 8080, indexed: true)])
        return InstanceSpec(
            name: name, unit: "web@1.4.2", profile: .keepalive, process: process, health: Health(),
            restart: RestartPolicy(), stop: StopPolicy(), logging: LoggingPolicy(), update: UpdatePolicy(),
            fields: [SpecField(path: "spec.config.fps", value: "30", effect: .restart, place: place(name))],
            startHash: StartHash(hex: String(repeating: "a", count: 64)),
            specHash: SpecHash(hex: String(repeating: "b", count: 64)))
    }

    static func desired(_ name: String, replicas: Int) -> DesiredInstance {
        DesiredInstance(
            spec: spec(name), replicas: replicas, state: .running, assigned: true, suspend: false, nonce: "",
            dependsOn: [], labels: ["tier": "front"], places: ["metadata.name": place(name)],
            reference: "web@^1.4", unitPlace: place("unit"))
    }

    static var change: FieldChange {
        FieldChange(path: "spec.config.fps", old: "10", new: "30", effect: .restart, place: place("web"))
    }

    static var cause: Cause {
        Cause(reason: .changed, changes: [change], place: place("web"), revision: revision)
    }

    static func run(_ name: String, _ index: Int) -> ObservedRun {
        var run = ObservedRun(
            id: RunID(
                milliseconds: 1_790_000_000_000, randomness: UInt32(index) + (name == "db" ? 1_000 : 0)),
            slot: SlotID(instance: name, index: index), spec: spec(name), nonce: "", revision: revision,
            phase: .running, claimedAt: instant(1),
            identity: RunIdentity(
                bootID: "boot", pid: Int32(1000 + index), startTime: 5, keeperPID: 999, startedAt: instant(1),
                startedWall: wall(1)), startCause: cause)
        run.readySince = instant(2)
        return run
    }

    static func source(_ file: String) -> DeclarationSource {
        DeclarationSource(
            location: Location(file: file, line: 3, column: 1), blob: "", document: 0, fields: [:])
    }

    /// Instances of two replicas each, all running, but for `broken`, which waits for its backoff.
    static func state(instances count: Int = 2, isReady: Bool = true) -> AgentState {
        var desired = Desired(revision: revision, node: Node(name: "edge-1"), instances: [:])
        var observed = Observed()
        var memory = Memory()
        for number in 0..<count {
            let name = count <= 2 ? ["web", "db"][number] : "web\(number)"
            desired.instances[name] = Sample.desired(name, replicas: 2)
            for index in 0..<2 {
                let run = run(name, index)
                observed.runs[run.slot] = run
            }
        }
        desired.instances["broken"] = Sample.desired("broken", replicas: 1)
        desired.reserved = [
            DeclaredThing(
                ReservedDeclaration(
                    kind: .plugin, metadata: Metadata(name: "extra"), source: source("plugins/extra.yaml"))),
            DeclaredThing(
                ReservedDeclaration(
                    kind: .schedule, metadata: Metadata(name: "nightly", labels: ["team": "shop"]),
                    source: source("schedules/nightly.yaml"))),
        ]
        memory.instances["broken"] = InstanceMemory(
            replicas: [
                0: ReplicaMemory(
                    lastExit: ExitReport(cause: .exited(code: 3), endedWall: wall(8)),
                    lastRun: RunID(milliseconds: 1_790_000_000_000, randomness: 77), restarts: 4)
            ])
        let waiting = Waiting(
            replica: ReplicaID(instance: "broken", index: 0),
            reason: .backoff(until: instant(20), failures: 4))
        let accepted = SourceStatus(
            repository: "/srv/units", ref: "main", path: "/", accepted: revision, acceptedAt: wall(3),
            seen: revision, diagnostics: [])
        return AgentState(
            node: Node(name: "edge-1", labels: ["zone": "a"]), version: "0.1.0", bootID: "boot",
            startedWall: start, isReady: isReady, source: accepted,
            conditions: [
                Condition(
                    type: .synced, status: true, reason: "Accepted", message: "main@3f2a9c1", since: wall(3),
                    observedRevision: revision.id)
            ], desired: desired, observed: observed, memory: memory, waiting: [waiting], now: instant(10),
            nowWall: wall(10))
    }
}

/// A source whose answers a test decides.
final class SampleSource: StatusSource {
    let current: AgentState
    let hangs: Bool
    let mask: SecretMask
    /// nil: an agent that runs no Schedules.
    let statuses: [ScheduleStatus]?
    let scheduled: [ScheduledRun]

    init(
        _ state: AgentState = Sample.state(), hangs: Bool = false, mask: SecretMask = SecretMask(),
        schedules: [ScheduleStatus]? = nil, runs: [ScheduledRun] = []
    ) {
        current = state
        statuses = schedules
        scheduled = runs
        self.hangs = hangs
        self.mask = mask
    }

    func state() async -> AgentState {
        // Time has to pass here: it stands for a loop that hangs.
        if hangs { try? await Task.sleep(for: .seconds(60)) }
        return current
    }

    func events(_ query: EventHistoryQuery) async throws -> [EventHistoryEntry] {
        let fitting = Self.allEvents.filter {
            $0.id > query.after ?? 0 && $0.id < query.before ?? .max && Self.fits($0.record, query)
        }
        return Array(query.after == nil ? fitting.suffix(query.limit) : fitting.prefix(query.limit))
    }

    func specs(of instance: String, limit: Int) async throws -> [SpecRecord] {
        guard instance == "web" else { return [] }
        let record = SpecRecord(
            instance: "web", unit: "web@1.4.2", specHash: Sample.spec("web").specHash, nonce: "",
            revision: Sample.revision, changes: [Sample.change], wantedAt: Sample.wall(2),
            progress: SpecProgress(outcome: .good, readyAt: Sample.wall(3), provenAt: Sample.wall(5)))
        return Array(repeating: record, count: min(3, limit))
    }

    func traces(prefix: String, limit: Int) async throws -> [RevisionTrace] {
        guard Sample.revision.id.hex.hasPrefix(prefix) else { return [] }
        var trace = RevisionTrace(revision: Sample.revision, outcome: .accepted, bootID: "boot")
        trace.mark(.seen, wall: Sample.wall(1), instant: Sample.instant(1))
        trace.mark(.planned, wall: Sample.wall(3), instant: Sample.instant(3))
        return [trace]
    }

    func lastOutput(of run: RunID, in slot: SlotID, lines: Int) async -> [OutputLine] {
        [OutputLine(isError: true, time: Sample.wall(4), text: "the last words of \(slot)")]
    }

    func meters() async -> AgentMeters? {
        let sample = AgentMeters.Histogram(bounds: [0.01, 1], counts: [3, 2, 1], sum: 2.5)
        return AgentMeters(
            plans: sample, turns: sample, executing: sample, healthy: sample,
            events: [("exited", 7), ("rolledBack", 2)],
            schedules: [.init(name: "hourly", runs: [("succeeded", 6)], lateness: sample, retries: 2)])
    }

    func tail(_ query: TailQuery) -> AsyncStream<[TailRecord]> { AsyncStream { $0.finish() } }

    func usage(of runs: Set<RunID>) async -> [RunID: RunUsage] {
        var usage = RunUsage()
        usage.cpuTime = .milliseconds(1_500)
        usage.memoryBytes = 12 << 20
        usage.tasks = 3
        return Dictionary(uniqueKeysWithValues: runs.map { ($0, usage) })
    }

    func processes(of run: RunID) async -> [RunProcess] {
        [
            RunProcess(
                pid: 1000, parent: 1, command: ["/bin/sh", "-c", "a b"], user: "web", state: "S",
                cpuTime: .milliseconds(1_500), memoryBytes: 4096, threads: 2, startedAt: Sample.start)
        ]
    }

    func sandbox(of run: RunID) async -> SandboxObservation? {
        SandboxObservation(
            level: "minimal", pid: 1000,
            items: [.init("noNewPrivileges", declared: "yes", .yes, "NoNewPrivs: 1")])
    }
}
