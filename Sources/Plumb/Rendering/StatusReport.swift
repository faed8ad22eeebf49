import Reconciler
import StatusAPI

/// `plumb status`: where the host stands, what is not well in words, then every Instance, the worst first.
struct StatusReport {
    let status: StatusDocument

    func lines(width: Int?, paint: Paint) -> [String] {
        var lines = heading(paint: paint)
        let troubles = troubles(paint: paint)
        if !troubles.isEmpty { lines += [""] + troubles }
        lines += schedules(width: width, paint: paint)
        lines.append("")
        guard !status.instances.isEmpty else { return lines + ["no Instance is meant to run here"] }
        return lines + table.render(width: width, paint: paint)
    }

    private func heading(paint: Paint) -> [String] {
        let summary = status.summary
        var lines = [paint(status.node, .strong) + "  " + revision]
        if let suspended = gates?.headline { lines[0] += "   " + paint(suspended, .bad) }
        lines.append(
            "\(summary.synced) of \(Self.count(summary.instances, "Instance")) synced, "
                + "\(summary.ready) of \(Self.count(summary.desired, "replica")) ready"
                + (status.schedules.map { ", " + Self.count($0.total, "Schedule") } ?? ""))
        return lines
    }

    private var revision: String {
        let source = status.source
        guard let accepted = source.accepted else {
            return "no revision of \(source.repository) is accepted yet"
        }
        let when = accepted.acceptedAt.map { ", accepted \(age(since: $0)) ago" } ?? ""
        let author = accepted.author + signer(of: accepted)
        return PrintableText.oneLine("\(accepted.short) by \(author): \(accepted.subject)") + when
    }

    private func signer(of revision: RevisionDocument) -> String {
        revision.signer.map { ", signed by \($0.principal) (\($0.key))" } ?? ""
    }

    private var gates: GatesReport? {
        status.gates.map { GatesReport(gates: $0, observedAt: status.observedAt) }
    }

    /// Conditions that ask for attention, each a sentence; diagnostics of a refused revision beneath.
    private func troubles(paint: Paint) -> [String] {
        var lines: [String] = []
        if !status.ready {
            lines.append(paint("starting", .attention) + ": the agent is still looking at what runs")
        }
        for condition in status.conditions where Self.isTrouble(condition) {
            let style: Style = condition.type == "Progressing" ? .attention : .bad
            lines.append(
                paint(condition.type, style) + ": " + PrintableText.oneLine(message(of: condition))
                    + paint(" (\(age(since: condition.since)))", .faint))
            if condition.type == "Invalid" { lines += diagnostics(paint: paint) }
            if condition.type == "Held" { lines += gates?.heldLines(paint: paint) ?? [] }
        }
        return lines
    }

    /// The diagnostics stand beneath, so that the sentence need not hold one.
    private func message(of condition: ConditionDocument) -> String {
        guard condition.type == "Invalid", let seen = status.source.seen, !status.source.diagnostics.isEmpty
        else { return condition.message }
        return "\(seen.short) by \(seen.author) is not applied: \(seen.subject)"
    }

    /// Of each the headline alone: `plumb validate` and `diff` print the whole.
    private func diagnostics(paint: Paint) -> [String] {
        let shownMax = 5
        let all = status.source.diagnostics
        var lines = all.prefix(shownMax).map { text in
            "  " + PrintableText.oneLine(String(text.prefix { $0 != "\n" }))
        }
        if all.count > shownMax { lines.append(paint("  … and \(all.count - shownMax) more", .faint)) }
        return lines
    }

    /// Why `Synced` may be false without a word of its own: another condition says it.
    private static let quietReasons: Set<String> = [
        "Invalid", "SourceStale", "Accepted", "Held", "RolledBack", "Rejected", "TrustUnavailable",
    ]

    /// `Synced` and `Ready` ask for attention when they are false, all others when they are true. What
    /// `Invalid` and `SourceStale` say, `Synced` need not say again.
    private static func isTrouble(_ condition: ConditionDocument) -> Bool {
        switch condition.type {
        case "Synced":
            !condition.status && !quietReasons.contains(condition.reason)
        case "Ready": !condition.status
        default: condition.status
        }
    }

    /// Those that somebody should look at, the worst first; nothing where all is well.
    private func schedules(width: Int?, paint: Paint) -> [String] {
        guard let schedules = status.schedules, schedules.inTrouble > 0 else { return [] }
        let shownMax = 10
        var table = Table(columns: [
            .init(title: "SCHEDULE"), .init(title: "STATE"), .init(title: "AGO", isNumber: true),
            .init(title: "NEXT", isNumber: true, yield: 1), .init(title: "REASON", yield: 2),
        ])
        for schedule in schedules.troubled.prefix(shownMax) {
            let next = schedule.next.map { MomentText.distance($0.dueAt ?? $0.at, now: status.observedAt) }
            let word = ScheduleStyle.word(schedule)
            table.add([
                .init(schedule.name, .strong), .init(word, ScheduleStyle.style(state: word)),
                .init(schedule.trouble?.since.map(age) ?? "–"), .init(next ?? "–"),
                .init(schedule.message),
            ])
        }
        var lines = [""] + table.render(width: width, paint: paint)
        if schedules.inTrouble > shownMax {
            let more = "  … and \(schedules.inTrouble - shownMax) more: `plumb schedules`"
            lines.append(paint(more, .faint))
        }
        return lines
    }

    private var table: Table {
        var table = Table(columns: [
            .init(title: "INSTANCE"), .init(title: "UNIT", yield: 2), .init(title: "SYNC"),
            .init(title: "HEALTH"), .init(title: "READY", isNumber: true),
            .init(title: "RESTARTS", isNumber: true, yield: 1), .init(title: "AGE", isNumber: true),
            .init(title: "REASON", yield: 3),
        ])
        for instance in worstFirst { table.add(row(instance)) }
        return table
    }

    private var worstFirst: [InstanceDocument] {
        status.instances.sorted { a, b in
            let (x, y) = (HealthStyle.rank(a.health), HealthStyle.rank(b.health))
            if x != y { return x < y }
            if a.sync != b.sync { return a.sync == .outOfSync }
            let (found, other) = (Self.finding(a) != nil, Self.finding(b) != nil)
            return found == other ? a.name < b.name : found
        }
    }

    private func row(_ instance: InstanceDocument) -> [Table.Cell] {
        let restarts = instance.replicas.reduce(0) { $0 + $1.restarts }
        let isShort = instance.readyReplicas < instance.desiredReplicas
        // The youngest run: a restart is what one looks for.
        let youngest = instance.replicas.compactMap(\.startedAt).max()
        return [
            .init(instance.name, .strong), .init(instance.unit),
            .init(instance.sync.rawValue, instance.sync == .synced ? .plain : .attention),
            .init(instance.health, HealthStyle.style(instance.health)),
            .init(instance.ready, isShort ? .attention : .plain),
            .init(String(restarts), restarts > 0 ? .attention : .faint),
            .init(youngest.map(age) ?? "–"),
            .init(reason(instance)),
        ]
    }

    private func reason(_ instance: InstanceDocument) -> String {
        if !instance.reason.isEmpty { return instance.reason }
        if let rollout = instance.rollout, rollout.state != "Proving" { return rollout.message }
        return instance.suspended ? "suspended" : Self.finding(instance) ?? ""
    }

    /// What was found about its runs, in the words of the first; nil where nothing was.
    private static func finding(_ instance: InstanceDocument) -> String? {
        let found = instance.replicas.filter { $0.findings?.isEmpty == false }
        guard let first = found.first, let finding = first.findings?.first else { return nil }
        let more = found.count > 1 ? " and \(found.count - 1) more" : ""
        return "\(first.name)\(more) \(more.isEmpty ? "is" : "are") \(finding.type): \(finding.message)"
    }

    private func age(since time: Timestamp) -> String { Ages.text(from: time, to: status.observedAt) }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}

/// How long ago something was, by the agent's clock: the reader's may be another.
enum Ages {
    static func text(from start: Timestamp, to end: Timestamp) -> String {
        Duration.nanoseconds(max(0, end.wall.nanoseconds - start.wall.nanoseconds)).rough
    }
}
