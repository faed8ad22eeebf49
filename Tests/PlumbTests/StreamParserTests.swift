import Testing

@testable import Plumb

@Suite("Following the stream") struct StreamParserTests {
    private static let answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "1c\r\nretry: 2000\n\nevent: hello\nda\r\n"
        + "22\r\nta: {\"a\":1}\n\nevent: event\nid: e-7\n\r\n"
        + "16\r\ndata: {\"b\":2}\n\n: hb\nid\r\n" + "8\r\n: e-9\n\n\n\r\n" + "0\r\n\r\n"

    @Test("However the bytes come, the messages are the same", arguments: [1, 2, 7, 1_000])
    func pieces(size: Int) throws {
        var parser = StreamParser()
        var messages: [StreamedMessage] = []
        var rest = Array(Self.answer.utf8)[...]
        while !rest.isEmpty {
            messages += try parser.take(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        #expect(
            messages == [
                StreamedMessage(event: "hello", data: Array("{\"a\":1}".utf8)),
                StreamedMessage(event: "event", data: Array("{\"b\":2}".utf8)),
            ])
        #expect(parser.status == 200)
        // A heartbeat moves it too.
        #expect(parser.lastID == "e-9")
        #expect(parser.isOver)
    }

    @Test("What does not speak HTTP is no stream") func strange() {
        var parser = StreamParser(resuming: "e-1")
        #expect(parser.lastID == "e-1")
        #expect(throws: HTTPResponse.Problem.notHTTP) {
            try parser.take(Array("SSH-2.0-OpenSSH\r\n\r\n".utf8))
        }
    }
}
