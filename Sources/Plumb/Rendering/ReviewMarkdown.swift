import Manifests
import Reconciler

/// A review as a comment on a pull request.
struct ReviewMarkdown {
    let report: ReviewReport
    let marker: String

    private static let valueCharactersMax = 160
    private static let warningsMax = 50
    /// Beyond so many, groups are folded away.
    private static let openGroupsMax = 1

    var text: String {
        let groups = report.groups
        var page = MarkdownPage(marker: marker)
        page.add("### Plumb: \(headline)")
        page.add(Markdown.code(report.title))
        let warnings =
            report.review.warnings.map { (host: "", warning: $0) }
            + groups.flatMap { group in
                group.warnings.map { (host: ReviewReport.list(group.names) + ": ", warning: $0) }
            }
        if !warnings.isEmpty {
            page.addList(
                warnings.prefix(Self.warningsMax).map { host, warning in
                    let place = warning.place.map { " (\($0.short))" } ?? ""
                    return "⚠️ " + Markdown.code(host + warning.message + place)
                })
            if warnings.count > Self.warningsMax {
                page.add("… and \(warnings.count - Self.warningsMax) more warnings")
            }
        }
        for group in groups { add(group, to: &page, folded: groups.count > Self.openGroupsMax) }
        if page.leftOut > 0 {
            page.add("**\(page.leftOut) lines found no room here;** run `plumb diff` for all of them.")
        }
        page.add(ending)
        return page.text
    }

    private var headline: String {
        let warned = report.warningCount
        let warnings = warned == 0 ? "" : ", \(warned) \(warned == 1 ? "warning" : "warnings")"
        guard report.changes else { return "nothing that runs is touched\(warnings)" }
        let touched = report.review.hosts.count(where: \.changes)
        return "\(report.counts), on \(touched) of \(report.review.hosts.count) "
            + (report.review.hosts.count == 1 ? "host" : "hosts") + warnings
    }

    private func add(_ group: ReviewReport.Group, to page: inout MarkdownPage, folded: Bool) {
        let names = ReviewReport.list(group.names)
        var lines = PlanRows(
            rows: group.summary.rows, signs: .diff, valueCharactersMax: Self.valueCharactersMax
        ).lines(width: nil, paint: .none)
        lines += group.summary.scheduleRows(
            report.forecast, signs: .diff, valueMax: Self.valueCharactersMax
        ).lines(paint: .none)
        lines += group.summary.besideWarnings.notes.map { "# " + $0 }
        if lines.isEmpty { lines = ["# nothing to do"] }
        lines.append("# " + ReviewReport.hashes(group))
        let counts = group.summary.countsText
        guard folded else {
            page.add("\(Markdown.code(names)): \(counts)")
            return page.addBlock(lines, language: "diff")
        }
        page.addBlock(
            lines, language: "diff",
            within: (
                open: "\n<details><summary><code>\(Markdown.html(names))</code>: \(counts)</summary>\n",
                close: "\n</details>\n"
            ))
    }

    private var ending: String {
        var parts: [String] = []
        if !report.untouched.isEmpty {
            parts.append("Untouched: \(Markdown.code(ReviewReport.list(report.untouched))).")
        }
        if !report.unchecked.isEmpty {
            parts.append("Not checked without the hosts: \(Markdown.code(report.unchecked)).")
        }
        parts.append(
            "This is the planner's own prediction for hosts on which all that was declared before runs well.")
        return parts.joined(separator: "  \n")
    }
}
