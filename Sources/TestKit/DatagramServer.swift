import Glibc

/// Stands for a service manager: a datagram socket at a path, or at an abstract name that begins with `@`.
package final class DatagramServer: Sendable {
    private let descriptor: Int32
    private static let messageBytesMax = 4096

    package struct Failure: Error {
        package var what: String
    }

    package init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(name.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        if bytes.first == UInt8(ascii: "@") { address.sun_path.0 = 0 }
        let length = socklen_t((MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + bytes.count)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else {
            throw Failure(what: "cannot bind \(name): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// The next message; nil where none comes within the time.
    package func receive(withinMilliseconds limit: Int32 = 30_000) -> String? {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, limit) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: Self.messageBytesMax)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count >= 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
    }

    /// The first message that is as wanted; nil where none comes within the time since the one before it.
    package func first(where isWanted: (String) -> Bool) -> String? {
        while let message = receive() {
            if isWanted(message) { return message }
        }
        return nil
    }
}
