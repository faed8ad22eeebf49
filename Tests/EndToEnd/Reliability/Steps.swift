import Glibc

/// A step in the life of a run at which a process dies, or stops while another one dies.
struct Step: Sendable, CustomStringConvertible {
    /// As `KeeperProtocol.FailPoint` names it.
    let point: String
    let victim: Victim
    /// Reached when a run ends, not when it starts.
    let isAtExit: Bool

    enum Victim: String, Sendable {
        /// Whoever reaches the step.
        case itself
        case agent, zygote, keeper
    }

    var description: String {
        victim == .itself ? "\(point): it dies there" : "\(point): stops there, the \(victim) dies"
    }

    private static let agentStarts = [
        "claimDurable", "slotLocked", "requestSent", "requestAnswered", "startedTold",
    ]
    private static let agentEnds = ["exitTold", "exitDurable"]
    private static let zygotes = ["requestReceived", "keeperForked"]
    private static let keeperStarts = ["keeperBegun", "childForked", "idWritten", "goSent", "execDone"]
    private static let childs = ["goReceived", "executing"]
    private static let keeperEnds = ["exitReaped", "treeKilled", "recordWritten", "acknowledged"]

    private static func steps(_ points: [String], _ victim: Victim) -> [Step] {
        points.map { Step(point: $0, victim: victim, isAtExit: (agentEnds + keeperEnds).contains($0)) }
    }

    static let ofAgent =
        steps(agentStarts + agentEnds, .itself)
        + steps(zygotes + keeperStarts + childs + keeperEnds, .agent)
    static let ofZygote = steps(zygotes, .itself) + steps(agentStarts + keeperStarts + childs, .zygote)
    static let ofKeeper =
        steps(keeperStarts + keeperEnds, .itself) + steps(childs, .itself) + steps(childs, .keeper)
        + steps(["requestAnswered", "startedTold", "exitTold"], .keeper)
}
