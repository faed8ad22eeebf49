import ArgumentParser
import StatusAPI

/// `plumb token`: makes what somebody shows to the status endpoint.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token for the status endpoint.",
        discussion: """
            The token is shown once and stored nowhere. The line with its hash goes under status.tokens in \
            agent.yaml; the agent reads it with the next request.
            """)

    @Argument(help: "What the token is called, after who uses it: prometheus, ann.")
    var name: String
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("What it allows: status, logs, metrics.", valueName: "scope"))
    var scopes: [TokenScope] = [.status]
    @OptionGroup var options: OutputOptions

    func validate() throws {
        guard TokenName.isValid(name) else { throw ValidationError("'\(name)': \(TokenName.rule)") }
        guard !scopes.isEmpty else { throw ValidationError("--scopes needs one of status, logs, metrics") }
    }

    func run() throws {
        let token = AccessToken.make()
        let hash = AccessToken.hash(token)
        let allowed = TokenScope.allCases.filter(scopes.contains).map(\.rawValue)
        guard options.output == .text else {
            options.write(
                .object([
                    "apiVersion": .string(OutputVersion.current), "kind": "Token", "name": .string(name),
                    "token": .string(token), "sha256": .string(hash),
                    "scopes": .array(allowed.map { .string($0) }),
                ]))
            return
        }
        Output.line(
            """
            The token, which is shown only now:

                \(token)

            Its line in agent.yaml, under status.tokens:

                - {name: \(name), scopes: [\(allowed.joined(separator: ", "))], sha256: "\(hash)"}

            Whoever uses it sends the header `Authorization: Bearer \(AccessToken.prefix)…`.
            """)
    }
}

enum TokenScope: String, ExpressibleByArgument, CaseIterable, Sendable { case status, logs, metrics }
