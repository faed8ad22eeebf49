import Agent
import CLinux
import Foundation
import Glibc
import Reconciler
import StatusAPI
import Synchronization

/// The second local socket, beside the status socket: the only way to ask a running agent to do something.
/// One request and one answer a connection. It sleeps in accept while nobody asks.
final class ControlServer: Sendable {
    /// Does a request, and answers once what it leads to is durable.
    typealias Handler = @Sendable (ControlRequest, Caller, ControlReply) -> Void

    let path: String
    private let socket: LocalSocket
    private let access: ControlAccess
    private let handler: Handler
    private let state = Mutex(State())

    private struct State {
        var listener: Int32?
        var connections = 0
    }

    /// - Throws: `StatusServerError` where another agent answers there already.
    init(path: String, handler: @escaping Handler) throws {
        self.path = path
        self.handler = handler
        socket = try LocalSocket(path)
        access = ControlAccess(agent: geteuid(), group: LocalSocket.groupID(LocalSocket.group))
    }

    /// Listens, and serves in threads of its own until `stop`.
    func start() throws {
        let listener = clinux_unix_stream()
        guard listener >= 0, clinux_unix_bind(listener, socket.bindPath) == 0,
            listen(listener, Int32(ControlLimits.connectionsMax)) == 0
        else {
            let problem = String(cString: strerror(errno))
            if listener >= 0 { close(listener) }
            throw StatusServerError.socketUnusable(path, problem: problem)
        }
        do {
            try socket.publish()
        } catch {
            close(listener)
            throw error
        }
        state.withLock { $0.listener = listener }
        Thread.detachNewThread { self.accept(from: listener) }
    }

    /// Nobody is served any more; who is being answered still gets the answer, while the process lasts.
    func stop() {
        state.withLock { state in
            guard let listener = state.listener.take() else { return }
            socket.remove()
            // Wakes the thread in accept, which closes it.
            shutdown(listener, Int32(SHUT_RDWR))
        }
    }

    private func accept(from listener: Int32) {
        while state.withLock({ $0.listener }) != nil {
            let client = clinux_accept(listener)
            if client >= 0 {
                serve(client)
            } else if errno == EMFILE || errno == ENFILE || errno == ENOMEM {
                // Nothing to accept it with: the next try would fail as fast.
                sleep(1)
            } else if errno != EINTR && errno != ECONNABORTED {
                break
            }
        }
        // Under the lock: `stop` must not shut down whatever has this number next.
        state.withLock { state in
            state.listener = nil
            close(listener)
        }
    }

    private func serve(_ client: Int32) {
        let isOneMore = state.withLock { state in
            guard state.connections < ControlLimits.connectionsMax else { return false }
            state.connections += 1
            return true
        }
        // Whoever is turned away sees the end of the connection, and tries again.
        guard isOneMore else {
            close(client)
            return
        }
        Thread.detachNewThread {
            ControlConnection(descriptor: client, access: self.access, handler: self.handler).serve()
            close(client)
            self.state.withLock { $0.connections -= 1 }
        }
    }
}

/// Who may ask, beside what the socket's mode says already.
struct ControlAccess: Sendable {
    /// The user that the agent runs as.
    var agent: uid_t
    /// The group `plumb`; nil where this host has none.
    var group: gid_t?

    func allows(_ user: uid_t, isInGroup: (gid_t) -> Bool) -> Bool {
        user == 0 || user == agent || group.map(isInGroup) == true
    }

    func refusal(of caller: Caller) -> ControlRefusal {
        let owner = agent == 0 ? "root" : "root, \(UserNames.name(of: agent))"
        return ControlRefusal(
            code: "Forbidden",
            message: "\(caller.text) may not ask this agent: it obeys \(owner) and the group plumb",
            remedy: "run this with sudo, or join the group (sudo usermod -aG plumb \(caller.user)) "
                + "and log in again")
    }
}
