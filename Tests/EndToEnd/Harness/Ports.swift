import Glibc

/// Ports that nobody has at the moment. Another process may take one before the workload does; that is rare.
enum Ports {
    static func free() throws -> UInt16 { try free(count: 1) }

    /// The first of so many free ports in a row.
    static func free(count: Int) throws -> UInt16 {
        for _ in 0..<200 {
            let first = UInt16.random(in: 20_000...(32_000 - UInt16(count)))
            if (0..<count).allSatisfy({ isFree(first + UInt16($0)) }) { return first }
        }
        throw NoPort()
    }

    struct NoPort: Error {}

    static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
