import Foundation
import Manifests
import TestKit
import Testing

@testable import Reconciler

/// What a node makes of Schedules.
@Suite struct ScheduleResolvingTests {
    private static func source(_ spec: String = "", unit: String = "") -> DeclaredSource {
        DeclaredSource([
            "task.yaml": """
            apiVersion: plumb.dev/v1
            kind: Unit
            metadata: {name: task}
            spec:
              version: 1.2.0
              profile: oneshot
              entry: {command: /bin/task, args: [--now]}
              artifact: {source: dist}
              config: {fields: [{name: depth, type: int, default: 1}], apply: {method: args}}
            \(unit)
            """, "dist/task": "#!/bin/sh\n",
            "task-instance.yaml": """
            apiVersion: plumb.dev/v1
            kind: Instance
            metadata: {name: nightly}
            spec: {unit: task}
            """,
            "schedule.yaml": """
            apiVersion: plumb.dev/v1
            kind: Schedule
            metadata: {name: nightly, labels: {team: shop}}
            spec:
              trigger: {cron: "0 3 * * *"}
              action: {run: {unit: task@^1, args: [deep, "two words"]}}
            \(spec)
            """,
        ])
    }

    private func resolved(_ spec: String = "", unit: String = "", node: Node = Node(name: "edge-1")) throws
        -> DesiredSchedule
    {
        let desired = try Self.source(spec, unit: unit).desired(revision: .numbered(1), node: node)
        return try #require(desired.schedules?["nightly"])
    }

    private func spec(of schedule: DesiredSchedule) throws -> InstanceSpec {
        guard case .run(let spec, _) = schedule.action else { throw NoRun() }
        return spec.wrappedValue
    }

    private struct NoRun: Error {}

    @Test func aRunIsMadeOfItsUnitAsAnInstanceIs() throws {
        let schedule = try resolved("  secrets: {TOKEN: {file: token}}\n  resources: {memory: 64Mi}")
        let spec = try spec(of: schedule)
        #expect(spec.name == "nightly.schedule" && spec.unit == "task@1.2.0")
        #expect(DesiredSchedule.schedule(ofOwner: spec.name) == "nightly")
        #expect(spec.process.args == ["--now", "--depth=1", "deep", "two words"])
        #expect(spec.process.secrets == ["TOKEN": "token"] && spec.process.package != nil)
        #expect(spec.resources?.memory == 64 << 20)
        // Retries are the Schedule's own: the keeper's run is never started again by a restart policy.
        #expect(spec.restart.policy == .never)
        let unit = try Self.source().desired(revision: .numbered(1)).instances["nightly"]
        #expect(unit?.spec.process.package == spec.process.package)
        #expect(unit?.spec.startHash != spec.startHash)
    }

    @Test func fieldsStandWhereTheyAreWritten() throws {
        let schedule = try resolved("  timezone: Europe/Berlin\n  retries: {max: 2}")
        let shown = schedule.fields.map { "\($0.path)=\($0.value) \($0.place.short)" }
        #expect(shown.contains("spec.trigger.cron=0 3 * * * schedule.yaml:5"), "\(shown)")
        #expect(shown.contains("spec.action.run.unit=task@1.2.0 schedule.yaml:6"), "\(shown)")
        #expect(shown.contains("spec.action.run.args=deep 'two words' schedule.yaml:6"), "\(shown)")
        #expect(shown.contains("spec.timezone=Europe/Berlin schedule.yaml:7"), "\(shown)")
        #expect(shown.contains("spec.retries.max=2 schedule.yaml:8"), "\(shown)")
        #expect(shown.contains { $0.hasPrefix("unit.spec.entry.command=/bin/task task.yaml:7") }, "\(shown)")
        #expect(schedule.fields.map(\.path) == schedule.fields.map(\.path).sorted())
        #expect(!schedule.fields.contains { $0.path.hasPrefix("spec.restart.") || $0.path == "spec.unit" })
    }

    /// A later version that knows more fields has to compute the same hash.
    @Test func whatHasItsDefaultIsInNoHash() throws {
        let written = try resolved(
            """
              timezone: UTC
              dst: {gap: runAtEnd, overlap: once}
              startingDeadline: null
              catchUp: {policy: last}
              jitter: 0s
              concurrency: {policy: forbid}
              suspend: false
              runNonce: ""
              timeout: null
              retries: {max: 0, backoff: {initial: 10s, factor: 2, max: 10m}}
              successExitCodes: []
              history: {keep: 20, keepFailed: 20, maxAge: 30d}
              dependsOn: []
            """)
        let usual = try resolved()
        #expect(written.hash == usual.hash && written.fields.map(\.path) == usual.fields.map(\.path))
    }

    @Test(
        arguments: [
            "timezone: Asia/Tokyo", "dst: {gap: skip}", "startingDeadline: 5m", "catchUp: {policy: none}",
            "jitter: 1m", "concurrency: {policy: allow}", "window: {from: \"22:00\"}", "suspend: true",
            "runNonce: a", "timeout: 1h", "retries: {max: 1}", "successExitCodes: [3]", "history: {keep: 1}",
            "secrets: {A: {file: a}}", "stop: {grace: 1s}", "logging: {maxFiles: 1}",
            "dependsOn: [{instance: nightly}]",
        ])
    func whatActsIsInTheHash(_ field: String) throws {
        let (with, without) = (try resolved("  " + field), try resolved())
        #expect(with.hash != without.hash)
        #expect(with.fields.count > without.fields.count)
    }

    @Test func theUnitIsInTheHashAndLabelsAreNot() throws {
        let usual = try resolved()
        #expect(try resolved(unit: "  env: {A: b}").hash != usual.hash)
        // How often a Unit is restarted is not asked for here.
        #expect(try resolved(unit: "  restart: {policy: on-failure, maxRetries: 3}").hash == usual.hash)
        #expect(usual.labels == ["team": "shop"])
    }

    @Test func nodesDecideWhoFires() throws {
        let elsewhere = try resolved("  nodes: {names: [edge-2]}")
        let usual = try resolved()
        #expect(!elsewhere.assigned && elsewhere.hash == usual.hash)
        #expect(try resolved("  nodes: {names: [edge-1]}").assigned)
    }

    @Test func nothingIsMadeAgainOfTheSameDocuments() throws {
        var resolver = Resolver()
        let node = Node(name: "edge-1")
        let source = Self.source()
        let first = resolver.resolve(try source.snapshot(), revision: .numbered(1), node: node)
        let keys = resolver.scheduleKeys
        let again = resolver.resolve(try source.snapshot(), revision: .numbered(2), node: node)
        #expect(again.schedules == first.schedules && resolver.scheduleKeys == keys)
        let other = resolver.resolve(
            try Self.source("  suspend: true").snapshot(), revision: .numbered(3), node: node)
        #expect(other.schedules?["nightly"]?.suspend == true)
        var without = source
        without.files["schedule.yaml"] = nil
        let gone = resolver.resolve(try without.snapshot(), revision: .numbered(4), node: node)
        #expect(gone.schedules == nil && resolver.scheduleKeys.isEmpty && gone.instances.count == 1)
    }

    /// Packages of what will fire are kept, though nothing of it runs.
    @Test func itsPackageIsNeeded() throws {
        var source = Self.source()
        source.files["task-instance.yaml"] = nil
        var world = World()
        world.accept(
            try source.desired(revision: .numbered(1)),
            at: Moment(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0)))
        #expect(world.neededPackages.count == 1)
    }

    /// A type that is stored: read back as it was.
    @Test func isReadBackAsItWasWritten() throws {
        let schedule = try resolved("  window: {days: [mon], from: \"22:00\", to: \"06:00\"}\n  timeout: 1h")
        let data = try JSONEncoder().encode(schedule)
        #expect(try JSONDecoder().decode(DesiredSchedule.self, from: data) == schedule)
    }
}
