import CLinux
import Glibc

/// One request and its answer, over TCP or a unix socket, with nothing of the product in between.
struct HTTPExchange: Sendable {
    var status: Int
    var headers: String
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    func json() throws -> JSON { try JSON(parsing: body) }

    enum Place: Sendable {
        case socket(String)
        case port(UInt16)
    }

    struct NoAnswer: Error, CustomStringConvertible { let description: String }

    private static let timeoutSeconds = 30

    static func ask(_ path: String, method: String = "GET", at place: Place) throws -> HTTPExchange {
        let descriptor = try connect(to: place)
        defer { close(descriptor) }
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        let bytes = Array(request.utf8)
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw NoAnswer(description: "\(path): cannot send: \(String(cString: strerror(errno)))")
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return try parse(answer, path)
    }

    private static func connect(to place: Place) throws -> Int32 {
        let descriptor: Int32
        let result: Int32
        switch place {
        case .socket(let path):
            descriptor = clinux_unix_stream()
            result = clinux_unix_connect(descriptor, path)
        case .port(let port):
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = Ports.loopback(port)
            result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw NoAnswer(description: "cannot connect to \(place): \(reason)")
        }
        var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        return descriptor
    }

    private static func parse(_ answer: [UInt8], _ path: String) throws -> HTTPExchange {
        let text = answer[...]
        guard let end = text.firstRange(of: Array("\r\n\r\n".utf8)) else {
            throw NoAnswer(description: "\(path): no whole answer in \(answer.count) bytes")
        }
        let headers = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        let words = headers.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else {
            throw NoAnswer(description: "\(path): not HTTP: \(headers.prefix(80))")
        }
        var body = Array(answer[end.upperBound...])
        if headers.lowercased().contains("transfer-encoding: chunked") { body = joined(body) }
        return HTTPExchange(status: status, headers: headers, body: body)
    }

    private static func joined(_ chunks: [UInt8]) -> [UInt8] {
        var rest = chunks[...]
        var body: [UInt8] = []
        while let line = rest.firstRange(of: [13, 10]),
            let count = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16), count > 0
        {
            body += rest[line.upperBound...].prefix(count)
            rest = rest[line.upperBound...].dropFirst(count + 2)
        }
        return body
    }
}
