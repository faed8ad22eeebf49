import Foundation
import Synchronization
import Testing

@testable import StatusAPI

@Suite struct TokenKeeperTests {
    /// As an operator takes one back: its line goes out of the file.
    @Test func aTokenIsTakenBackWithoutARestart() async throws {
        let directory = TemporaryDirectory()
        let file = directory.path + "/tokens"
        let known = AccessTests.rules.tokens
        try "ann".write(toFile: file, atomically: true, encoding: .utf8)
        let said = Mutex<[String]>([])
        let keeper = TokenKeeper(known, path: file, say: { words in said.withLock { $0.append(words) } }) {
            let text = try String(contentsOfFile: file, encoding: .utf8)
            guard text != "broken" else { throw ClientError(message: "line 1 is no token") }
            return known.filter { text.contains($0.name) }
        }
        let configuration = StatusConfiguration(listen: "127.0.0.1:0", access: AccessTests.rules)
        var settings = StreamSettings()
        settings.tick = .milliseconds(50)
        try await withServer(SampleSource(), configuration, streaming: settings, tokens: keeper) { at, _ in
            let header = "Authorization: Bearer \(AccessTests.reader)\r\n"
            func status() async throws -> Int {
                try await Connection(port: at.port).ask("/v1/status", extra: header).status
            }
            let stream = StreamClient(
                try Connection(port: at.port), "/v1/stream", extra: header
            ).reading()
            try await stream.wait(for: "complete")
            try "broken".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await status() == 200, "what cannot be read takes nothing back")
            try "nobody".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await status() == 401)
            let bye = try await stream.wait(for: "bye").last
            #expect(try bye?.document(ByeDocument.self).reason == "tokenRevoked")
            try "ann again".write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await status() == 200)
        }
        let words = said.withLock { $0 }
        #expect(words.count == 3)
        #expect(words.first?.contains("stay in force: ") == true)
        #expect(words.dropFirst().first?.contains("no longer in force as they were: ann") == true)
    }
}
