import CLinux
import Glibc
import Manifests
import Reconciler
import Testing

@testable import Supervisor

/// http and grpc checks against real servers.
@Suite struct NetworkProbeTests {
    private func ask(
        _ server: HTTPResponder, _ options: HTTPProbeOptions, timeout: Duration = .seconds(20)
    ) async -> ProbeOutcome {
        let http = HTTPProbe()
        let question = HTTPQuestion(port: server.port, path: "/x", options: options)
        let outcome = await http.check(question, timeout: timeout)
        await http.shutdown()
        return outcome
    }

    private func answer(_ status: String, _ body: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n"
            + "Location: http://127.0.0.1:1/\r\n\r\n\(body)"
    }

    @Test(
        arguments: [
            ("302 Found", nil, true), ("302 Found", ["200"], false), ("503 No", ["200-299", "503"], true),
            ("404 No", ["200-399"], false), ("200 OK", ["200"], true),
        ] as [(String, [String]?, Bool)])
    func theStatusDecidesAndNothingIsFollowed(
        _ status: String, _ wanted: [String]?, _ passes: Bool
    ) async throws {
        let server = try HTTPResponder()
        defer { server.close() }
        server.answer(answer(status))
        let ranges = wanted.map { $0.compactMap { StatusRange($0) } }
        #expect(await ask(server, HTTPProbeOptions(status: ranges)).passed == passes)
    }

    @Test func theBodyIsLookedAtAndOnlyItsBeginning() async throws {
        let server = try HTTPResponder()
        defer { server.close() }
        server.answer(answer("200 OK", #"{"status": "UP"}"#))
        #expect(await ask(server, HTTPProbeOptions(body: BodyMatch(contains: "UP"))).passed)
        #expect(
            await ask(server, HTTPProbeOptions(body: BodyMatch(matches: "\"status\": *\"(UP|OK)\""))).passed)
        let wrong = await ask(server, HTTPProbeOptions(body: BodyMatch(contains: "DOWN")))
        #expect(!wrong.passed && wrong.detail.hasSuffix("its body does not contain 'DOWN'"))
        server.answer(answer("200 OK", String(repeating: "x", count: 70_000) + "UP"))
        #expect(await !ask(server, HTTPProbeOptions(body: BodyMatch(contains: "UP"))).passed)
    }

    @Test func methodAndHeadersAreSent() async throws {
        let server = try PythonServer(
            """
            def do_HEAD(self):
                ok = self.headers['Host'] == 'shop.example' and self.headers['X-Probe'] == '1'
                self.send_response(204 if ok else 400); self.end_headers()
            """)
        defer { server.end() }
        let options = HTTPProbeOptions(
            method: .head, headers: ["Host": "shop.example", "X-Probe": "1"],
            status: [try #require(StatusRange("204"))])
        #expect(await server.ask(options).detail == "HTTP 204 from :\(server.port)/")
    }

    @Test func anAnswerByteByByteEndsAtTheTimeout() async throws {
        let server = try PythonServer(
            """
            def do_GET(self):
                self.send_response(200); self.end_headers()
                while True: self.wfile.write(b'x'); time.sleep(0.05)
            """)
        defer { server.end() }
        let begin = Instant.current
        let outcome = await server.ask(
            HTTPProbeOptions(body: BodyMatch(contains: "never")), timeout: .milliseconds(400))
        #expect(!outcome.passed && outcome.detail.contains("within 0.4 seconds"))
        #expect(Instant.current - begin < .seconds(30))
    }

    @Test func certificatesAreVerifiedUnlessToldOtherwise() async throws {
        guard access("/usr/bin/openssl", X_OK) == 0 else {
            return print("skipped: openssl is not installed, so there is no certificate to try")
        }
        let server = try PythonServer(
            "def do_GET(self): self.send_response(200); self.end_headers()", tls: true)
        defer { server.end() }
        func ask(_ tls: ProbeTLS?) async -> ProbeOutcome {
            await server.ask(HTTPProbeOptions(scheme: .https, tls: tls), caFile: tls?.caFile)
        }
        let strange = await ask(nil)
        #expect(!strange.passed && strange.detail.contains("certificate is not trusted"), "\(strange.detail)")
        #expect(await ask(ProbeTLS(verify: false)).passed)
        let trusted = await ask(ProbeTLS(caFile: server.certificate, serverName: "shop.example"))
        #expect(trusted.passed, "\(trusted.detail)")
        let misnamed = await ask(ProbeTLS(caFile: server.certificate, serverName: "other.example"))
        #expect(!misnamed.passed)
    }

    @Test func clientsAreSharedAndTheirNumberIsBounded() async {
        let clients = HTTPClients()
        func question(_ number: Int) -> HTTPQuestion {
            HTTPQuestion(
                port: 1, path: "/", options: HTTPProbeOptions(scheme: .https), caFile: "/ca\(number)")
        }
        let used = (0..<HTTPClients.keptMax).map { clients.borrow(for: question($0)).1 }
        #expect(clients.borrow(for: question(0)).0 === clients.borrow(for: question(0)).0)
        // All are in use, so none of them may be ended for another.
        let other = clients.borrow(for: question(-1)).1
        #expect(clients.count == HTTPClients.keptMax + 1)
        for kind in used + [other] { clients.giveBack(kind) }
        for number in 1000..<1100 { clients.giveBack(clients.borrow(for: question(number)).1) }
        #expect(clients.count == HTTPClients.keptMax + 1)
        await clients.shutdown()
    }

    /// The server is Python's grpc, of the package python3-grpcio.
    @Test func grpcHealthIsAskedAsTheServersOfOthersAnswerIt() async throws {
        guard let server = try GRPCServer() else {
            return print("skipped: python3-grpcio is not installed, so there is no server of gRPC's own")
        }
        defer { server.end() }
        func detail(_ service: String) async -> String {
            await GRPCProbe().check(
                GRPCQuestion(port: server.port, service: service), timeout: .seconds(20)
            ).detail
        }
        #expect(await detail("") == "SERVING from :\(server.port)")
        #expect(await detail("sick") == "NOT_SERVING from :\(server.port)")
        #expect(await detail("none") == "SERVICE_UNKNOWN from :\(server.port)")
        #expect(await detail("plain").hasPrefix("UNIMPLEMENTED from :\(server.port)"))
        #expect(await detail("slow").hasPrefix("gRPC status 4"))
    }

    @Test func grpcOverTLSVerifiesTheServer() async throws {
        guard access("/usr/bin/openssl", X_OK) == 0, let server = try GRPCServer(tls: true) else {
            return print("skipped: openssl or python3-grpcio is not installed")
        }
        defer { server.end() }
        let probe = GRPCProbe()
        func detail(_ tls: ProbeTLS) async -> String {
            let question = GRPCQuestion(port: server.port, service: "", tls: tls, caFile: tls.caFile)
            return await probe.check(question, timeout: .seconds(20)).detail
        }
        let serving = "SERVING from :\(server.port)"
        #expect(await detail(ProbeTLS(caFile: server.certificate, serverName: "shop.example")) == serving)
        #expect(await detail(ProbeTLS(verify: false)) == serving)
        #expect(await detail(ProbeTLS()).contains("the certificate is not trusted"))
        let other = await detail(ProbeTLS(caFile: server.certificate, serverName: "other.example"))
        #expect(other.contains("the certificate is of another name"), "\(other)")
        let cleartext = await GRPCProbe().check(
            GRPCQuestion(port: server.port, service: ""), timeout: .seconds(1))
        #expect(!cleartext.passed)
    }

    @Test func whatDoesNotSpeakTLSIsSaid() async throws {
        let server = try HTTPResponder()
        defer { server.close() }
        let plain = await ask(server, HTTPProbeOptions(scheme: .https, tls: ProbeTLS(verify: false)))
        #expect(plain.detail.hasSuffix("the server does not speak TLS"), "\(plain.detail)")
        let question = GRPCQuestion(port: server.port, service: "", tls: ProbeTLS())
        let grpc = await GRPCProbe().check(question, timeout: .seconds(20)).detail
        #expect(grpc.hasSuffix("the server does not speak TLS"), "\(grpc)")
    }

    @Test func whatIsNoGRPCFailsInTime() async throws {
        let server = try HTTPResponder()
        defer { server.close() }
        let question = GRPCQuestion(port: server.port, service: "")
        #expect(await !GRPCProbe().check(question, timeout: .seconds(1)).passed)
        server.answer("")
        #expect(await GRPCProbe().check(question, timeout: .milliseconds(200)).detail.contains("within"))
        let nobody = GRPCQuestion(port: 1, service: "")
        #expect(await GRPCProbe().check(nobody, timeout: .seconds(20)).detail == ":1: connection refused")
    }

    @Test func aCallThatIsResetIsSaidInWords() async throws {
        // SETTINGS, and RST_STREAM as the answer to HEADERS.
        let script = """
            import socket
            l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1], flush=True)
            while True:
                c, _ = l.accept(); f = c.makefile('rb'); f.read(24)
                c.sendall(b'\\0\\0\\0\\x04\\0\\0\\0\\0\\0')
                while len(head := f.read(9)) == 9:
                    f.read(int.from_bytes(head[:3], 'big'))
                    if head[3] == 1: c.sendall(b'\\0\\0\\x04\\x03\\0' + head[5:] + b'\\0\\0\\0\\x08')
            """
        let server = try PythonProcess(script, in: PythonProcess.makeDirectory())
        defer { server.end() }
        let question = GRPCQuestion(port: server.port, service: "")
        let detail = await GRPCProbe().check(question, timeout: .seconds(20)).detail
        #expect(detail == ":\(server.port): the server reset the call without an answer")
    }

    /// The kernel gives a connection to a port of its own range that very port now and then.
    @Test func aConnectionToItselfIsNoServer() throws {
        let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(raw) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, length) + getsockname(raw, $0, &length) + connect(raw, $0, length)
            }
        }
        #expect(result == 0 && TCPProbe.isOfItself(raw))
    }
}
