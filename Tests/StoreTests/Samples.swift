import Foundation
import Manifests
import Reconciler

@testable import Store

/// Values as the agent would commit them.
enum Sample {
    static let start = WallTime(nanoseconds: 1_790_000_000_000_000_000)

    static func wall(_ seconds: Int) -> WallTime {
        WallTime(nanoseconds: start.nanoseconds + Int64(seconds) * 1_000_000_000)
    }

    static func revision(_ number: Int = 1) -> Revision {
        Revision(
            id: RevisionID(hex: String(repeating: "0", count: 36) + String(format: "%04x", number)),
            ref: "main", authorName: "Änn", authorEmail: "ann@example.org", subject: "Commit \(number)",
            committed: wall(number))
    }

    static func run(_ number: Int) -> RunID {
        RunID(milliseconds: UInt64(1_790_000_000_000 + number), randomness: 7)
    }

    static func claim(_ number: Int, instance: String = "web", index: Int = 0) -> RunClaim {
        RunClaim(
            run: run(number), slot: SlotID(instance: instance, index: index), unit: "web@1.4.2",
            startHash: StartHash(hex: String(repeating: "a", count: 64)),
            specHash: SpecHash(hex: String(repeating: "b", count: 64)), nonce: "", revision: revision(),
            claimedWall: wall(number), bootID: "boot-1")
    }

    static func identity(pid: Int32) -> RunIdentity {
        RunIdentity(
            bootID: "boot-1", pid: pid, startTime: 12345, keeperPID: pid - 1,
            startedAt: Instant(nanoseconds: 5), startedWall: wall(1))
    }

    static func exit(code: Int32 = 0, at seconds: Int = 2) -> ExitReport {
        ExitReport(
            cause: .exited(code: code), startedWall: wall(1), endedWall: wall(seconds),
            cpuTime: .milliseconds(1500), memoryPeakBytes: UInt64.max)
    }

    static func event(_ number: Int, instance: String? = "web") -> EventRecord {
        let place = Location(file: "instances/web.yaml", line: 7, column: 5)
        let change = FieldChange(
            path: "spec.config.fps", old: "10", new: "30", effect: .restart, place: place)
        return EventRecord(
            kind: .starting, time: wall(number), instance: instance,
            cause: Cause(reason: .changed, changes: [change], place: place, revision: revision()),
            message: "event \(number)")
    }

    static func spec(_ name: String, factor: Double = 2) -> InstanceSpec {
        let place = Location(file: "instances/\(name).yaml", line: 4, column: 3)
        let fields = (0..<20).map {
            SpecField(path: "spec.config.field\($0)", value: "value \($0)", effect: .restart, place: place)
        }
        return InstanceSpec(
            name: name, unit: "web@1.4.2", profile: .keepalive,
            process: ProcessSpec(command: "/usr/bin/python3", args: ["-m", "http.server"], env: ["A": "b"]),
            health: Health(), restart: RestartPolicy(backoff: .init(factor: factor)), stop: StopPolicy(),
            logging: LoggingPolicy(), update: UpdatePolicy(), fields: fields,
            startHash: StartHash(hex: String(repeating: "a", count: 64)),
            specHash: SpecHash(hex: String(repeating: "b", count: 64)))
    }

    static func memory(_ name: String, factor: Double = 2) -> InstanceMemory {
        let spec = spec(name, factor: factor)
        let place = Location(file: "instances/\(name).yaml", line: 4, column: 3)
        let desired = DesiredInstance(
            spec: spec, replicas: 2, state: .running, assigned: true, suspend: false, nonce: "",
            dependsOn: [],
            labels: ["tier": "front"], places: ["spec.replicas": place], reference: "web@^1.4",
            unitPlace: place)
        let cause = Cause(reason: .newInstance, place: place, revision: revision())
        let replica = ReplicaMemory(
            restart: RestartState(failures: 3, backoffUntil: Instant(nanoseconds: 99)), completed: nil,
            lastExit: exit(code: 1), lastRun: run(1), restarts: 3)
        return InstanceMemory(
            applied: .init(
                desired: desired, startRevision: revision(), specRevision: revision(),
                scaleRevision: revision(), startCause: cause, specCause: cause, scaleCause: cause),
            replicas: [0: replica, 1: ReplicaMemory()], lastKnownGood: [spec])
    }
}

/// A directory that is gone after the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "plumb-store-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            // Safe: it ends a test run, and nothing else.
            fatalError("a test without a directory has nothing to say: \(error)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var database: String { path + "/plumb.db" }
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

func milliseconds(_ duration: Duration) -> String {
    String(format: "%.2f ms", duration / .milliseconds(1))
}
