import ArgumentParser
import Manifests
import Reconciler
import StatusAPI

/// `plumb wait`: for scripts that go on once it is so.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until what is asked for is so: for scripts and pipelines.",
        discussion: """
            --for may be given several times; all of them have to be so at once. synced, ready and \
            healthy speak of the Instances that are named, of all without a name. revision=COMMIT is so \
            once that commit, or one after it, is in force here. What can no longer come true (the commit \
            is invalid or not trusted, a rollout was rolled back) ends the wait at once. Exit code 0 when \
            it is so, 2 when the time is over.
            """)

    @Argument(help: "Instances. Default: all.")
    var names: [String] = []
    @Option(
        name: .customLong("for"), parsing: .singleValue,
        help: ArgumentHelp(
            "synced, ready, healthy, stopped, gone, revision=COMMIT or condition=TYPE.",
            valueName: "what"),
        transform: WaitGoal.parse)
    var goals: [WaitGoal] = []
    @Option(help: ArgumentHelp("How long at most: 30s, 5m.", valueName: "duration"))
    var timeout = "5m"
    @Flag(help: "Say nothing but errors.")
    var quiet = false
    @OptionGroup var agent: AgentOptions

    func validate() throws {
        guard !goals.isEmpty else { throw ValidationError("say what to wait for: --for healthy") }
        guard Quantities.duration(timeout) != nil else {
            throw ValidationError("--timeout \(timeout) is no duration: write it as 30s or 5m")
        }
    }

    func run() async throws {
        let clock = ContinuousClock()
        let end = clock.now + (Quantities.duration(timeout) ?? .zero)
        let terminal = Terminal.standardError()
        var told = ""
        let stream = AgentStream(agent.client, "topics=status")
        while true {
            let word = try look()
            guard case .waiting(let why) = word else {
                if case .impossible(let reason) = word { throw CommandFailure(message: reason) }
                if !quiet { Output.line(describe) }
                return
            }
            if why != told, !quiet, terminal.isInteractive { Output.error("waiting: " + why) }
            told = why
            guard clock.now < end else {
                throw CommandFailure(
                    message: "not so after \(timeout): \(why)",
                    remedy: "`plumb status` and `plumb plan` say more")
            }
            try await change(in: stream, until: end)
        }
    }

    /// Returns when something may be different, or the time is over.
    private func change(in stream: AgentStream, until end: ContinuousClock.Instant) async throws {
        // Of the past the stream does not tell: when a revision that was overtaken is written down.
        let left = min(Self.lookMax, max(.zero, end - .now))
        guard case .message = try stream.next(within: left) else { return }
        // What is told together is looked at once.
        while case .message = try stream.next(within: min(Self.settle, left)) {}
    }

    private static let settle: Duration = .milliseconds(20)
    private static let lookMax: Duration = .seconds(15)

    private var describe: String { goals.map(\.description).joined(separator: ", ") + ": it is so" }

    /// An agent that is away may come back within the time.
    private func look() throws -> WaitVerdict {
        let bytes: [UInt8]
        do { bytes = try agent.client.get("/v1/status") } catch { return .waiting("\(error)") }
        let status = try WireMismatch.decode(StatusDocument.self, bytes)
        var waits: [String] = []
        for goal in goals {
            switch goal.verdict(on: status, names: names) {
            case .reached: continue
            case .waiting(let why): waits.append(why)
            case .impossible(let why):
                // What an earlier goal waits for may still change it: a fix that is on its way.
                if waits.isEmpty { return .impossible(why) }
                waits.append(why)
            case .ask(let commit):
                // Only the agent's history knows what came before what is in force.
                let path = "/v1/revisions/" + AgentClient.escaped(commit)
                guard let answer = try? agent.client.ask(path), answer.status == 200,
                    let seen = OutputValue(json: answer.body)
                else {
                    waits.append("\(commit) has not been seen here")
                    continue
                }
                if seen.text(at: ["accepted"]) == "yes" || seen.text(at: ["outcome"]) == "accepted" {
                    continue
                }
                waits.append(
                    seen.text(at: ["message"]) ?? "\(commit) is \(seen.text(at: ["outcome"]) ?? "seen")")
            }
        }
        return waits.isEmpty ? .reached : .waiting(PrintableText.oneLine(waits.joined(separator: "; ")))
    }
}

/// Whether something is so yet.
enum WaitVerdict: Equatable {
    case reached
    case waiting(String)
    /// Waiting longer is of no use.
    case impossible(String)
    /// It depends on whether this commit was ever in force.
    case ask(String)
}

/// What can be waited for.
enum WaitGoal: Equatable, Sendable, CustomStringConvertible {
    case synced, ready, healthy, stopped, gone
    case revision(String)
    case condition(String)

    static func parse(_ text: String) throws -> WaitGoal {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        switch (parts[0], parts.count > 1 ? parts[1] : nil) {
        case ("synced", nil): return .synced
        case ("ready", nil): return .ready
        case ("healthy", nil): return .healthy
        case ("stopped", nil): return .stopped
        case ("gone", nil): return .gone
        case ("revision", let commit?)
        where commit.count >= 7 && commit.count <= 40 && commit.allSatisfy(\.isHexDigit):
            return .revision(commit.lowercased())
        case ("revision", _):
            throw ValidationError("--for revision= wants a commit's id, 7 digits of it or more")
        case ("condition", let type?) where !type.isEmpty: return .condition(type)
        default:
            throw ValidationError(
                "'\(text)' cannot be waited for: synced, ready, healthy, stopped, gone, revision=COMMIT or "
                    + "condition=TYPE can")
        }
    }

    var description: String {
        switch self {
        case .synced: "synced"
        case .ready: "ready"
        case .healthy: "healthy"
        case .stopped: "stopped"
        case .gone: "gone"
        case .revision(let commit): "revision \(commit)"
        case .condition(let type): "condition \(type)"
        }
    }

    func verdict(on status: StatusDocument, names: [String]) -> WaitVerdict {
        guard status.ready else { return .waiting("the agent is still looking at what runs") }
        switch self {
        case .revision(let commit): return revision(commit, status)
        case .condition(let type):
            let found = status.conditions.first { $0.type.lowercased() == type.lowercased() && $0.status }
            return found == nil ? .waiting("\(type) is not true") : .reached
        case .gone:
            let there = status.instances.map(\.name).filter { names.isEmpty || names.contains($0) }
            return there.isEmpty ? .reached : .waiting("\(there[0]) is still there")
        case .synced, .ready, .healthy, .stopped: return instances(status, names)
        }
    }

    private func revision(_ commit: String, _ status: StatusDocument) -> WaitVerdict {
        if status.source.accepted?.commit.hasPrefix(commit) == true { return .reached }
        guard let seen = status.source.seen, seen.commit.hasPrefix(commit) else { return .ask(commit) }
        for condition in status.conditions where condition.status {
            if ["Invalid", "Rejected"].contains(condition.type) {
                return .impossible("\(seen.short) is \(condition.type): \(condition.message)")
            }
            if ["Held", "SourceRewound"].contains(condition.type) {
                return .waiting("\(condition.type): \(condition.message)")
            }
        }
        return .waiting("\(seen.short) is being read")
    }

    private func instances(_ status: StatusDocument, _ names: [String]) -> WaitVerdict {
        for name in names where !status.instances.contains(where: { $0.name == name }) {
            return .waiting("there is no Instance \(name) here")
        }
        for instance in status.instances where names.isEmpty || names.contains(instance.name) {
            if self != .stopped, let rollout = instance.rollout, rollout.state == "RolledBack" {
                let why = instance.reason.isEmpty ? rollout.message : instance.reason
                return .impossible("\(instance.name): \(why)")
            }
            if !holds(instance) { return .waiting("\(instance.name): \(shortfall(of: instance))") }
        }
        return .reached
    }

    private func holds(_ instance: InstanceDocument) -> Bool {
        switch self {
        case .synced: instance.sync == .synced
        case .ready: instance.sync == .synced && instance.readyReplicas >= instance.desiredReplicas
        case .healthy:
            instance.sync == .synced && instance.readyReplicas >= instance.desiredReplicas
                && instance.health == "healthy" && Self.isOver(instance.rollout)
        default: !instance.replicas.contains { $0.pid != nil }
        }
    }

    /// Every replica has been healthy for its minHealthyTime.
    private static func isOver(_ rollout: RolloutDocument?) -> Bool {
        rollout.map { !["Pending", "Progressing"].contains($0.state) } ?? true
    }

    private func shortfall(of instance: InstanceDocument) -> String {
        if self == .stopped { return "\(instance.replicas.count { $0.pid != nil }) still run" }
        if !instance.reason.isEmpty { return instance.reason }
        if let rollout = instance.rollout, !Self.isOver(rollout) { return rollout.message }
        return "\(instance.sync.rawValue), \(instance.health), \(instance.ready) ready"
    }
}
