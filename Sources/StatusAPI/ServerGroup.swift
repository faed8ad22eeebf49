import Glibc
import HummingbirdCore
import NIOCore
import ServiceLifecycle

/// Servers that live and end together.
///
/// A server's task must never be cancelled while it accepts: a connection that was accepted and not yet taken
/// over would bring the process down. So they run in tasks of their own, and end in two steps: nobody is
/// accepted any more and requests in flight go on; then, after `drainMax`, what is left is cancelled.
struct ServerGroup {
    /// Makes a server that may say, once it runs, that it failed after all.
    typealias Maker = (_ fail: @escaping @Sendable (StatusServerError) -> Void) -> Server<GuardedChannel>

    struct Member {
        /// For messages.
        var place: String
        var server: Maker
    }

    private enum Signal: Sendable {
        case stop
        case failed(StatusServerError)
        case ended
        case drainOver
    }

    var members: [Member]
    /// Called when they begin to end, for answers that would go on.
    var onStop: @Sendable () -> Void = {}

    /// Until cancellation or graceful shutdown; throws why one of them could not go on, after all have ended.
    func run() async throws {
        let (signals, sender) = AsyncStream.makeStream(of: Signal.self)
        let servers = members.map { member in
            (member.place, member.server { sender.yield(.failed($0)) })
        }
        let tasks = servers.map { place, server in
            Task.detached {
                do {
                    try await server.run()
                } catch {
                    sender.yield(.failed(Self.explain(error, place)))
                }
                sender.yield(.ended)
            }
        }
        let onStop = onStop
        let end = Task.detached { try await Self.oversee(signals, sender, servers.map(\.1), tasks, onStop) }
        try await withGracefulShutdownHandler {
            try await withTaskCancellationHandler {
                try await end.value
            } onCancel: {
                sender.yield(.stop)
            }
        } onGracefulShutdown: {
            sender.yield(.stop)
        }
    }

    private static func oversee(
        _ signals: AsyncStream<Signal>, _ sender: AsyncStream<Signal>.Continuation,
        _ servers: [Server<GuardedChannel>], _ tasks: [Task<Void, Never>],
        _ onStop: @Sendable () -> Void
    ) async throws {
        var open = servers.count
        var failure: StatusServerError?
        var drain: Task<Void, any Error>?
        for await signal in signals {
            switch signal {
            case .stop: break
            case .failed(let error): failure = failure ?? error
            case .ended: open -= 1
            case .drainOver: for task in tasks { task.cancel() }
            }
            if open == 0 { break }
            // Whatever it was, it is the end of all of them.
            guard drain == nil else { continue }
            onStop()
            for server in servers { Task.detached { try? await server.shutdownGracefully() } }
            drain = Task {
                try await Task.sleep(for: StatusLimits.drainMax)
                sender.yield(.drainOver)
            }
        }
        drain?.cancel()
        if let failure { throw failure }
    }

    private static func explain(_ error: any Error, _ place: String) -> StatusServerError {
        guard let error = error as? IOError else { return .cannotListen(place, problem: "\(error)") }
        if error.errnoCode == EADDRINUSE { return .addressInUse(place) }
        return .cannotListen(place, problem: String(cString: strerror(error.errnoCode)))
    }
}
