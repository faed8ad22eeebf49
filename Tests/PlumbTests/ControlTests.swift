import Agent
import CLinux
import Foundation
import Glibc
import Reconciler
import Synchronization
import Testing

@testable import Plumb

/// What was asked over a socket.
private final class Asked: Sendable {
    private let seen = Mutex<[(request: ControlRequest, caller: Caller)]>([])
    var all: [(request: ControlRequest, caller: Caller)] { seen.withLock { $0 } }
    func note(_ request: ControlRequest, _ caller: Caller) {
        seen.withLock { $0.append((request, caller)) }
    }
}

/// A control socket with somebody behind it who notes what was asked, and answers.
private final class Served: Sendable {
    let folder: TemporaryFolder
    let server: ControlServer
    let asked = Asked()
    var socket: String { folder.path + "/plumb.sock" }
    var client: ControlClient { ControlClient(socket: socket) }

    init(_ outcome: ControlOutcome = .done("done")) throws {
        let folder = try TemporaryFolder()
        let asked = asked
        server = try ControlServer(path: folder.path + "/control.sock") { request, caller, reply in
            asked.note(request, caller)
            reply(outcome)
        }
        self.folder = folder
        try server.start()
    }

    deinit { server.stop() }

    func connect() throws -> Int32 { try AgentClient(socket: server.path).connected() }

    /// What is answered to any bytes.
    func answer(to text: String) throws -> ControlAnswer {
        let descriptor = try connect()
        defer { close(descriptor) }
        try AgentClient(socket: server.path).send(Array(text.utf8), to: descriptor)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
            bytes += buffer[..<count]
        }
        return try JSONDecoder().decode(ControlAnswer.self, from: Data(bytes))
    }
}

@Suite("The control socket") struct ControlTests {
    @Test(
        "A request arrives whole, with who asked for it as the kernel knows it",
        arguments: [
            ControlRequest.approve(plan: "7d1f-02ac", reason: "the old shop is closed"),
            .suspend(reason: "a\nb \u{1F600}", lasting: .seconds(7200)),
            .suspend(reason: "why", lasting: nil),
            .resume, .retry(instance: "web"),
        ])
    func roundTrip(request: ControlRequest) throws {
        let served = try Served(.done("as you wish"))
        #expect(try served.client.ask(request) == "as you wish")
        let seen = try #require(served.asked.all.first)
        #expect(seen.request == request)
        #expect(seen.caller.pid == getpid())
        #expect(seen.caller.uid == geteuid())
        #expect(seen.caller.user == UserNames.name(of: geteuid()))
        var info = stat()
        #expect(stat(served.server.path, &info) == 0)
        #expect(info.st_mode & 0o777 == (getgrnam("plumb") != nil ? 0o660 : 0o600))
    }

    @Test("A refusal is an error, in the agent's words and with what to do") func refusal() throws {
        let served = try Served(
            .refused(ControlRefusal(code: "NothingHeld", message: "nothing is held", remedy: "do nothing")))
        let failure = #expect(throws: CommandFailure.self) { try served.client.ask(.resume) }
        #expect(failure == CommandFailure(message: "nothing is held", remedy: "do nothing"))
    }

    @Test(
        "What the agent does not know is refused whole, and nothing is done",
        arguments: [
            (#"{"version":1,"request":"reboot","arguments":{}}"#, "UnknownRequest", "'reboot'"),
            (#"{"version":2,"request":"resume","arguments":{}}"#, "UnknownRequest", "version 2"),
            (
                #"{"version":1,"request":"resume","arguments":{"at":"noon"}}"#, "UnknownRequest",
                "'at' of resume"
            ),
            (#"{"version":1,"request":"retry","arguments":{}}"#, "BadRequest", "retry needs instance"),
            (
                #"{"version":1,"request":"suspend","arguments":{"reason":"r","for":"soon"}}"#, "BadRequest",
                "no duration: soon"
            ),
            ("GET /v1/status HTTP/1.1\r", "BadRequest", "no request of plumb's"),
        ])
    func unknown(line: String, code: String, words: String) throws {
        let served = try Served()
        let answer = try served.answer(to: line + "\n")
        #expect(answer.done == false)
        #expect(answer.code == code)
        #expect(answer.message.contains(words))
        #expect(served.asked.all.isEmpty)
    }

    @Test("Requests and their arguments are bounded") func bounds() throws {
        let served = try Served()
        let endless = String(repeating: "x", count: ControlLimits.lineBytesMax + 1)
        #expect(try served.answer(to: endless).message.contains("bytes at most"))
        let wordy = String(repeating: "x", count: ControlLimits.argumentBytesMax + 1)
        let failure = #expect(throws: CommandFailure.self) {
            try served.client.ask(.suspend(reason: wordy, lasting: nil))
        }
        #expect(failure?.message.contains("longer than") == true)
        #expect(served.asked.all.isEmpty)
    }

    @Test("Whoever connects and says nothing keeps nobody else waiting") func silent() throws {
        let served = try Served()
        let silent = try (0..<4).map { _ in try served.connect() }
        defer { for descriptor in silent { close(descriptor) } }
        #expect(try served.client.ask(.resume) == "done")
    }

    @Test("A socket that a dead agent left is replaced, a live one is not") func stale() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/control.sock"
        let left = clinux_unix_stream()
        #expect(clinux_unix_bind(left, path) == 0)
        close(left)
        let first = try ControlServer(path: path) { _, _, reply in reply(.done("first")) }
        try first.start()
        #expect(try ControlClient(socket: folder.path + "/plumb.sock").ask(.resume) == "first")
        #expect(throws: (any Error).self) { try ControlServer(path: path) { _, _, _ in } }
        first.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("Root, the agent's user and the group plumb are obeyed, and nobody else") func access() {
        let access = ControlAccess(agent: 1000, group: 50)
        #expect(access.allows(0) { _ in false })
        #expect(access.allows(1000) { _ in false })
        #expect(access.allows(1001) { $0 == 50 })
        #expect(!access.allows(1001) { $0 == 51 })
        #expect(!ControlAccess(agent: 1000, group: nil).allows(1001) { _ in true })
        let refusal = access.refusal(of: Caller(uid: 1001, user: "eve", pid: 7))
        #expect(refusal.message.hasPrefix("eve (uid 1001, pid 7) may not ask this agent"))
        #expect(refusal.message.hasSuffix("and the group plumb"))
        #expect(refusal.remedy.contains("usermod -aG plumb eve"))
    }

    @Test("A group is found among all the groups of whoever connected") func groups() throws {
        let served = try Served()
        let descriptor = try served.connect()
        defer { close(descriptor) }
        // The peer of a connected client is whoever listens: these tests themselves.
        #expect(clinux_peer_has_group(descriptor, getegid()) == 1)
        var groups = [gid_t](repeating: 0, count: 1 << 16)
        let count = Int(getgroups(Int32(groups.count), &groups))
        let own = Set(groups.prefix(max(0, count)) + [getegid()])
        let foreign = try #require((gid_t(40_000)...50_000).first { !own.contains($0) })
        #expect(clinux_peer_has_group(descriptor, foreign) == 0)
    }

    @Test("No agent, and one that is too old, are told apart") func absent() throws {
        let folder = try TemporaryFolder()
        let client = ControlClient(socket: folder.path + "/plumb.sock")
        let none = #expect(throws: CommandFailure.self) { try client.ask(.resume) }
        #expect(none?.message == "no agent at \(folder.path)/plumb.sock: there is no such socket")

        let old = try UnixListener(folder: folder.path)
        defer { old.stop() }
        old.answer(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
        let failure = #expect(throws: CommandFailure.self) { try client.ask(.resume) }
        #expect(failure?.message.contains("has no control socket") == true)
        #expect(failure?.message.contains("older than this command") == true)
    }

    @Test(
        "The control socket stands beside the status socket",
        arguments: [
            ("/run/plumb/plumb.sock", "/run/plumb/control.sock"), ("plumb.sock", "control.sock"),
            ("/tmp/edge.sock", "/tmp/edge.control.sock"), ("/tmp/edge", "/tmp/edge.control.sock"),
        ])
    func place(status: String, control: String) {
        #expect(SocketPath.control(beside: status) == control)
    }
}
