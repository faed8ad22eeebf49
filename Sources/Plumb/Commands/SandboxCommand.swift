import ArgumentParser
import StatusAPI

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Show how far a run is shut in, as the kernel says it.",
        discussion: """
            Each item of the declared sandbox is looked up in what the kernel shows of the process now. \
            IN FORCE: yes; NO (declared, and not so); off (not declared); at start (the kernel shows it of \
            no process, and the program is executed only behind it); unknown.
            """)

    @Argument(help: "An Instance (web), or one replica of it (web/0).")
    var name: String

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() throws {
        let instance = String(name.prefix { $0 != "/" })
        let bytes = try agent.client.get("/v1/instances/\(AgentClient.escaped(instance))/sandbox")
        var document = try WireMismatch.decode(SandboxDocument.self, bytes)
        if name.contains("/") { document = try document.only(replica: name) }
        if options.output == .text {
            Output.lines(
                SandboxReport(document: document).lines(
                    width: options.color.terminal.width, paint: options.color.paint))
        } else {
            options.write(OutputValue(document))
        }
    }
}

extension SandboxDocument {
    /// With one replica alone. A replica that there is none of is an error, not an empty table.
    func only(replica name: String) throws -> SandboxDocument {
        var document = self
        document.replicas.removeAll { $0.name != name }
        guard document.replicas.isEmpty else { return document }
        let known = replicas.map(\.name).joined(separator: ", ")
        throw CommandFailure(
            message: "there is no replica \(name)",
            remedy: known.isEmpty ? "no replica of \(instance) is meant to run here" : "there are: \(known)")
    }
}
