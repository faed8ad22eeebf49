import Glibc
import TestKit

/// Signals a replica's process. One that has no pid is nobody: 0 would be the tests themselves.
func signal(_ pid: Int32?, _ number: Int32) {
    guard let pid, pid > 1 else { return }
    kill(pid, number)
}

/// What a command printed, and how it ended.
struct CommandResult: Sendable {
    var code: Int32
    var output: String
    var errors: String

    func json() throws -> JSON { try JSON(parsing: output) }
}

extension Host {
    private static let commandMax = Duration.seconds(30)

    /// Runs `plumb` with these arguments, as an operator at this host's shell.
    func plumb(_ arguments: String..., directory: String? = nil) async throws -> CommandResult {
        try await plumb(arguments, directory: directory)
    }

    func plumb(_ arguments: [String], directory: String? = nil) async throws -> CommandResult {
        let name = root + "/command-\(UInt64.random(in: 0...UInt64.max))"
        defer {
            unlink(name + ".out")
            unlink(name + ".err")
        }
        let child = try ChildProcess(
            [Binaries.plumb] + arguments, environment: environment, directory: directory ?? root,
            output: name + ".out", errors: name + ".err")
        let end = await child.end(within: Self.commandMax)
        let (output, errors) = (Files.text(name + ".out") ?? "", Files.text(name + ".err") ?? "")
        guard case .exited(let code)? = end else {
            throw Failure(
                description: "plumb \(arguments) ended with \(end.map { "\($0)" } ?? "a timeout"): \(errors)")
        }
        return CommandResult(code: code, output: output, errors: errors)
    }

    /// Writes files of the work tree and commits them.
    @discardableResult
    func commit(
        _ message: String, _ files: [String: String] = [:], by author: String = "Ann <ann@example.org>"
    ) throws -> String {
        for (name, text) in files.sorted(by: { $0.key < $1.key }) { try repository.write(name, text) }
        return try repository.commit(message, author: author)
    }

    /// Where the workload of a replica may write.
    func workspace(_ replica: String) -> String { "\(state)/instances/\(replica)/workspace" }
}
