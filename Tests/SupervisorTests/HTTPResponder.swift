import CLinux
import Glibc
import Synchronization

/// Listens on a port of its own and gives every request the same answer; an empty one is never given.
final class HTTPResponder: Sendable {
    let port: UInt16
    private let socket: Int32
    private let state = Mutex(State())

    private struct State {
        var answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        var isClosed = false
        var silent: [Int32] = []
    }
    private struct CannotListen: Error {}

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) + listen(descriptor, 64)
                    + getsockname(descriptor, address, &size)
            }
        }
        guard result == 0 else { throw CannotListen() }
        port = UInt16(bigEndian: address.sin_port)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                // The thread owns the retain that is made below.
                guard let argument else { return nil }
                Unmanaged<HTTPResponder>.fromOpaque(argument).takeRetainedValue().serve()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        pthread_detach(thread)
    }

    func answer(_ text: String) { state.withLock { $0.answer = text } }

    func close() {
        let isFirst = state.withLock { state in
            defer { state.isClosed = true }
            return !state.isClosed
        }
        guard isFirst else { return }
        // Wakes the thread that accepts, which closes it.
        shutdown(socket, Int32(SHUT_RDWR))
    }

    private func serve() {
        while true {
            let connection = accept(socket, nil, nil)
            if state.withLock({ $0.isClosed }) || connection < 0 {
                if connection >= 0 { Glibc.close(connection) }
                break
            }
            respond(connection)
        }
        Glibc.close(socket)
        for connection in state.withLock({ $0.silent }) { Glibc.close(connection) }
    }

    private func respond(_ connection: Int32) {
        let answer = state.withLock { $0.answer }
        guard !answer.isEmpty else { return state.withLock { $0.silent.append(connection) } }
        var entry = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        // A TCP probe connects and says nothing.
        if poll(&entry, 1, 1000) > 0 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            if read(connection, &buffer, buffer.count) > 0 {
                _ = write(connection, answer, answer.utf8.count)
            }
        }
        Glibc.close(connection)
    }
}
