/// Why the status cannot be served. Each message says what to do.
package enum StatusServerError: Error, Sendable, Hashable, CustomStringConvertible {
    case badAddress(String)
    case notLoopback(String)
    case inTheClear(String)
    case certificate(TLSFilesError)
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
                "\(address) can be reached from other hosts, and nobody would be asked for a token: make one "
                + "with `plumb token NAME`, put its line under status.tokens in agent.yaml, or listen on "
                + "127.0.0.1, [::1] or localhost"
        case .inTheClear(let address):
            return
                "\(address) can be reached from other hosts, and tokens would go over the network in the "
                + "clear: give status.tls a certificate and a key, or write `tls: off` under status where "
                + "something else encrypts the way"
        case .certificate(let error): return "status.tls: \(error)"
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
