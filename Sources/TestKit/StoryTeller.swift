import Manifests
import Reconciler

/// Performs the steps of a story on a simulated host, and writes down what the planner does about each.
package struct StoryTeller {
    package private(set) var host = SimulatedHost(node: Node(name: "edge-1", labels: ["zone": "a"]))
    private var source = DeclaredSource()
    /// Slots whose runs neither begin nor end by themselves.
    private var stuck: Set<SlotID> = []
    private var lines: [String] = []

    package init() {}

    /// With a past that can be asked for.
    package static func remembering() -> StoryTeller {
        var teller = StoryTeller()
        teller.host.history = SimulatedHistory()
        return teller
    }

    package mutating func perform(_ step: Story.Step) throws -> [String] {
        lines = []
        let words = step.command.split(separator: " ").map(String.init)
        guard let verb = words.first else { throw Story.Broken(description: "no command") }
        if try declare(verb, words, step) { return lines }
        if verb == "advance" {
            guard let duration = Quantities.duration(words.last ?? "") else {
                throw Story.Broken(description: "no duration")
            }
            try watched { host, stuck, watch in
                try host.advance(by: duration, stuck: stuck, watch: watch)
                host.weighAgain()
                try host.settle(stuck: stuck, watch: watch)
            }
        } else {
            try happen(verb, words, step)
            try watched { host, stuck, watch in try host.settle(stuck: stuck, watch: watch) }
        }
        lines += PlanText.lines(host.plan(), at: host.clock.now, waiting: true)
        lines += host.gates?.lines(now: host.clock.now) ?? []
        return lines.isEmpty ? ["nothing to do"] : lines
    }

    /// Steps that change the source alone. True if it was one.
    private mutating func declare(_ verb: String, _ words: [String], _ step: Story.Step) throws -> Bool {
        switch verb {
        case "file": source.files[words[1]] = step.input.joined(separator: "\n") + "\n"
        case "delete": source.files[words[1]] = nil
        case "move":
            source.files[words[2]] = source.files[words[1]]
            source.files[words[1]] = nil
        case "edit":
            let change = step.command.dropFirst(verb.count + words[1].count + 2)
            let sides = change.split(separator: " => ", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let text = source.files[words[1]], text.contains(sides[0]) else {
                throw Story.Broken(description: "'\(change)' fits nothing in \(words[1])")
            }
            source.files[words[1]] = text.replacing(sides[0], with: sides[1])
        case "diff":
            var host = host
            let candidate = try host.candidate(source)
            let summary = ChangeSummary(world: host.world, candidate: candidate, at: host.clock.moment)
            lines = PlanText.lines(summary)
        default: return false
        }
        return true
    }

    private mutating func happen(_ verb: String, _ words: [String], _ step: Story.Step) throws {
        switch verb {
        case "commit":
            let author = words.count > 2 && words[1] == "by" ? words[2].replacing(":", with: "") : "Ann"
            try host.commit(source, by: author)
        case "label":
            let pair = words[1].split(separator: "=").map(String.init)
            host.node.labels[pair[0]] = pair[1]
        case "agent": words[1] == "stops" ? host.stopAgent() : host.restartAgent()
        case "gates", "windows", "approve", "suspend-host", "resume-host", "take":
            try host.decide(verb, words, step.command)
        case "store": host.loseStore()
        case "reboot": host.reboot()
        case "unprepared": host.unprepared.insert(words[1])
        case "prepared": host.unprepared.remove(words[1])
        case "command-missing": host.missingCommands.insert(words[1])
        case "command-there": host.missingCommands.remove(words[1])
        case "inputs": host.inputs[words[1]] = words[2]
        case "retry": host.retry(words[1])
        default: try happenToRun(verb, words)
        }
    }

    private mutating func happenToRun(_ verb: String, _ words: [String]) throws {
        guard words.count > 1, let slot = SlotID(words[1]) else {
            throw Story.Broken(description: "unknown step")
        }
        switch verb {
        case "stick": stuck.insert(slot)
        case "release": stuck.remove(slot)
        default:
            guard let run = host.process(of: slot)?.run else {
                throw Story.Broken(description: "\(slot) does not run")
            }
            switch verb {
            case "begin": host.begin(run)
            case "refuse": host.refuse(run)
            case "crash": host.end(run, .exited(code: Int32(words.last ?? "") ?? 1))
            case "exit": host.end(run, .exited(code: 0))
            case "exit-unseen": host.endUnseen(run, .exited(code: Int32(words.last ?? "") ?? 1))
            case "keeper-lost": host.end(run, .keeperLost)
            case "silence": host.silence(run)
            case "ready": host.probe(run, .readiness, passing: true)
            case "unready": host.probe(run, .readiness, passing: false)
            case "started": host.probe(run, .startup, passing: true)
            case "start-fails": host.probe(run, .startup, passing: false)
            case "stale":
                let message =
                    words.count > 2 ? words.dropFirst(2).joined(separator: " ") : "its program was replaced"
                host.find(
                    run,
                    RunFinding(kind: .stale, reason: RunFinding.executableReplaced, message: message))
            case "fresh": host.find(run, RunFinding(kind: .stale, reason: "", message: ""))
            case "limits":
                host.find(
                    run,
                    RunFinding(
                        kind: .drifted, reason: RunFinding.limitsChanged, message: "memory.max is 1, not 2"))
            case "alive": host.probe(run, .liveness, passing: true)
            case "dead": host.probe(run, .liveness, passing: false, detail: "no answer in 1s")
            default: throw Story.Broken(description: "unknown step")
            }
        }
        lines += PlanText.lines(host.takeEvents())
    }

    private typealias Watch = (Plan, inout SimulatedHost) throws -> Void

    /// Runs a part of the simulation, and writes down every plan that acts and what comes of it.
    private mutating func watched(_ body: (inout SimulatedHost, Set<SlotID>, Watch) throws -> Void) throws {
        var written: [String] = []
        try body(&host, stuck) { plan, host in
            written += PlanText.lines(host.takeEvents())
            written += PlanText.lines(plan, at: host.clock.now, waiting: false)
        }
        lines += written + PlanText.lines(host.takeEvents())
    }
}
