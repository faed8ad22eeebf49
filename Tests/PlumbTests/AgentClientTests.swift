import Glibc
import Testing

@testable import Plumb

@Suite("Answers of the agent") struct HTTPResponseTests {
    private func parse(_ text: String, atEnd: Bool = false) throws(HTTPResponse.Problem) -> HTTPResponse? {
        try HTTPResponse.parse(Array(text.utf8), atEnd: atEnd)
    }

    @Test("A length, chunks, or the end of the connection: each ends a body") func bodies() throws {
        let expected = HTTPResponse(status: 200, body: Array("hello".utf8))
        #expect(try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello") == expected)
        #expect(
            try parse(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=1\r\nllo\r\n0\r\n\r\n")
                == expected)
        #expect(try parse("HTTP/1.1 200 OK\r\n\r\nhello", atEnd: true) == expected)
    }

    @Test("Until it is whole, it is waited for", arguments: [0, 10, 30, 45, 60])
    func partial(count: Int) throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + String(repeating: "x", count: 99)
        #expect(try parse(String(text.prefix(count))) == nil)
        #expect(try parse(text) == nil)
        #expect(try parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\r\n\r\n") == nil)
    }

    @Test("What is cut off, too large or something else is said to be") func problems() {
        #expect(throws: HTTPResponse.Problem.cutOff) {
            try parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", atEnd: true)
        }
        #expect(throws: HTTPResponse.Problem.cutOff) { try parse("", atEnd: true) }
        #expect(throws: HTTPResponse.Problem.notHTTP) { try parse("SSH-2.0-OpenSSH\r\n\r\n") }
        #expect(throws: HTTPResponse.Problem.tooLarge) {
            try parse("HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
        }
        #expect(throws: HTTPResponse.Problem.tooLarge) {
            try parse("HTTP/1.1 200 OK\r\n" + String(repeating: "x", count: HTTPResponse.headerBytesMax))
        }
    }
}

@Suite("Finding the agent") struct AgentAbsenceTests {
    @Test("Option, then PLUMB_SOCKET, then the runtime directory of the user") func choice() {
        func choose(_ option: String?, _ environment: [String: String]) -> String {
            SocketPath.choose(option: option, environment: environment)
        }
        #expect(choose("/a", ["PLUMB_SOCKET": "/b", "PLUMB_RUNTIME_DIR": "/c"]) == "/a")
        #expect(choose(nil, ["PLUMB_SOCKET": "/b", "PLUMB_RUNTIME_DIR": "/c"]) == "/b")
        #expect(choose(nil, ["PLUMB_RUNTIME_DIR": "/c"]) == "/c/plumb.sock")
        let usual = choose(nil, ["XDG_RUNTIME_DIR": "/run/user/1000"])
        #expect(usual == (geteuid() == 0 ? "/run/plumb/plumb.sock" : "/run/user/1000/plumb/plumb.sock"))
    }

    @Test("No agent: what was tried and what to do") func absent() throws {
        let folder = try TemporaryFolder()
        let client = AgentClient(socket: folder.path + "/plumb.sock")
        let failure = #expect(throws: CommandFailure.self) { try client.get("/v1/status") }
        #expect(failure?.message == "no agent at \(folder.path)/plumb.sock: there is no such socket")
        #expect(failure?.remedy.isEmpty == false)
    }

    @Test("A socket of a dead agent is told apart from none, at a path of any length") func dead() throws {
        let folder = try TemporaryFolder()
        let deep = folder.path + String(repeating: "/abcdefghij", count: 15)
        let listener = try UnixListener(folder: deep)
        listener.stop()
        let failure = #expect(throws: CommandFailure.self) {
            try AgentClient(socket: listener.path).get("/v1/status")
        }
        #expect(failure?.message.contains("nobody listens there any more") == true)
    }

    @Test("An answer is read, and a refusal is passed on in the agent's words") func answers() throws {
        let folder = try TemporaryFolder()
        let listener = try UnixListener(folder: folder.path)
        let problem =
            #"{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no instance 'x'"}"#
        listener.answer([
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 404 Not Found\r\nContent-Length: \(problem.utf8.count)\r\n\r\n\(problem)",
            "",
        ])
        let client = AgentClient(socket: listener.path)
        #expect(try client.get("/v1/status") == Array("{}".utf8))
        let remedy = "`plumb status` lists what there is"
        #expect(throws: CommandFailure(message: "there is no instance 'x'", remedy: remedy)) {
            try client.get("/v1/instances/x")
        }
        let failure = #expect(throws: CommandFailure.self) { try client.get("/v1/status") }
        #expect(failure?.message.contains("cut off") == true)
        listener.stop()
    }
}
