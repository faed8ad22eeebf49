import Glibc
import Synchronization

/// Accepts connections, as the kernel does for every socket that listens, and never says a word.
package final class SilentServer: Sendable {
    package let port: UInt16
    private let descriptor: Int32

    package init() throws { (descriptor, port) = try Loopback.listener() }

    deinit { close(descriptor) }
}

/// Stands before another server, and resets each connection once so many bytes came back from it.
package final class ResettingServer: Sendable {
    package let port: UInt16
    private let descriptor: Int32
    private let limit: Mutex<Int>

    /// - Parameter bytes: may be changed while it runs.
    package init(before upstream: UInt16, after bytes: Int) throws {
        (descriptor, port) = try Loopback.listener()
        limit = Mutex(bytes)
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(server: self, descriptor: descriptor, upstream: upstream))
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        pthread_detach(thread)
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    package func reset(after bytes: Int) { limit.withLock { $0 = bytes } }

    private var bytesMax: Int { limit.withLock { $0 } }

    /// What its thread does: one connection after the other.
    private final class Work: Sendable {
        private let descriptor: Int32
        private let upstream: UInt16
        private let bytesMax: @Sendable () -> Int?

        init(server: ResettingServer, descriptor: Int32, upstream: UInt16) {
            self.descriptor = descriptor
            self.upstream = upstream
            bytesMax = { [weak server] in server?.bytesMax }
        }

        func run() {
            defer { close(descriptor) }
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0, let limit = bytesMax() else { return }
                guard let server = Loopback.connect(to: upstream) else {
                    close(client)
                    continue
                }
                relay(client, server, limit)
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(
                    client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
                close(client)
                close(server)
            }
        }

        private func relay(_ client: Int32, _ server: Int32, _ limit: Int) {
            var left = limit
            var buffer = [UInt8](repeating: 0, count: 4096)
            while left > 0 {
                var entries = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                guard poll(&entries, 2, 60_000) > 0 else { return }
                let isAnswer = entries[1].revents != 0
                let from = isAnswer ? server : client
                let count = read(from, &buffer, isAnswer ? min(buffer.count, left) : buffer.count)
                guard count > 0 else { return }
                if isAnswer { left -= count }
                guard send(isAnswer ? client : server, buffer, count, Int32(MSG_NOSIGNAL)) == count else {
                    return
                }
            }
        }
    }
}
