import Foundation
import Synchronization
import Testing

@testable import StatusAPI

private let openssl = "/usr/bin/openssl"
private let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)

@Suite(
    "TLS of the endpoint",
    .enabled(if: hasOpenSSL, "there is no /usr/bin/openssl (Debian package openssl)"))
struct TLSTests {
    private let directory = TemporaryDirectory()
    private var files: TLSFiles {
        TLSFiles(certificate: directory.path + "/c.pem", key: directory.path + "/k.pem")
    }

    private static let kinds: [String: [String]] = [
        "ed25519": ["-newkey", "ed25519"],
        "ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
        "rsa": ["-newkey", "rsa:2048"],
    ]

    /// A certificate of its own signature.
    private func make(_ kind: String = "ecdsa", name: String = "localhost", into files: TLSFiles? = nil)
        async throws
    {
        let files = files ?? self.files
        let made = try await run(
            openssl,
            [
                "req", "-x509", "-nodes", "-days", "3", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=DNS:localhost", "-keyout", files.key, "-out", files.certificate,
            ]
                + (Self.kinds[kind] ?? []))
        try #require(made.status == 0, "\(made.output)")
        chmod(files.key, 0o600)
    }

    private func configuration(_ files: TLSFiles) -> StatusConfiguration {
        StatusConfiguration(listen: "127.0.0.1:0", tls: files)
    }

    private func shake(_ port: Int, _ more: [String] = []) async throws -> (status: Int32, output: String) {
        try await run(
            openssl, ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", files.certificate] + more,
            input: "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    }

    @Test(arguments: ["ed25519", "ecdsa", "rsa"])
    func keysOfEveryKindAreServed(kind: String) async throws {
        try await make(kind)
        try await withServer(SampleSource(), configuration(files)) { at, _ in
            let seen = try await shake(at.port, ["-ign_eof"])
            #expect(seen.output.contains("Verify return code: 0 (ok)"), "\(seen.output)")
            #expect(seen.output.contains("TLSv1.3"))
            #expect(seen.output.contains("HTTP/1.1 200 OK"))
            // What is too old is refused.
            let old = try await shake(at.port, ["-tls1_1"])
            #expect(!old.output.contains("HTTP/1.1 200"))
            // And so is what is not encrypted at all.
            #expect(throws: (any Error).self) {
                let plain = try Connection(port: at.port)
                plain.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                guard plain.read() == nil else { return }
                throw ClientError(message: "closed")
            }
        }
    }

    @Test func newFilesAreShownToNewConnections() async throws {
        try await make(name: "first")
        let said = Said()
        let server = configuration(files)
        try await withServer(SampleSource(), server, say: said.add) { at, _ in
            #expect(try await shake(at.port).output.contains("CN = first"))
            // A certificate whose key is not there yet changes nothing, and is told once.
            let other = TLSFiles(certificate: directory.path + "/c2.pem", key: directory.path + "/k2.pem")
            try await make("rsa", name: "second", into: other)
            #expect(rename(other.certificate, files.certificate) == 0)
            #expect(try await shake(at.port).output.contains("CN = first"))
            #expect(try await shake(at.port).output.contains("CN = first"))
            #expect(said.words.count == 1)
            #expect(said.words.first?.contains("stays in force") == true)
            #expect(rename(other.key, files.key) == 0)
            #expect(try await shake(at.port).output.contains("CN = second"))
            #expect(said.words.count == 2)
            // Even gone they stay in force.
            unlink(files.key)
            #expect(try await shake(at.port).output.contains("CN = second"))
        }
    }

    @Test func whatCannotBeUsedIsNamed() async throws {
        try await make()
        func refusal(_ files: TLSFiles) async -> StatusServerError? {
            await #expect(throws: StatusServerError.self) {
                try await withServer(SampleSource(), configuration(files)) { _, _ in }
            }
        }
        let none = TLSFiles(certificate: directory.path + "/none", key: files.key)
        #expect(await refusal(none)?.description.contains("No such file") == true)
        chmod(files.key, 0o644)
        #expect(await refusal(files) == .certificate(.tooOpen(files.key, mode: "0644")))
        chmod(files.key, 0o640)
        try await withServer(SampleSource(), configuration(files)) { _, _ in }
        let swapped = TLSFiles(certificate: files.certificate, key: directory.path + "/text")
        try Data("no key".utf8).write(to: URL(fileURLWithPath: swapped.key))
        chmod(swapped.key, 0o600)
        #expect(await refusal(swapped) == .certificate(.noKey(swapped.key)))
        let empty = TLSFiles(certificate: swapped.key, key: files.key)
        #expect(await refusal(empty) == .certificate(.noCertificate(empty.certificate)))
        let locked = directory.path + "/locked.pem"
        let made = try await run(
            openssl, ["pkcs8", "-topk8", "-in", files.key, "-out", locked, "-passout", "pass:secret"])
        try #require(made.status == 0)
        chmod(locked, 0o600)
        let sealed = TLSFiles(certificate: files.certificate, key: locked)
        #expect(await refusal(sealed) == .certificate(.noKey(locked)))
    }

    @Test func otherHostsNeedTokensAndTLS() async throws {
        try await make()
        let token = AccessToken.make()
        var open = StatusConfiguration(listen: "0.0.0.0:0")
        func refused(_ configuration: StatusConfiguration) async -> StatusServerError? {
            await #expect(throws: StatusServerError.self) {
                try await withServer(SampleSource(), configuration) { _, _ in }
            }
        }
        #expect(await refused(open) == .notLoopback("0.0.0.0:0"))
        open.tls = files
        #expect(await refused(open) == .notLoopback("0.0.0.0:0"))
        open.access = AccessRules(
            tokens: [AccessToken(name: "ann", hash: AccessToken.hash(token), scopes: [.status])])
        open.tls = nil
        #expect(await refused(open) == .inTheClear("0.0.0.0:0"))
        open.allowsClear = true
        try await withServer(SampleSource(), open) { at, _ in
            let reply = try await Connection(port: at.port).ask("/v1/status")
            #expect(reply.status == 401)
        }
        open.allowsClear = false
        open.tls = files
        try await withServer(SampleSource(), open) { at, _ in
            let seen = try await run(
                "/usr/bin/curl",
                [
                    "-sS", "--cacert", files.certificate, "-H", "Authorization: Bearer \(token)",
                    "https://localhost:\(at.port)/v1/status",
                ])
            #expect(seen.output.contains("\"kind\":\"Status\""), "\(seen.output)")
            // A stream goes over TLS like anything else.
            let stream = try await run(
                "/usr/bin/curl",
                [
                    "-sSN", "--max-time", "2", "--cacert", files.certificate, "-H",
                    "Authorization: Bearer \(token)", "https://localhost:\(at.port)/v1/stream",
                ])
            #expect(stream.output.contains("event: complete"), "\(stream.output)")
        }
    }
}

private final class Said: Sendable {
    private let all = Mutex<[String]>([])
    var words: [String] { all.withLock { $0 } }
    func add(_ text: String) { all.withLock { $0.append(text) } }
}

/// Runs a program to its end.
func run(_ program: String, _ arguments: [String], input: String = "") async throws
    -> (status: Int32, output: String)
{
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (feed, pipe) = (Pipe(), Pipe())
    process.standardInput = feed
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    feed.fileHandleForWriting.write(Data(input.utf8))
    try feed.fileHandleForWriting.close()
    return await withCheckedContinuation { continuation in
        // On a thread of its own: the few that tasks share are the server's.
        Thread {
            let data = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            continuation.resume(returning: (process.terminationStatus, String(decoding: data, as: UTF8.self)))
        }.start()
    }
}
