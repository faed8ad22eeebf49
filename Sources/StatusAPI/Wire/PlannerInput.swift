package import Reconciler

/// `/v1/planner`, on the local socket only: what the planner looks at, whole, so that `plumb diff` can run
/// the same planner over another snapshot. These are the domain's own types: agent and command are of one
/// version here, and a difference is reported as such. It names secrets by their files, and holds none.
package struct PlannerInput: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var version: String
    package var node: Node
    package var source: SourceStatus
    package var desired: Desired?
    package var observed: Observed
    package var memory: Memory
    package var now: Instant
    package var nowWall: WallTime
    /// nil from an agent that has no gates.
    package var gates: GateStatus?

    package init(_ state: AgentState) {
        apiVersion = WireFormat.apiVersion
        kind = "PlannerInput"
        version = state.version
        node = state.node
        source = state.source
        desired = state.desired
        observed = state.observed
        memory = state.memory
        now = state.now
        nowWall = state.nowWall
        gates = state.gates
    }

    package static func decode(_ bytes: [UInt8]) throws -> PlannerInput {
        try WireFormat.decode(PlannerInput.self, from: bytes)
    }
}
