import ArgumentParser
import StatusAPI

struct Tree: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every process of an Instance, drawn as a tree.",
        discussion: """
            All that a replica has forked is shown, daemons that have left their parents included. CPU is \
            the processor time that each has used, MEMORY what it has resident.
            """)

    @Argument(help: "An Instance (web), or one replica of it (web/0).")
    var name: String

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() throws {
        let instance = String(name.prefix { $0 != "/" })
        let bytes = try agent.client.get("/v1/instances/\(AgentClient.escaped(instance))/proctree")
        var document = try WireMismatch.decode(ProcessTreeDocument.self, bytes)
        if name.contains("/") { document = try document.only(replica: name) }
        guard options.output == .text else { return options.write(OutputValue(document)) }
        Output.lines(
            TreeReport(document: document).lines(
                width: options.color.terminal.width, paint: options.color.paint))
    }
}

extension ProcessTreeDocument {
    /// With one replica alone. A replica that there is none of is an error, not an empty tree.
    func only(replica name: String) throws -> ProcessTreeDocument {
        var document = self
        document.replicas.removeAll { $0.name != name }
        guard document.replicas.isEmpty else { return document }
        let known = replicas.map(\.name).joined(separator: ", ")
        throw CommandFailure(
            message: "there is no replica \(name)",
            remedy: known.isEmpty ? "no replica of \(instance) is meant to run here" : "there are: \(known)")
    }
}
