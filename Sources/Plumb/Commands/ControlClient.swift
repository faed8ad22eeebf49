import Agent
import Foundation
import Glibc
import StatusAPI

/// Asks a running agent to do something, over the socket beside its status socket.
struct ControlClient: Sendable {
    /// The agent's status socket: what `--socket` and `PLUMB_SOCKET` name.
    var socket: String

    private static let readBytes = 4 << 10

    /// Says what became of it, in the agent's words.
    ///
    /// - Throws: `CommandFailure` where no agent is there, it does not obey this user, or it refuses.
    func ask(_ request: ControlRequest) throws -> String {
        let line = AgentClient(socket: SocketPath.control(beside: socket))
        let descriptor = try connect(line)
        defer { close(descriptor) }
        let bytes = [UInt8](try JSONEncoder().encode(request.question)) + [UInt8(ascii: "\n")]
        try line.send(bytes, to: descriptor)
        let answer = try receive(from: descriptor, line)
        guard answer.done else {
            throw CommandFailure(message: answer.message, remedy: answer.remedy ?? "")
        }
        return answer.message
    }

    private func connect(_ line: AgentClient) throws -> Int32 {
        do {
            return try line.connected()
        } catch let absence as AgentAbsence where absence.isForbidden {
            throw absence.explained
        } catch is AgentAbsence {
            // An agent that can be asked and obeys nobody is one from before there was such a socket.
            let status = try AgentClient(socket: socket).get("/v1/status")
            let version = (try? WireFormat.decode(StatusDocument.self, from: status))?.version
            throw CommandFailure(
                message: "the agent at \(socket) (\(version ?? "of another version")) has no control socket "
                    + "at \(line.socket): it is older than this command",
                remedy: "restart the agent with the version of this command")
        }
    }

    private func receive(from descriptor: Int32, _ line: AgentClient) throws -> ControlAnswer {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        while bytes.count <= ControlLimits.lineBytesMax {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw line.broken(
                    errno == EAGAIN
                        ? "no answer in \(AgentClient.timeoutSeconds) s, and it may do it still"
                        : String(cString: strerror(errno)))
            }
            guard count > 0 else { break }
            bytes += buffer[..<count]
            guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { continue }
            guard let answer = try? JSONDecoder().decode(ControlAnswer.self, from: Data(bytes[..<end])) else {
                throw WireMismatch.failure
            }
            return answer
        }
        throw line.broken("the answer was cut off")
    }
}
