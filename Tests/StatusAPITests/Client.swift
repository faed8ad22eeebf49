import Foundation
import Testing

@testable import StatusAPI

/// What a server said, as bytes on a socket said it.
struct Reply: Sendable {
    var status: Int
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]
    /// The server ended the connection.
    var closed: Bool

    var text: String { String(decoding: body, as: UTF8.self) }

    func document<T: Decodable>(_ type: T.Type) throws -> T { try WireFormat.decode(type, from: body) }
}

struct ClientError: Error { var message: String }

/// A client of plain sockets: it sends what the test wrote, right or wrong. It waits on threads of its own;
/// on the few that tasks share it would keep the server from answering.
final class Connection: Sendable {
    private let descriptor: Int32

    /// - Parameters:
    ///   - from: the last number of the address 127.0.0.x to come from.
    ///   - receiveBuffer: how much the kernel takes for a client that does not read.
    init(port: Int, from: UInt8 = 1, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
        }
        if from != 1 {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            own.sin_addr.s_addr = (UInt32(0x7f00_0000) + UInt32(from)).bigEndian
            let bound = withUnsafePointer(to: &own) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard bound == 0 else { throw ClientError(message: "cannot come from 127.0.0.\(from)") }
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        try connect(&address)
    }

    /// Through the directory's descriptor, as the path may be longer than the kernel takes.
    init(socket path: String) throws {
        let url = URL(fileURLWithPath: path)
        let directory = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(directory) }
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array("/proc/self/fd/\(directory)/\(url.lastPathComponent)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        try connect(&address)
    }

    private func connect<T>(_ address: inout T) throws {
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let length = socklen_t(MemoryLayout<T>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, length) }
        }
        guard result == 0 else { throw ClientError(message: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// The server has torn it down; nothing is read to find out.
    var isReset: Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLHUP | POLLERR) != 0
    }

    /// As a client that goes away does.
    func hangUp() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    func send(_ text: String) { _ = Glibc.send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) }

    func ask(
        _ target: String, method: String = "GET", host: String? = "localhost", extra: String = ""
    ) async throws -> Reply {
        let hostLine = host.map { "Host: \($0)\r\n" } ?? ""
        send("\(method) \(target) HTTP/1.1\r\n\(hostLine)\(extra)\r\n")
        return try await receive(hasBody: method != "HEAD")
    }

    func receive(hasBody: Bool = true) async throws -> Reply {
        try await onThread { try self.receiveNow(hasBody: hasBody) }
    }

    func isAtEnd() async throws -> Bool { try await onThread { self.read() == nil } }

    private func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result(catching: body)) }.start()
        }
    }

    private func receiveNow(hasBody: Bool) throws -> Reply {
        var bytes: [UInt8] = []
        var headEnd: Int?
        while headEnd == nil {
            guard let more = read() else { throw ClientError(message: "closed after \(bytes.count) bytes") }
            bytes += more
            headEnd = bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == Array("\r\n\r\n".utf8) }
        }
        let end = headEnd ?? 0
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        var body = Array(bytes[(end + 4)...])
        let length = hasBody ? Int(headers["content-length"] ?? "") ?? 0 : 0
        while body.count < length, let more = read() { body += more }
        let closed = headers["connection"] == "close" && read() == nil
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        return Reply(status: status, headers: headers, body: body, closed: closed)
    }

    /// nil at the end of the stream.
    func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer[..<count]) : nil
    }
}

/// A directory that is gone after the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "plumb-status-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            // Safe: it ends a test run, and nothing else.
            fatalError("a test without a directory has nothing to say: \(error)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Runs a server for as long as the body runs.
func withServer<T>(
    _ source: some StatusSource = SampleSource(), socket: String? = nil,
    _ body: (Listening) async throws -> T
) async throws -> T {
    let configuration = StatusConfiguration(listen: "127.0.0.1:0", socket: socket)
    return try await withServer(source, configuration) { at, _ in try await body(at) }
}

/// Runs a server that is set up by the test.
func withServer<T>(
    _ source: some StatusSource, _ configuration: StatusConfiguration,
    streaming: StreamSettings = StreamSettings(), times: ServerTimes = ServerTimes(),
    tokens: TokenKeeper? = nil,
    say: @escaping @Sendable (String) -> Void = { _ in },
    _ body: (Listening, StatusServer) async throws -> T
) async throws -> T {
    let (stream, continuation) = AsyncStream.makeStream(of: Listening.self)
    let server = StatusServer(
        configuration: configuration, source: source, streaming: streaming, times: times, tokens: tokens,
        say: say
    ) {
        continuation.yield($0)
        continuation.finish()
    }
    let running = Task {
        defer { continuation.finish() }
        try await server.run()
    }
    guard let listening = await stream.first(where: { _ in true }) else {
        try await running.value
        throw ClientError(message: "the server ended before it listened")
    }
    let result: Result<T, any Error>
    do { result = .success(try await body(listening, server)) } catch { result = .failure(error) }
    running.cancel()
    try await running.value
    return try result.get()
}
