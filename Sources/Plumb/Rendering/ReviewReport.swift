import Manifests
import Reconciler

/// What `plumb diff --from --to` prints: a plan for each host, hosts of one and the same plan together.
struct ReviewReport {
    let review: Review
    var forecast: FiringForecast?

    /// Hosts that a change does the same to.
    struct Group {
        var hosts: [Review.Host]

        /// Stands for all of them, but for its name and its plan hash.
        var summary: ChangeSummary { hosts[0].summary }
        var warnings: [ReviewWarning] { hosts[0].warnings }
        var names: [String] { hosts.map(\.host.node.name) }

        fileprivate struct Key: Hashable {
            var rows: [ChangeSummary.Row]
            var schedules: [ScheduleChange]
            var quiet: [ChangeSummary.Quiet]
            var suspended: [String]
            var unchanged: Int
            var warnings: [ReviewWarning]
        }
    }

    /// Those that change most come first.
    var groups: [Group] {
        var groups: [Group] = []
        var index: [Group.Key: Int] = [:]
        for host in review.hosts where isWorthTelling(host) {
            let summary = host.summary
            let key = Group.Key(
                rows: summary.rows, schedules: summary.schedules, quiet: summary.quiet,
                suspended: summary.suspended, unchanged: summary.unchanged, warnings: host.warnings)
            if let known = index[key] {
                groups[known].hosts.append(host)
            } else {
                index[key] = groups.count
                groups.append(Group(hosts: [host]))
            }
        }
        return groups.sorted { $0.summary.disruption > $1.summary.disruption }
    }

    /// Hosts of which there is nothing to say.
    var untouched: [String] { review.hosts.filter { !isWorthTelling($0) }.map(\.host.node.name) }

    private func isWorthTelling(_ host: Review.Host) -> Bool {
        host.changes || !host.warnings.isEmpty || !host.summary.quiet.isEmpty
    }

    var title: String {
        let author = review.to.ref == RevisionLoader.worktree ? "" : " by \(review.to.author)"
        return "\(review.from.short) → \(review.to.short)\(author)"
    }

    var counts: String {
        let live = review.count(.live) + review.count(.reload)
        return "\(review.count(.start)) to start, \(review.count(.restart)) to restart, "
            + "\(review.count(.stop)) to stop, \(live) live \(live == 1 ? "change" : "changes")"
            + (Array(Set(review.hosts.flatMap(\.summary.schedules))).countsText.map { ", " + $0 } ?? "")
    }

    var changes: Bool { review.hosts.contains(where: \.changes) }
    var warningCount: Int { review.warnings.count + review.hosts.reduce(0) { $0 + $1.warnings.count } }

    /// `users web and shop, secret token`; "" where everything was checked.
    var unchecked: String {
        HostFact.Kind.allCases.compactMap { kind in
            let names = review.unchecked.filter { $0.kind == kind }.map(\.name)
            guard !names.isEmpty else { return nil }
            return "\(kind.rawValue)\(names.count == 1 ? "" : "s") " + Self.list(names)
        }.joined(separator: "; ")
    }

    static let namesMax = 8

    static func list(_ names: [String]) -> String {
        let shown = names.prefix(namesMax).joined(separator: ", ")
        return names.count > namesMax ? "\(shown) and \(names.count - namesMax) more" : shown
    }

    // MARK: - Text

    func lines(width: Int?, paint: Paint) -> [String] {
        let groups = groups
        guard groups.count > 1 || groups.first.map({ $0.hosts.count > 1 }) == true || !untouched.isEmpty
        else {
            return single(groups.first, width, paint)
        }
        let hosts = review.hosts.count == 1 ? "1 host" : "\(review.hosts.count) hosts"
        var lines = ["Plan for \(hosts): \(title)", counts]
        for group in groups {
            lines += ["", paint(Self.list(group.names), .strong)]
            lines.append(group.summary.countsText + "   " + Self.hashes(group))
            lines += PlanRows(rows: group.summary.rows).lines(width: width, paint: paint)
            lines += group.summary.scheduleRows(forecast).lines(paint: paint)
            lines += group.warnings.map { paint(Self.warning($0), .attention) }
            lines += group.summary.besideWarnings.notes.map { paint($0, .faint) }
        }
        if !untouched.isEmpty { lines += ["", "untouched: \(Self.list(untouched))"] }
        return lines + ending(paint)
    }

    private func single(_ group: Group?, _ width: Int?, _ paint: Paint) -> [String] {
        guard let host = group?.hosts.first ?? review.hosts.first else {
            return ["Plan for no host: \(title)", "nothing is declared"] + ending(paint)
        }
        let report = PlanReport(summary: host.summary.besideWarnings, forecast: forecast)
        var lines = report.lines(width: width, paint: paint)
        lines += host.warnings.map { paint(Self.warning($0), .attention) }
        return lines + ending(paint)
    }

    private func ending(_ paint: Paint) -> [String] {
        var lines = review.warnings.map { paint(Self.warning($0), .attention) }
        if !unchecked.isEmpty { lines.append(paint("not checked without the hosts: \(unchecked)", .faint)) }
        return lines
    }

    static func warning(_ warning: ReviewWarning) -> String {
        let place = warning.place.map { "  \($0.short)" } ?? ""
        return "warning: " + PrintableText.oneLine(warning.message) + place
    }

    /// The hash is a host's own: its name is part of it.
    static func hashes(_ group: Group) -> String {
        if group.hosts.count == 1 { return "plan \(group.summary.planHash)" }
        let pairs = group.hosts.prefix(namesMax).map { "\($0.host.node.name) \($0.summary.planHash)" }
        let more = group.hosts.count > namesMax ? " …" : ""
        return "plans " + pairs.joined(separator: ", ") + more
    }
}

extension ChangeSummary {
    /// What a review's warnings say already is not said twice.
    var besideWarnings: ChangeSummary {
        var rest = self
        rest.protected = []
        return rest
    }

    fileprivate var disruption: Int {
        4 * count(.stop) + 4 * count(.restart) + rows.count + schedules.count
    }
}

extension ReviewReport {
    /// What `-o json` and `-o yaml` print: every host, whether it changes or not.
    var value: OutputValue {
        .object([
            "apiVersion": .string(OutputVersion.current), "kind": "Review",
            "from": PlanReport.value(of: review.from), "to": PlanReport.value(of: review.to),
            "counts": PlanReport.counts(
                review.count, unchanged: review.hosts.reduce(0) { $0 + $1.summary.unchanged }),
            "warnings": .array(review.warnings.map(Self.value)),
            "notChecked": .array(review.unchecked.map(ValidationReport.value)),
            "hosts": .array(review.hosts.map { Self.value($0, forecast) }),
        ])
    }

    private static func value(_ host: Review.Host, _ forecast: FiringForecast?) -> OutputValue {
        .object(
            PlanReport.members(of: host.summary, forecast) + [
                OutputValue.Member(key: "known", value: .bool(host.host.knowledge == .all)),
                OutputValue.Member(key: "warnings", value: .array(host.warnings.map(value))),
            ])
    }

    static func value(_ warning: ReviewWarning) -> OutputValue {
        .object([
            "type": .string(warning.kind.rawValue), "message": .string(warning.message),
            "instances": .array(warning.instances.map(OutputValue.string)),
            "file": warning.place.map { .string($0.file) } ?? .null,
            "line": warning.place.map { .int(Int64($0.line)) } ?? .null,
        ])
    }
}
