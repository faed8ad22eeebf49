import Glibc
import Synchronization

/// A web server on loopback that writes down what it is asked, and answers as it is told to.
package final class RequestRecorder: Sendable {
    package struct Request: Sendable {
        package var line: String
        /// Names in lower case.
        package var headers: [String: String]
        package var body: String
    }

    private struct State {
        var requests: [Request] = []
        var answers: [Int] = []
        var isStopped = false
    }
    private let state = Mutex(State())
    private let listener: Int32
    package let port: UInt16

    package struct Failure: Error {}

    /// - Parameter answers: the status codes of the first answers; all others are 201. 0: the connection is
    ///   closed without any.
    package init(answers: [Int] = []) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, generic, &size) == 0
            }
        }
        guard descriptor >= 0, bound else {
            if descriptor >= 0 { close(descriptor) }
            throw Failure()
        }
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        state.withLock { $0.answers = answers }
    }

    /// Answers on a thread of its own, one connection after the other.
    package func start() {
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let recorder = Unmanaged<RequestRecorder>.fromOpaque(argument).takeRetainedValue()
                recorder.serve()
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    package func stop() {
        state.withLock { $0.isStopped = true }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    deinit { close(listener) }

    package var url: String { "http://127.0.0.1:\(port)" }
    package var requests: [Request] { state.withLock { $0.requests } }

    /// What is answered from now on, before 201 again.
    package func answer(_ codes: [Int]) { state.withLock { $0.answers = codes } }

    private func serve() {
        while !state.withLock({ $0.isStopped }) {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            answerOne(connection)
            close(connection)
        }
    }

    private func answerOne(_ connection: Int32) {
        guard let request = read(connection) else { return }
        let code = state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty ? 201 : state.answers.removeFirst()
        }
        guard code != 0 else { return }
        let location = (300..<400).contains(code) ? "Location: \(url)/elsewhere\r\n" : ""
        let text = "HTTP/1.1 \(code) Answer\r\n\(location)Content-Length: 2\r\nConnection: close\r\n\r\n{}"
        _ = send(connection, text, text.utf8.count, Int32(MSG_NOSIGNAL))
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        let end = Array("\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var bodyAt: Int?
        var wanted = Int.max
        var request = Request(line: "", headers: [:], body: "")
        while bytes.count < wanted {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer.prefix(count)
            if bodyAt == nil, let place = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) {
                let lines = String(decoding: bytes[..<place], as: UTF8.self).split(separator: "\r\n")
                request.line = lines.first.map(String.init) ?? ""
                for line in lines.dropFirst() {
                    let parts = line.split(separator: ":", maxSplits: 1)
                    guard parts.count == 2 else { continue }
                    request.headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
                }
                bodyAt = place + end.count
                wanted = place + end.count + (request.headers["content-length"].flatMap { Int($0) } ?? 0)
            }
        }
        request.body = String(decoding: bytes[(bodyAt ?? 0)...], as: UTF8.self)
        return request
    }
}
