import Glibc
import Manifests
import NIOCore
import NIOSSL
import Synchronization

/// Whom a probe trusts.
enum ProbeTrust {
    static func configuration(_ tls: ProbeTLS, caFile: String?) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        // A server that does not say goodbye is left without one.
        configuration.shutdownTimeout = .milliseconds(100)
        if tls.verify == false { configuration.certificateVerification = .none }
        if let caFile { configuration.trustRoots = .file(caFile) }
        return configuration
    }

    /// Nanoseconds; 0 where there is no such file.
    static func changed(_ path: String) -> Int64 {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return 0 }
        return Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec)
    }
}

/// What grpc probes over TLS share: reading the host's certificates anew for each would cost more than the
/// probe.
final class ProbeContexts: Sendable {
    private struct Key: Hashable {
        let tls: ProbeTLS
        let caFile: String?
        let caChanged: Int64
    }
    private let made = Mutex<[Key: NIOSSLContext]>([:])
    private static let keptMax = 64

    func context(_ tls: ProbeTLS, caFile: String?) throws -> NIOSSLContext {
        let key = Key(tls: tls, caFile: caFile, caChanged: caFile.map(ProbeTrust.changed) ?? 0)
        if let known = made.withLock({ $0[key] }) { return known }
        var configuration = ProbeTrust.configuration(tls, caFile: caFile)
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        made.withLock { made in
            // Whoever has one of them in use keeps it.
            if made.count >= Self.keptMax { made = [:] }
            made[key] = context
        }
        return context
    }
}

extension ProbeTLS {
    /// The certificates' file as an absolute path.
    func file(in package: String?) -> String? {
        caFile.map { $0.hasPrefix("/") ? $0 : CommandResolution.join(package ?? "/", $0) }
    }
}
