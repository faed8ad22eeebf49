import ArgumentParser
import Manifests

struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of declarations, for editors, or the reference page.",
        discussion: """
            A YAML file takes it up with a first line such as:
            # yaml-language-server: $schema=plumb.schema.json
            """)

    @Option(help: "Of one kind alone: Unit, Instance, Schedule or Plugin.")
    var kind: KindArgument?

    enum Format: String, ExpressibleByArgument, CaseIterable { case json, markdown }

    @Option(help: "json: a JSON Schema; markdown: the reference page of all kinds.")
    var format: Format = .json

    func validate() throws {
        if format == .markdown, kind != nil { throw ValidationError("the reference page is of all kinds") }
    }

    func run() throws {
        guard format == .json else { return Output.text(SchemaReference.page()) }
        Output.line(Schema.jsonSchema(kind: kind?.kind))
    }
}

/// A kind in whatever case.
struct KindArgument: ExpressibleByArgument {
    var kind: Kind

    init?(argument: String) {
        guard let kind = Kind.allCases.first(where: { $0.rawValue.lowercased() == argument.lowercased() })
        else {
            return nil
        }
        self.kind = kind
    }

    static var allValueStrings: [String] { Kind.allCases.map(\.rawValue) }
}
