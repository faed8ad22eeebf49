import Glibc

/// Passes if a connection to the port on this host is accepted.
enum TCPProbe {
    static func check(port: UInt16, timeout: Duration, loop: EventLoop) async -> ProbeOutcome {
        let raw = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return .failed("\(SystemError("socket", ":\(port)"))") }
        let connection = Descriptor(owning: raw)
        let number = connect(connection, port)
        if number == 0 { return answered(connection, port) }
        guard number == EINPROGRESS else { return failed(port, number) }
        guard await loop.waitUntilWritable(connection.raw, timeout: timeout) else {
            return .failed("port \(port): no answer within \(timeout)")
        }
        let result = pendingError(connection)
        return result == 0 ? answered(connection, port) : failed(port, result)
    }

    private static func answered(_ connection: borrowing Descriptor, _ port: UInt16) -> ProbeOutcome {
        isOfItself(connection.raw) ? failed(port, ECONNREFUSED) : .passed("port \(port) accepts")
    }

    /// Whether a connection leads back to itself: the kernel may give it the very port that it goes to as its
    /// own, where nobody listens.
    static func isOfItself(_ raw: Int32) -> Bool {
        var ends = (sockaddr_in(), sockaddr_in())
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let known = withUnsafeMutablePointer(to: &ends.0) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &length) }
        }
        let peer = withUnsafeMutablePointer(to: &ends.1) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(raw, $0, &length) }
        }
        return known == 0 && peer == 0 && ends.0.sin_port == ends.1.sin_port
            && ends.0.sin_addr.s_addr == ends.1.sin_addr.s_addr
    }

    private static func failed(_ port: UInt16, _ number: Int32) -> ProbeOutcome {
        .failed("port \(port): \(SystemError.text(number))")
    }

    private static func connect(_ connection: borrowing Descriptor, _ port: UInt16) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let raw = connection.raw
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return result == 0 ? 0 : errno
    }

    private static func pendingError(_ connection: borrowing Descriptor) -> Int32 {
        var number: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(connection.raw, SOL_SOCKET, SO_ERROR, &number, &size) == 0 else { return errno }
        return number
    }
}
