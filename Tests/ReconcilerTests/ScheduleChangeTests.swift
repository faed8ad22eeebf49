import Manifests
import TestKit
import Testing

@testable import Reconciler

/// What a revision would change about Schedules.
@Suite struct ScheduleChangeTests {
    private static func source(_ schedules: [String: String]) -> DeclaredSource {
        var files = [
            "task.yaml": """
            apiVersion: plumb.dev/v1
            kind: Unit
            metadata: {name: task}
            spec: {version: 1.2.0, profile: oneshot, entry: {command: /bin/task, user: jobs}}
            """
        ]
        for (name, spec) in schedules {
            files["\(name).yaml"] = """
                apiVersion: plumb.dev/v1
                kind: Schedule
                metadata: {name: \(name)}
                spec:
                  action: {run: {unit: task}}
                  \(spec)
                """
        }
        return DeclaredSource(files)
    }

    private static let moment = Moment(
        instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 1_767_225_600_000_000_000))

    private func summary(_ old: [String: String], _ new: [String: String]) throws -> ChangeSummary {
        let before = try Self.source(old).desired(revision: .numbered(1))
        let after = try Self.source(new).desired(revision: .numbered(2))
        return ChangeSummary(
            world: .running(before, at: Self.moment), candidate: after, at: Self.moment)
    }

    @Test func whatIsAddedChangedAndRemoved() throws {
        let found = try summary(
            [
                "same": "trigger: {manual: true}", "gone": "trigger: {interval: 1h}",
                "other": "trigger: {cron: 0 3 * * *}",
            ],
            [
                "same": "trigger: {manual: true}", "fresh": "trigger: {calendar: Mon 04:00}",
                "other": "trigger: {cron: 0 4 * * *}\n  timezone: Europe/Berlin",
            ])
        #expect(
            found.schedules.map { "\($0.kind) \($0.schedule) \($0.headline) \($0.place.short)" } == [
                "added fresh new schedule: calendar Mon 04:00 (UTC) fresh.yaml:3",
                "changed other spec.timezone set to Europe/Berlin, spec.trigger.cron 0 3 * * * → 0 4 * * *"
                    + " other.yaml:3",
                "removed gone declared no longer; was: every 1h gone.yaml:3",
            ])
        #expect(found.changes && found.rows.isEmpty && found.schedules.allSatisfy(\.movesFirings))
        let fields = found.schedules[1].changes
        #expect(
            fields.map { "\($0.place.short) \($0.effect)" } == ["other.yaml:7 next", "other.yaml:6 next"])
    }

    /// Nothing that runs is touched, so no gate has anything to say.
    @Test func noGateIsConcerned() throws {
        let found = try summary(["a": "trigger: {manual: true}"], [:])
        #expect(found.schedules.map(\.kind) == [.removed] && found.gated.actions.isEmpty)
        #expect(try summary([:], [:]).planHash == found.planHash)
    }

    @Test func whatTouchesNothingIsNoChange() throws {
        let plain = try summary(
            ["a": "trigger: {manual: true}"], ["a": "trigger: {manual: true} # a comment"])
        #expect(!plain.changes && plain.schedules.isEmpty)
        let spelled = try summary(
            ["a": "trigger: {manual: true}"], ["a": "suspend: false\n  trigger: {manual: true}"])
        #expect(!spelled.changes)
    }

    @Test func nodesBringAndTakeIt() throws {
        let here = "trigger: {manual: true}"
        let there = here + "\n  nodes: {names: [edge-2]}"
        let gone = try summary(["a": here], ["a": there])
        #expect(gone.schedules.map(\.kind) == [.removed])
        #expect(gone.schedules[0].changes.map(\.text) == ["spec.nodes this node → other nodes"])
        #expect(try summary(["a": there], ["a": here]).schedules.map(\.kind) == [.added])
        #expect(try !summary(["a": there], ["a": there + "\n  suspend: true"]).changes)
    }

    @Test func whatDoesNotMoveTheFiringsSaysSo() throws {
        let trigger = "trigger: {cron: 0 3 * * *}"
        let found = try summary(["a": trigger], ["a": trigger + "\n  timeout: 1h"])
        #expect(found.schedules.map(\.movesFirings) == [false])
        let asked = try summary(["a": trigger], ["a": trigger + "\n  runNonce: again"])
        #expect(asked.schedules.first?.changes.map(\.text) == ["spec.runNonce set to \"again\""])
    }

    /// Hosts of a review, each with the Schedules that fire there, and what nobody could check.
    @Test func aReviewHasThemByHost() throws {
        let old = Self.source([:])
        let new = Self.source([
            "a": "trigger: {cron: 0 3 * * *}\n  timezone: Europe/Berlin\n  nodes: {names: [edge-1]}\n"
                + "  secrets: {TOKEN: {file: token}}"
        ])
        let review = Review(
            from: .init(revision: .numbered(1), snapshot: try old.snapshot()),
            to: .init(revision: .numbered(2), snapshot: try new.snapshot()),
            hosts: [ReviewHost(node: Node(name: "edge-1")), ReviewHost(node: Node(name: "edge-2"))],
            isInventory: true, at: Self.moment)
        #expect(review.hosts.map(\.changes) == [true, false])
        #expect(
            review.unchecked.map { "\($0.kind) \($0.name) \($0.usedBy)" } == [
                "command /bin/task [\"task@1.2.0\"]", "secret token [\"Schedule a\"]",
                "timezone Europe/Berlin [\"Schedule a\"]", "user jobs [\"task@1.2.0\"]",
            ])
        let stranger = Self.source(["a": "trigger: {manual: true}\n  nodes: {names: [edge-9]}"])
        let warnings = Review(
            from: .init(revision: .numbered(1), snapshot: try old.snapshot()),
            to: .init(revision: .numbered(2), snapshot: try stranger.snapshot()),
            hosts: [ReviewHost(node: Node(name: "edge-1"))], isInventory: true, at: Self.moment
        ).warnings
        #expect(warnings.map(\.message) == ["Schedule a names edge-9, not in the node file"])
        #expect(ReviewHost.assumed(from: [try stranger.snapshot()]).map(\.node.name) == ["edge-9"])
    }
}
