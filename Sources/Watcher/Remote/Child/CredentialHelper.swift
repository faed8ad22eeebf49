import CLinux
import Glibc

/// Hands git the user and the password that a remote asks for: git's credential protocol, on standard input
/// and output, so that neither stands in an argument or an environment. The hidden subcommand
/// `plumb git-credential` calls this and nothing else.
package enum CredentialHelper {
    package static let name = "git-credential"

    /// - Parameter arguments: authority, user, password file, and what git asks for: `get`, `store`, `erase`.
    package static func main(_ arguments: [String]) -> Never {
        _ = clinux_set_dumpable(0)
        guard arguments.count == 4, arguments[3] == "get" else { exit(EXIT_SUCCESS) }
        var question: [String: String] = [:]
        while let line = readLine(), let mark = line.firstIndex(of: "=") {
            question[String(line[..<mark])] = String(line[line.index(after: mark)...])
        }
        // A server that sends git elsewhere does not get what is meant for this one.
        guard question["protocol"] == "https", question["host"] == arguments[0] else { exit(EXIT_SUCCESS) }
        do throws(GitError) {
            let secret = try CredentialFile.secret(at: arguments[2])
            answer("username=\(question["username"] ?? arguments[1])\npassword=\(secret)\n")
        } catch {
            FileOutput.write("plumb: \(error)\n", to: STDERR_FILENO)
            // Git asks nobody else then.
            answer("quit=1\n")
        }
        exit(EXIT_SUCCESS)
    }

    private static func answer(_ text: String) { FileOutput.write(text, to: STDOUT_FILENO) }
}

private enum FileOutput {
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { _ = DescriptorIO.writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
    }
}
