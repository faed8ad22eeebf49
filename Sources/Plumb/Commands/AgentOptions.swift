import ArgumentParser
import StatusAPI

/// Where the agent is: shared by all commands that talk to one.
struct AgentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The agent's socket; also PLUMB_SOCKET. Default: plumb.sock in the runtime directory.",
            valueName: "path"))
    var socket: String?

    var client: AgentClient {
        AgentClient(socket: SocketPath.choose(option: socket, environment: ProcessEnvironment.current))
    }

    /// For the verbs: whatever changes something.
    var control: ControlClient {
        ControlClient(socket: SocketPath.choose(option: socket, environment: ProcessEnvironment.current))
    }

    /// Where the running agent keeps its state; without one, where an agent of this user would.
    func stateDirectory() -> String {
        if let bytes = try? client.get("/v1/status"),
            let status = try? WireFormat.decode(StatusDocument.self, from: bytes)
        {
            return status.stateDir
        }
        return UserDirectories(environment: ProcessEnvironment.current).state
    }
}

/// Which socket a command tries.
enum SocketPath {
    static let name = "plumb.sock"
    static let controlName = "control.sock"

    /// The control socket that stands beside a status socket: `control.sock` beside `plumb.sock`, and
    /// `edge.control.sock` beside `edge.sock`, so that two agents can share a directory.
    static func control(beside socket: String) -> String {
        let cut = socket.lastIndex(of: "/").map { socket.index(after: $0) } ?? socket.startIndex
        let (folder, file) = (socket[..<cut], socket[cut...])
        guard file != name else { return folder + controlName }
        return folder + (file.hasSuffix(".sock") ? file.dropLast(5) : file) + "." + controlName
    }

    /// The option, then `PLUMB_SOCKET`, then the runtime directory of the agent that this user would run.
    static func choose(option: String?, environment: [String: String]) -> String {
        if let option, !option.isEmpty { return option }
        if let variable = environment["PLUMB_SOCKET"], !variable.isEmpty { return variable }
        return runtimeDirectory(environment: environment) + "/" + name
    }

    static func runtimeDirectory(environment: [String: String]) -> String {
        if let directory = environment["PLUMB_RUNTIME_DIR"], !directory.isEmpty { return directory }
        return UserDirectories(environment: environment).runtime
    }
}
