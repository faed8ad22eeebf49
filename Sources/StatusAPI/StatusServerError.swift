/// Why the status cannot be served. Each message says what to do.
package enum StatusServerError: Error, Sendable, Hashable, CustomStringConvertible {
    case badAddress(String)
    case notLoopback(String)
    case addressInUse(String)
    case cannotListen(String, problem: String)
    case socketInUse(String)
    case socketUnusable(String, problem: String)

    package var description: String {
        switch self {
        case .badAddress(let address):
            return "'\(address)' is no address to listen on: write HOST:PORT, for example 127.0.0.1:7420"
        case .notLoopback(let address):
            return
                "\(address) can be reached from other hosts, and the status endpoint has no access control "
                + "yet: listen on 127.0.0.1, [::1] or localhost, and put a proxy with authentication in front"
        case .addressInUse(let address):
            return
                "\(address) is in use by another program: choose another port with --listen, "
                + "or end that program"
        case .cannotListen(let address, let problem):
            return "cannot listen on \(address): \(problem)"
        case .socketInUse(let path):
            return "another agent answers on \(path): end it, or choose another --runtime-dir"
        case .socketUnusable(let path, let problem):
            return "the local socket \(path) cannot be used: \(problem)"
        }
    }
}
