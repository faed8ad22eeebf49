import AsyncHTTPClient
import Manifests
import NIOCore
import NIOSSL
import Synchronization

/// The HTTP clients of the probes: one for each kind of server that is trusted and connected to alike. A host
/// without HTTP probes has none, and none of their threads.
final class HTTPClients: Sendable {
    /// What two probes must have in common to share a client.
    struct Kind: Hashable {
        var tls: ProbeTLS?
        var address = ""
        var caFile: String?
        /// When the file was changed last, so that new certificates are taken up.
        var caChanged: Int64 = 0

        init(_ question: HTTPQuestion) {
            guard question.isSecure else { return }
            tls = question.options?.tls ?? ProbeTLS()
            address = question.options?.host ?? "127.0.0.1"
            caFile = question.caFile
            caChanged = caFile.map(ProbeTrust.changed) ?? 0
        }
    }

    private struct Entry {
        let client: HTTPClient
        var uses = 0
        var lastUse: UInt64 = 0
    }
    private struct State {
        var entries: [Kind: Entry] = [:]
        var clock: UInt64 = 0
    }
    private let state = Mutex(State())

    /// Clients that are kept while nobody uses them.
    static let keptMax = 64

    var count: Int { state.withLock { $0.entries.count } }

    deinit {
        // An agent that is dropped without a shutdown; the client insists on one.
        for entry in state.withLock({ $0.entries }).values { entry.client.shutdown { _ in } }
    }

    /// Each is given back after its use.
    func borrow(for question: HTTPQuestion) -> (HTTPClient, Kind) {
        let kind = Kind(question)
        let (client, idle) = state.withLock { state -> (HTTPClient, HTTPClient?) in
            state.clock += 1
            var entry = state.entries[kind] ?? Entry(client: Self.make(kind))
            let isNew = entry.lastUse == 0
            let idle = isNew && state.entries.count >= Self.keptMax ? Self.dropOldest(&state) : nil
            entry.uses += 1
            entry.lastUse = state.clock
            state.entries[kind] = entry
            return (entry.client, idle)
        }
        idle?.shutdown { _ in }
        return (client, kind)
    }

    func giveBack(_ kind: Kind) { state.withLock { $0.entries[kind]?.uses -= 1 } }

    func shutdown() async {
        let entries = state.withLock { state in
            let entries = state.entries
            state.entries = [:]
            return entries
        }
        for entry in entries.values { try? await entry.client.shutdown() }
    }

    /// The one that nobody has used for longest; nil where all are in use, whose number is bounded too.
    private static func dropOldest(_ state: inout State) -> HTTPClient? {
        let idle = state.entries.filter { $0.value.uses == 0 }
        guard let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
        return state.entries.removeValue(forKey: oldest.key)?.client
    }

    private static func make(_ kind: Kind) -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.networkFrameworkWaitForConnectivity = false
        configuration.connectionPool.retryConnectionEstablishment = false
        if let tls = kind.tls {
            configuration.tlsConfiguration = ProbeTrust.configuration(tls, caFile: kind.caFile)
            if let name = tls.serverName { configuration.dnsOverride = [name: kind.address] }
        }
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
