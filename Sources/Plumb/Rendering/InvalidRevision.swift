import Manifests
import Reconciler

/// A revision that was read and is wrong: told in the format that was asked for, and then exit code 3.
struct InvalidRevision: Error {
    /// As it was asked for.
    let expression: String
    let revision: Revision
    /// Errors, by place.
    let diagnostics: [Diagnostic]
    /// The same, with the lines that they are about.
    let rendered: [String]

    var summary: String {
        "\(expression) (\(revision.id)) is invalid: \(count), nothing would change"
    }

    private var count: String { rendered.count == 1 ? "1 error" : "\(rendered.count) errors" }

    /// What `-o json` and `-o yaml` print.
    var value: OutputValue {
        .object([
            "apiVersion": .string(OutputVersion.current), "kind": "InvalidRevision",
            "expression": .string(expression), "revision": PlanReport.value(of: revision),
            "errors": .int(Int64(diagnostics.count)),
            "diagnostics": .array(diagnostics.map(ValidationReport.value)),
        ])
    }

    func markdown(marker: String) -> String {
        var page = MarkdownPage(marker: marker)
        page.add("### Plumb: invalid")
        page.add(
            "\(Markdown.code("\(expression)@\(revision.id)")) has \(count). Nothing of it would be applied; "
                + "every host goes on as it is.")
        page.addBlock(
            rendered.joined(separator: "\n\n").split(separator: "\n", omittingEmptySubsequences: false)
                .map(String.init), language: "text")
        return page.text
    }
}
