import ArgumentParser
import Manifests

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the documentation of a field.",
        discussion: "For example: plumb explain instance.spec.update")

    @Argument(help: "A kind and, behind dots, a field.")
    var path: String

    @OptionGroup var color: ColorOptions

    /// Where no terminal says how wide a line may be.
    private static let pipeColumns = 100

    func run() throws {
        guard let explanation = Schema.explain(path) else {
            let near = Schema.explainSuggestions(for: path)
            throw CommandFailure(
                message: "there is no field '\(path)'",
                remedy: near.isEmpty
                    ? "begin with a kind: unit, instance, schedule or plugin"
                    : "did you mean \(near.map { "'\($0)'" }.joined(separator: ", "))?")
        }
        Output.line(explanation.render(width: color.terminal.width ?? Self.pipeColumns))
    }
}
