import Manifests
import Reconciler

/// What `/metrics` tells. A metric is a family here; its labels are bounded by what is declared.
enum AgentMetrics {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static let openContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// Whether whoever asks reads OpenMetrics, as Prometheus says it does.
    static func wantsOpen(_ accept: String?) -> Bool {
        accept?.contains("application/openmetrics-text") ?? false
    }

    static func families(
        _ state: AgentState, _ usage: [RunID: RunUsage], _ logs: [SlotID: UInt64] = [:]
    ) -> [MetricFamily] {
        let replicas = state.instanceStatuses().flatMap(\.replicas)
        return agent(state) + source(state) + counts(replicas) + states(replicas) + uses(replicas, usage)
            + [written(replicas, logs)] + limits(replicas)
    }

    /// Of the slot that a replica's run is in.
    private static func written(_ replicas: [ReplicaStatus], _ logs: [SlotID: UInt64]) -> MetricFamily {
        var held = MetricFamily(
            "plumb_replica_log_bytes", .gauge, "What its logs take on disk, rotated files among it.")
        for replica in replicas {
            guard let run = replica.run else { continue }
            held.add(logs[run.slot], labels(replica))
        }
        return held
    }

    /// What the webhook has answered.
    static func webhook(_ counts: WebhookCounts) -> MetricFamily {
        var requests = MetricFamily(
            "plumb_webhook_requests_total", .counter, "Requests to the webhook, by what became of them.")
        requests.add(counts.accepted, ["result": "accepted"])
        requests.add(counts.unsigned, ["result": "unsigned"])
        requests.add(counts.refused, ["result": "refused"])
        return requests
    }

    private static func agent(_ state: AgentState) -> [MetricFamily] {
        var build = MetricFamily("plumb_build_info", .gauge, "The version of the agent, as a label.")
        build.add(1, ["version": state.version])
        var start = MetricFamily(
            "plumb_agent_start_time_seconds", .gauge, "When the agent started, in seconds since 1970.")
        start.add(Double(state.startedWall.nanoseconds / 1_000_000) / 1_000)
        var ready = MetricFamily("plumb_agent_ready", .gauge, "1: runs are adopted and a first plan is made.")
        ready.add(state.isReady ? 1 : 0)
        var conditions = MetricFamily(
            "plumb_condition", .gauge, "1: the agent's condition of this type holds.")
        let holding = Set(state.conditions.filter(\.status).map(\.type))
        for type in Condition.Kind.allCases {
            conditions.add(holding.contains(type) ? 1 : 0, ["type": type.rawValue])
        }
        return [build, start, ready, conditions]
    }

    private static func source(_ state: AgentState) -> [MetricFamily] {
        var info = MetricFamily("plumb_revision_info", .gauge, "The accepted revision, as labels.")
        var accepted = MetricFamily(
            "plumb_revision_accepted_seconds", .gauge, "When it was accepted, in seconds since 1970.")
        if let revision = state.source.accepted {
            info.add(1, ["ref": revision.ref, "commit": revision.id.hex])
            accepted.add(state.source.acceptedAt.map { Double($0.nanoseconds / 1_000_000) / 1_000 })
        }
        var held = MetricFamily(
            "plumb_revision_held", .gauge, "1: a newer revision is held, and not applied.")
        held.add(state.gates.memory.held == nil ? 0 : 1)
        var suspended = MetricFamily("plumb_suspended", .gauge, "1: nothing new is applied on this host.")
        suspended.add(state.gates.memory.suspension == nil ? 0 : 1)
        let statuses = state.instanceStatuses()
        var sync = MetricFamily("plumb_instances", .gauge, "Instances, by whether they are what git says.")
        sync.add(statuses.count { $0.synced }, ["sync": "Synced"])
        sync.add(statuses.count { !$0.synced }, ["sync": "OutOfSync"])
        return [info, accepted, held, suspended, sync]
    }

    private static func counts(_ replicas: [ReplicaStatus]) -> [MetricFamily] {
        var phases = MetricFamily("plumb_replicas", .gauge, "Replicas in each phase.")
        for phase in Phase.allCases {
            phases.add(replicas.count { $0.phase == phase }, ["phase": phase.rawValue])
        }
        var health = MetricFamily("plumb_replicas_health", .gauge, "Replicas of each health.")
        for value in HealthStatus.allCases {
            health.add(replicas.count { $0.health == value }, ["health": value.rawValue])
        }
        return [phases, health]
    }

    private static func states(_ replicas: [ReplicaStatus]) -> [MetricFamily] {
        var ready = MetricFamily("plumb_replica_ready", .gauge, "1: the replica can serve.")
        var synced = MetricFamily("plumb_replica_synced", .gauge, "1: what runs is what is declared.")
        var restarts = MetricFamily(
            "plumb_replica_restarts_total", .counter, "Restarts after exits that nobody asked for.")
        var findings = MetricFamily(
            "plumb_replica_finding", .gauge, "1: this of the live run is not as declared.")
        var lost = MetricFamily(
            "plumb_replica_log_lost_bytes_total", .counter, "Bytes of output that were dropped in this run.")
        var kills = MetricFamily(
            "plumb_replica_memory_kills_total", .counter,
            "Processes of this run that were killed for want of memory.")
        for replica in replicas {
            let labels = labels(replica)
            ready.add(replica.ready ? 1 : 0, labels)
            synced.add(replica.synced ? 1 : 0, labels)
            restarts.add(replica.restarts, labels)
            lost.add(replica.run?.lostLogBytes, labels)
            kills.add(replica.run?.memoryKills, labels)
            for finding in replica.run?.findings ?? [] {
                findings.add(
                    1,
                    [
                        "instance": replica.replica.instance, "replica": "\(replica.replica.index)",
                        "type": finding.kind.rawValue,
                    ])
            }
        }
        return [ready, synced, restarts, findings, lost, kills]
    }

    private static func uses(
        _ replicas: [ReplicaStatus], _ usage: [RunID: RunUsage]
    ) -> [MetricFamily] {
        var cpu = MetricFamily(
            "plumb_replica_cpu_seconds_total", .counter, "Processor time that this run has used.")
        var memory = MetricFamily("plumb_replica_memory_bytes", .gauge, "Memory in use.")
        var peak = MetricFamily("plumb_replica_memory_peak_bytes", .gauge, "The most memory so far.")
        var tasks = MetricFamily("plumb_replica_tasks", .gauge, "Processes and threads.")
        var descriptors = MetricFamily("plumb_replica_open_descriptors", .gauge, "Open file descriptors.")
        var read = MetricFamily(
            "plumb_replica_io_read_bytes_total", .counter, "Bytes that were read from disks.")
        var written = MetricFamily(
            "plumb_replica_io_written_bytes_total", .counter, "Bytes that were written to disks.")
        for replica in replicas {
            guard let run = replica.run, let use = usage[run.id] else { continue }
            let labels = labels(replica)
            cpu.add(use.cpuTime.map { $0 / .seconds(1) }, labels)
            memory.add(use.memoryBytes, labels)
            peak.add(use.memoryPeakBytes, labels)
            tasks.add(use.tasks, labels)
            descriptors.add(use.descriptors, labels)
            read.add(use.ioReadBytes, labels)
            written.add(use.ioWrittenBytes, labels)
        }
        return [cpu, memory, peak, tasks, descriptors, read, written]
    }

    /// Of what runs, so that use and limit can be divided.
    private static func limits(_ replicas: [ReplicaStatus]) -> [MetricFamily] {
        var cpu = MetricFamily("plumb_replica_cpu_limit_cores", .gauge, "The declared limit, in cores.")
        var memory = MetricFamily("plumb_replica_memory_limit_bytes", .gauge, "The declared limit.")
        var tasks = MetricFamily("plumb_replica_tasks_limit", .gauge, "The declared limit.")
        for replica in replicas {
            guard let limits = replica.run?.spec.resources else { continue }
            let labels = labels(replica)
            cpu.add(limits.cpu.map { Double($0) / 1_000 }, labels)
            memory.add(limits.memory, labels)
            tasks.add(limits.pids, labels)
        }
        return [cpu, memory, tasks]
    }

    private static func labels(_ replica: ReplicaStatus) -> KeyValuePairs<String, String> {
        ["instance": replica.replica.instance, "replica": "\(replica.replica.index)"]
    }
}
