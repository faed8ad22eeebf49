import CLinux
import Glibc

/// Asks the agent over its local socket. It can only ask: every request is a GET.
struct AgentClient: Sendable {
    var socket: String

    static let timeoutSeconds = 10
    private static let readBytes = 64 << 10

    /// The body of an answer with status 200.
    func get(_ path: String) throws -> [UInt8] {
        let response = try ask(path)
        guard response.status == 200 else { throw refusal(response, path) }
        return response.body
    }

    /// Whatever the agent answers.
    func ask(_ path: String) throws -> HTTPResponse {
        let descriptor: Int32
        do { descriptor = try connected() } catch let absence as AgentAbsence { throw absence.explained }
        defer { close(descriptor) }
        let request =
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        try send(Array(request.utf8), to: descriptor)
        return try receive(from: descriptor)
    }

    /// For a part of a path or of a query.
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                || byte == 0x2D
            {
                return String(scalar)
            }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }

    func send(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 && errno == EINTR { continue }
            guard sent > 0 else { throw broken(String(cString: strerror(errno))) }
            rest = rest.dropFirst(sent)
        }
    }

    private func receive(from descriptor: Int32) throws -> HTTPResponse {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: Self.readBytes)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw broken(
                    errno == EAGAIN
                        ? "no answer in \(Self.timeoutSeconds) s" : String(cString: strerror(errno)))
            }
            bytes += buffer[..<count]
            do {
                if let response = try HTTPResponse.parse(bytes, atEnd: count == 0) { return response }
            } catch {
                switch error {
                case .notHTTP: throw broken("what answers there does not speak HTTP")
                case .tooLarge:
                    throw broken("the answer is larger than \(HTTPResponse.bodyBytesMax >> 20) MiB")
                case .cutOff: throw broken("the answer was cut off")
                }
            }
        }
    }

    func broken(_ reason: String) -> CommandFailure {
        CommandFailure(
            message: "the agent at \(socket) did not answer: \(reason)",
            remedy: "try again; if it goes on, look at the agent's own output")
    }

    private func refusal(_ response: HTTPResponse, _ path: String) -> CommandFailure {
        // Problem documents say it in `detail`, older answers in `title`.
        if case .object(let members)? = OutputValue(json: response.body) {
            for key in ["detail", "title"] {
                if case .string(let text)? = members.first(where: { $0.key == key })?.value, !text.isEmpty {
                    return CommandFailure(
                        message: text, remedy: response.status == 404 ? Self.remedy(path) : "")
                }
            }
        }
        return CommandFailure(message: "the agent at \(socket) answered \(response.status) to GET \(path)")
    }

    /// Where what there is can be looked up.
    private static func remedy(_ path: String) -> String {
        let kinds = ["instances": "plumb status", "replicas": "plumb get replicas"]
        let parts = path.prefix { $0 != "?" }.split(separator: "/").map(String.init)
        guard parts.count > 2, parts[0] == "v1", let kind = ResourceKind(word: parts[1]) else { return "" }
        return "`\(kinds[kind.rawValue] ?? "plumb get \(kind.rawValue)")` lists what there is"
    }

    /// - Throws: `AgentAbsence` where nobody answers or this user may not ask.
    func connected() throws -> Int32 {
        let descriptor = clinux_unix_stream()
        guard descriptor >= 0 else {
            throw CommandFailure(message: "no socket: \(String(cString: strerror(errno)))")
        }
        var timeout = timeval(tv_sec: Self.timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        let failure = SocketAddress.connect(descriptor, to: socket)
        guard failure == 0 else {
            close(descriptor)
            throw AgentAbsence(socket: socket, failure: failure)
        }
        return descriptor
    }
}

/// Connecting to a path of any length: the kernel takes 107 bytes, so the folder is opened and reached
/// through /proc.
enum SocketAddress {
    /// 0, or the errno of the step that failed.
    static func connect(_ descriptor: Int32, to path: String) -> Int32 {
        let cut = path.lastIndex(of: "/")
        let folder = cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = cut.map { String(path[path.index(after: $0)...]) } ?? path
        let directory = open(folder, clinux_O_PATH | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return errno }
        defer { close(directory) }
        return clinux_unix_connect(descriptor, "/proc/self/fd/\(directory)/\(name)") == 0 ? 0 : errno
    }
}
