import Foundation
import Manifests
import Reconciler
import StatusAPI
import TestKit

/// A host in a state that a story has brought about, as an agent would show it. Nothing of it depends on the
/// machine or on the time.
struct GoldenState: Sendable {
    var state: AgentState
    var history: SimulatedHistory
    var revisions: [RevisionHistoryEntry]

    static let stateDir = "/var/lib/plumb"

    /// The time at which the clock of the commands stands still.
    var seconds: Int64 { state.nowWall.nanoseconds / 1_000_000_000 }

    /// `Tests/Golden/states/NAME.txt`, a story; comments before its first step may say more:
    /// `# invalid: DIAGNOSTIC`, `# stale: MESSAGE`, `# starting`.
    static func named(_ name: String) throws -> GoldenState {
        let text = try String(contentsOfFile: GoldenFiles.folder + "/states/\(name).txt", encoding: .utf8)
        let story = Story(text)
        var teller = StoryTeller.remembering()
        var revisions: [RevisionHistoryEntry] = []
        for step in story.steps {
            let before = teller.host.revisionCount
            do { _ = try teller.perform(step) } catch {
                throw StateBroken(description: "\(name): '> \(step.command)': \(error)")
            }
            guard teller.host.revisionCount > before, let offered = teller.host.newest else { continue }
            let isHeld = teller.host.accepted?.revision.id != offered.revision.id
            revisions.append(
                RevisionHistoryEntry(
                    id: Int64(revisions.count + 1), revision: offered.revision,
                    outcome: isHeld ? "held" : "accepted",
                    message: teller.host.gates?.keeper.memory.held?.text ?? "", at: teller.host.clock.wall))
        }
        let preface = story.steps.first?.preface ?? story.ending
        return GoldenState(
            state: state(of: teller.host, preface, revisions), history: teller.host.history ?? .init(),
            revisions: revisions)
    }

    private static func state(
        of host: SimulatedHost, _ preface: [String], _ revisions: [RevisionHistoryEntry]
    ) -> AgentState {
        let accepted = revisions.last { $0.outcome == "accepted" }
        var source = SourceStatus(
            repository: "/srv/shop", ref: "main", path: "/", accepted: accepted?.revision,
            acceptedAt: accepted?.at, seen: revisions.last?.revision)
        let conditions = conditions(of: host, preface, &source)
        let wall = host.clock.wall
        return AgentState(
            node: host.node, version: "0.1.0", stateDir: stateDir, bootID: "boot-1",
            startedWall: WallTime(nanoseconds: 1_767_222_000_000_000_000),
            isReady: !preface.contains("# starting"), source: source, conditions: conditions,
            desired: host.accepted, observed: host.world.observed, memory: host.world.memory,
            waiting: host.plan().waiting, now: host.clock.now, nowWall: wall,
            gates: GateStatus(
                settings: host.gates?.keeper.settings ?? GateSettings(),
                windows: host.gates?.windows ?? .always, memory: host.gates?.keeper.memory ?? GateMemory()))
    }

    /// In the agent's words; what a story cannot bring about is said by its preface.
    private static func conditions(
        of host: SimulatedHost, _ preface: [String], _ source: inout SourceStatus
    ) -> [Condition] {
        var conditions: [Condition] = []
        let wall = host.clock.wall
        func add(_ kind: Condition.Kind, _ reason: String, _ message: String, status: Bool = true) {
            conditions.append(
                Condition(type: kind, status: status, reason: reason, message: message, since: wall))
        }
        for line in preface {
            if let text = line.after("# invalid: ") {
                let revision = Revision.numbered(99, by: "Bob", subject: "More replicas")
                source.seen = revision
                source.diagnostics = [text.replacingOccurrences(of: "\\n", with: "\n")]
                add(.invalid, "InvalidManifests", "\(revision.short) by \(revision.author) is not applied")
            }
            if let text = line.after("# stale: ") { add(.sourceStale, "RepositoryMissing", text) }
        }
        let memory = host.gates?.keeper.memory
        if let held = memory?.held {
            add(.held, held.holds.first?.kind.rawValue ?? "Held", held.text)
        }
        if let suspension = memory?.suspension { add(.suspended, "HostSuspended", suspension.text) }
        for (name, remembered) in host.world.memory.instances.sorted(by: { $0.key < $1.key }) {
            if let back = remembered.activeRollback {
                add(.rolledBack, "RolloutFailed", "\(name) \(back.text)")
            }
        }
        let troubled = conditions.first.map(\.type.rawValue)
        if source.accepted == nil {
            add(.synced, "NothingAccepted", "no revision has been accepted yet", status: false)
        } else {
            add(
                .synced, troubled ?? "Accepted", "\(source.accepted?.short ?? "") is the desired state",
                status: troubled == nil)
        }
        return conditions
    }
}

private struct StateBroken: Error, CustomStringConvertible { let description: String }

extension String {
    fileprivate func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
