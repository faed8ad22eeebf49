package import Reconciler

/// How far the replicas of an Instance are shut in, as the kernel shows it.
package struct SandboxDocument: Codable, Sendable, Hashable {
    package var apiVersion: String
    package var kind: String
    package var instance: String
    package var replicas: [ReplicaSandboxDocument]

    package init(instance: String, replicas: [ReplicaSandboxDocument]) {
        apiVersion = WireFormat.apiVersion
        kind = "Sandbox"
        self.instance = instance
        self.replicas = replicas
    }
}

package struct ReplicaSandboxDocument: Codable, Sendable, Hashable {
    /// `web/0`.
    package var name: String
    package var phase: String
    package var runId: String?
    /// The process that was looked at; nil: there is none.
    package var pid: Int32?
    package var level: String?
    package var items: [SandboxItemDocument]
    /// What this host does not give; from a replica that was started with less than is declared.
    package var degraded: String?

    package init(_ status: ReplicaStatus, _ seen: SandboxObservation?) {
        name = status.replica.description
        phase = status.phase.rawValue
        runId = status.run?.id.text
        pid = seen?.pid
        level = seen?.level
        items = (seen?.items ?? []).map(SandboxItemDocument.init)
        degraded = status.run?.findings.first { $0.kind == .sandboxDegraded }?.message
    }
}

package struct SandboxItemDocument: Codable, Sendable, Hashable {
    /// In the words of a declaration: `privateTmp`, …
    package var item: String
    package var declared: String
    /// `yes`, `no`, `off`, `atStart` or `unknown`.
    package var inForce: String
    /// What was seen.
    package var evidence: String

    package init(_ item: SandboxObservation.Item) {
        self.item = item.name
        declared = item.declared
        inForce = item.verdict.rawValue
        evidence = item.evidence
    }
}
