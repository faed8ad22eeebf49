package import Reconciler

/// What a replica uses. What is not known on its host is left out.
package struct UsageDocument: Codable, Sendable, Hashable {
    /// Processor time of this run.
    package var cpuSeconds: Double?
    /// Cores in use, since it was last asked for or since the start.
    package var cpuCores: Double?
    package var memoryBytes: UInt64?
    package var memoryPeakBytes: UInt64?
    /// Processes and threads.
    package var tasks: UInt64?
    package var descriptors: UInt64?
    package var ioReadBytes: UInt64?
    package var ioWrittenBytes: UInt64?
    /// Processes of this run that were killed for want of memory.
    package var memoryKills: UInt64?

    package init(_ usage: RunUsage) {
        cpuSeconds = usage.cpuTime.map { Self.rounded($0 / .seconds(1)) }
        cpuCores = usage.cpuCores.map(Self.rounded)
        memoryBytes = usage.memoryBytes
        memoryPeakBytes = usage.memoryPeakBytes
        tasks = usage.tasks
        descriptors = usage.descriptors
        ioReadBytes = usage.ioReadBytes
        ioWrittenBytes = usage.ioWrittenBytes
        memoryKills = usage.memoryKills
    }

    /// Thousandths are more than is measured.
    private static func rounded(_ number: Double) -> Double { (number * 1_000).rounded() / 1_000 }
}

/// `/v1/instances/{name}/proctree`.
package struct ProcessTreeDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var node: String
    package var instance: String
    package var observedAt: Timestamp
    package var replicas: [ReplicaTreeDocument]

    package init(instance: String, replicas: [ReplicaTreeDocument], in state: AgentState) {
        apiVersion = WireFormat.apiVersion
        kind = "ProcessTree"
        node = state.node.name
        self.instance = instance
        observedAt = Timestamp(state.nowWall)
        self.replicas = replicas
    }
}

package struct ReplicaTreeDocument: Codable, Sendable, Hashable {
    /// `web/0`.
    package var name: String
    package var phase: String
    /// nil where nothing runs.
    package var runId: String?
    /// The main process.
    package var pid: Int32?
    /// Parents before their children. A process whose parent is not listed has left its own, as daemons do,
    /// or is the main one.
    package var processes: [ProcessDocument]

    package init(_ status: ReplicaStatus, processes: [RunProcess]) {
        name = status.replica.description
        phase = status.phase.rawValue
        runId = status.run?.id.text
        pid = status.run?.identity?.pid
        self.processes = processes.map(ProcessDocument.init)
    }

    /// Of a run beside a replica's own; its name is its slot's.
    package init(_ beside: BesideStatus, processes: [RunProcess]) {
        name = beside.run.slot.description
        phase = beside.phase.rawValue
        runId = beside.run.id.text
        pid = beside.run.identity?.pid
        self.processes = processes.map(ProcessDocument.init)
    }
}

package struct ProcessDocument: Codable, Sendable, Hashable {
    package var pid: Int32
    package var parent: Int32
    package var command: [String]
    package var user: String
    /// One letter, as in proc(5).
    package var state: String
    package var cpuSeconds: Double
    /// Resident.
    package var memoryBytes: UInt64
    package var threads: Int
    package var startedAt: Timestamp

    package init(_ process: RunProcess) {
        pid = process.pid
        parent = process.parent
        command = process.command
        user = process.user
        state = process.state
        cpuSeconds = process.cpuTime / .seconds(1)
        memoryBytes = process.memoryBytes
        threads = process.threads
        startedAt = Timestamp(process.startedAt)
    }
}
