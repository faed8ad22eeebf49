import Reconciler
import StatusAPI

/// `plumb status NAME`: one Instance with each of its replicas.
struct InstanceReport {
    let detail: InstanceDetailDocument
    /// The moment that ages are counted to.
    let now: Timestamp

    private var instance: InstanceDocument { detail.instance }

    func lines(width: Int?, paint: Paint) -> [String] {
        var lines = [heading(paint: paint)]
        let labels = instance.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let declared = instance.declaredAt.map { "declared at \($0)" } ?? "declared no longer"
        lines.append(paint(([declared] + labels).joined(separator: "  "), .faint))
        if instance.suspended { lines.append(paint("suspended: changes wait", .attention)) }
        if !instance.reason.isEmpty { lines.append(PrintableText.oneLine(instance.reason)) }
        if let rollout = instance.rollout { lines += RolloutReport(rollout: rollout).lines(paint: paint) }
        for replica in instance.replicas {
            if let beside = replica.beside { lines.append(Self.text(beside, of: replica)) }
            if let text = replica.statusText {
                lines.append("\(replica.name) says: \(PrintableText.oneLine(text))")
            }
            if let count = replica.storedDescriptors {
                lines.append("\(replica.name) has stored \(count) descriptor\(count == 1 ? "" : "s")")
            }
            if let note = replica.notifyNote {
                lines.append("\(replica.name): \(PrintableText.oneLine(note))")
            }
            for finding in replica.findings ?? [] {
                let text = PrintableText.oneLine(finding.message)
                lines.append("\(replica.name) is \(finding.type): \(text)")
            }
            if let lost = replica.lostLogBytes, lost > 0 {
                let bytes = LogFormat.grouped(lost)
                lines.append(
                    "\(replica.name): \(bytes) bytes of this run's output are in no log; "
                        + "`plumb logs \(replica.name)` says when and why")
            }
        }
        for waiting in detail.waiting where waiting.message != instance.reason {
            lines.append("\(waiting.replica): \(PrintableText.oneLine(waiting.message))")
        }
        guard !instance.replicas.isEmpty else { return lines + ["", "no replica is meant to run here"] }
        return lines + [""] + table.render(width: width, paint: paint)
            + UsageReport(replicas: instance.replicas).lines(width: width, paint: paint)
    }

    /// `web/0: its successor in slot web/0.2: Running, not ready, pid 4242, main@3f2a9c1`.
    private static func text(_ beside: BesideDocument, of replica: ReplicaDocument) -> String {
        var parts = [beside.phase, beside.ready ? "ready" : "not ready"]
        if let pid = beside.pid { parts.append("pid \(pid)") }
        parts.append(beside.revision)
        if let detail = beside.detail, !beside.ready { parts.append(PrintableText.oneLine(detail)) }
        let role = beside.role == "successor" ? "its successor" : "what ran before it"
        return "\(replica.name): \(role) in slot \(beside.slot): " + parts.joined(separator: ", ")
    }

    private func heading(paint: Paint) -> String {
        [
            paint(instance.name, .strong), instance.unit,
            paint(instance.sync.rawValue, instance.sync == .synced ? .plain : .attention),
            paint(instance.health, HealthStyle.style(instance.health)), "\(instance.ready) ready",
        ].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private var table: Table {
        var table = Table(columns: [
            .init(title: "REPLICA"), .init(title: "PHASE"), .init(title: "HEALTH"),
            .init(title: "PID", isNumber: true), .init(title: "AGE", isNumber: true),
            .init(title: "RESTARTS", isNumber: true, yield: 1), .init(title: "PORTS", yield: 2),
            .init(title: "RUN", yield: 4), .init(title: "REVISION", yield: 3),
            .init(title: "LAST EXIT", yield: 5), .init(title: "REASON", yield: 6),
        ])
        for replica in instance.replicas { table.add(row(replica)) }
        return table
    }

    private func row(_ replica: ReplicaDocument) -> [Table.Cell] {
        let ports = replica.ports.sorted { $0.key < $1.key }.map { name, port in
            "\(name)=\(port)" + (replica.heldPorts?.contains(name) == true ? " (held)" : "")
        }
        let exit = replica.lastExit.map { "\($0.text), \(Ages.text(from: $0.at, to: now)) ago" }
        return [
            .init(replica.name, .strong), .init(replica.phase, HealthStyle.style(phase: replica.phase)),
            .init(replica.health, HealthStyle.style(replica.health)),
            .init(replica.pid.map(String.init) ?? "–"),
            .init(replica.startedAt.map { Ages.text(from: $0, to: now) } ?? "–"),
            .init(String(replica.restarts), replica.restarts > 0 ? .attention : .faint),
            .init(ports.joined(separator: " ")), .init(replica.runId ?? ""), .init(replica.revision ?? ""),
            .init(exit ?? ""), .init(replica.reason == instance.reason ? "" : replica.reason),
        ]
    }
}
