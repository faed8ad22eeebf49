import Manifests

/// The reference page of all declarations, as Markdown, made of the schema tables.
enum SchemaReference {
    /// Config fields may hold config fields, and so on.
    private static let depthMax = 8

    static func page() -> String {
        var lines = [
            "# Reference: declarations", "",
            "Made of the schema tables by `plumb schema --format markdown`. The same stands in "
                + "`plumb explain`, field by field.",
        ]
        lines += ["", "| effect | of a change |", "|---|---|"]
        for effect in FieldEffect.allCases {
            lines.append("| `\(effect.rawValue)` | \(effect.explanation) |")
        }
        for kind in Kind.allCases {
            let root = kind.rawValue.lowercased()
            guard let explanation = Schema.explain(root) else { continue }
            lines += ["", "## \(kind.rawValue)", "", explanation.doc]
            lines += table(below: explanation, types: [], depth: 0)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The table of one mapping, then those of the mappings below it.
    private static func table(below parent: Explanation, types: [String], depth: Int) -> [String] {
        let fields = parent.fields.compactMap { Schema.explain(parent.path + "." + $0.name) }
        guard !fields.isEmpty else { return [] }
        var lines = ["", "### `\(parent.path)`", ""]
        lines += ["| key | type | default | effect | |", "|---|---|---|---|---|"]
        lines += fields.map(row)
        for field in fields where !field.fields.isEmpty && field.unsupported == nil {
            if depth >= depthMax || types.contains(field.type) {
                lines += ["", "`\(field.path)` has the keys of \(escaped(field.type)), as above."]
            } else {
                lines += table(below: field, types: types + [field.type], depth: depth + 1)
            }
        }
        return lines
    }

    private static func row(_ field: Explanation) -> String {
        let key = field.path.split(separator: ".").last.map(String.init) ?? field.path
        var notes = field.doc
        if !field.bounds.isEmpty { notes += " Bounds: \(field.bounds)." }
        if let since = field.since { notes += " Since \(since)." }
        if let instead = field.unsupported { notes += " **Refused by this version:** \(instead)." }
        let cells = [
            "`\(key)`" + (field.required ? " (required)" : ""), escaped(field.type),
            field.defaultValue.map { "`\(escaped($0))`" } ?? "", field.effect?.rawValue ?? "", escaped(notes),
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    private static func escaped(_ text: String) -> String {
        text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
            .split(separator: "<", omittingEmptySubsequences: false).joined(separator: "&lt;")
    }
}
