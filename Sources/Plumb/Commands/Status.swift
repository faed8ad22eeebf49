import ArgumentParser
import Reconciler
import StatusAPI

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what runs, and whether it is what git declares.",
        discussion: "What is not well comes first. With the name of an Instance: each of its replicas.")

    @Argument(help: "An Instance (web), or one replica of it (web/0).")
    var name: String?

    @Flag(name: .shortAndLong, help: "Show it anew whenever something changes.")
    var watch = false

    @OptionGroup var agent: AgentOptions
    @OptionGroup var options: OutputOptions

    func run() async throws {
        guard watch else { return try show() }
        // What is wrong from the start (no agent, no such Instance) is no display.
        _ = try text(try agent.client.get(path))
        let instance = name.map { "&instance=" + AgentClient.escaped(String($0.prefix { $0 != "/" })) } ?? ""
        try Watching(agent.client, "topics=status" + instance, options.color.terminal).run(frame)
    }

    private func show() throws {
        let document = try agent.client.get(path)
        guard options.output == .text else { return options.write(try value(document)) }
        Output.lines(try text(document))
    }

    /// One picture of a running display: an agent that is away may come back.
    private func frame() throws -> Watching.Picture {
        let document = try agent.client.get(path)
        switch options.output {
        case .text:
            _ = try text(document)
            // Ages grow on the screen though nothing is asked again.
            return { (try? text(document)) ?? [] }
        case .json:
            let lines = [JSONText.compact(try value(document))]
            return { lines }
        case .yaml:
            let lines = ["---", YAMLText.document(try value(document))]
            return { lines }
        }
    }

    private var path: String {
        guard let instance = name?.prefix(while: { $0 != "/" }) else { return "/v1/status" }
        return "/v1/instances/" + AgentClient.escaped(String(instance))
    }

    private func value(_ document: [UInt8]) throws -> OutputValue {
        if let name, name.contains("/") { return OutputValue(try detail(document, of: name)) }
        guard let value = OutputValue(json: document) else { throw WireMismatch.failure }
        return value
    }

    private func text(_ document: [UInt8]) throws -> [String] {
        let (width, paint) = (options.color.terminal.width, options.color.paint)
        guard let name else {
            var status = try WireMismatch.decode(StatusDocument.self, document)
            if watch { status.observedAt = Timestamp(TimeText.now()) }
            return StatusReport(status: status).lines(width: width, paint: paint)
        }
        return InstanceReport(detail: try detail(document, of: name), now: Timestamp(TimeText.now())).lines(
            width: width, paint: paint)
    }

    /// The Instance, or of it the one replica that was named.
    private func detail(_ document: [UInt8], of name: String) throws -> InstanceDetailDocument {
        let whole = try WireMismatch.decode(InstanceDetailDocument.self, document)
        return name.contains("/") ? try whole.only(replica: name) : whole
    }
}

/// Agent and command speak different versions.
enum WireMismatch {
    static var failure: CommandFailure {
        CommandFailure(
            message: "the agent's answer cannot be read by this command",
            remedy: "compare `plumb version` with the version that the agent shows in /v1/status")
    }

    static func decode<T: Decodable>(_ type: T.Type, _ document: [UInt8]) throws -> T {
        do { return try WireFormat.decode(type, from: document) } catch { throw failure }
    }
}
