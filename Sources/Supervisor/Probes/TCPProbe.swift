import Glibc

/// Passes if a connection to the port on this host is accepted.
enum TCPProbe {
    static func check(port: UInt16, timeout: Duration, loop: EventLoop) async -> ProbeOutcome {
        let raw = socket(
            AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return .failed("\(SystemError("socket", ":\(port)"))") }
        let connection = Descriptor(owning: raw)
        let number = connect(connection, port)
        if number == 0 { return .passed("port \(port) accepts") }
        guard number == EINPROGRESS else { return failed(port, number) }
        guard await loop.waitUntilWritable(connection.raw, timeout: timeout) else {
            return .failed("port \(port): no answer within \(timeout)")
        }
        let result = pendingError(connection)
        return result == 0 ? .passed("port \(port) accepts") : failed(port, result)
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
