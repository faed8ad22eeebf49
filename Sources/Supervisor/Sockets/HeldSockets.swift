import CLinux
import Glibc
import Reconciler
import Synchronization

/// The listening sockets that are held for Instances: open from the first check of a spec that wants them
/// until nothing that is declared or runs does, whatever their runs do meanwhile.
final class HeldSockets: Sendable {
    private struct State {
        var open: [HeldSocket: Int32] = [:]
        /// What the caller said last; nil until it has spoken.
        var wanted: HeldResources?
        /// Connections to keepers that an earlier agent left, whose run is over and who hold what it had.
        var holders: [SlotID: [Int32]] = [:]
    }
    private let state = Mutex(State())

    deinit { close() }

    /// A descriptor of the socket, the caller's own. Opens it if it is not open. `renews`: nobody uses it
    /// now, and whatever a program has done to it is undone, with a new socket if need be.
    func descriptor(of socket: HeldSocket, renews: Bool = false) throws(PreparationFailure) -> Int32 {
        let result = state.withLock { state -> Result<Int32, PreparationFailure> in
            Result { () throws(PreparationFailure) in
                let raw: Int32
                if let open = state.open[socket] {
                    raw = renews ? try Self.renew(open, socket, beside: state.open.keys) : open
                    state.open[socket] = raw
                } else {
                    raw = try Self.open(socket, beside: state.open.keys)
                    state.open[socket] = raw
                }
                let copy = clinux_fcntl(raw, F_DUPFD_CLOEXEC, 0)
                guard copy >= 0 else { throw Self.failure(socket, errno, beside: state.open.keys) }
                return copy
            }
        }
        return try result.get()
    }

    /// Takes over a socket that an earlier agent had opened.
    func adopt(_ socket: HeldSocket, _ descriptor: Int32) {
        let spare = state.withLock { state in
            if state.open[socket] != nil { return true }
            state.open[socket] = descriptor
            return false
        }
        if spare { clinux_close_patiently(descriptor) }
    }

    func adopt(holder: Int32, of slot: SlotID) {
        state.withLock { $0.holders[slot, default: []].append(holder) }
    }

    /// The sockets of an Instance that its replicas will ask for.
    func wanted(by instance: String) -> [HeldSocket] {
        state.withLock { ($0.wanted?.sockets ?? []).filter { $0.instance == instance }.sorted() }
    }

    func mayWant(_ slot: SlotID) -> Bool { state.withLock { $0.wanted?.slots.contains(slot) ?? true } }

    /// Closes what is not wanted. Returns the connections to keepers that are to let go too.
    func want(_ resources: HeldResources) -> [Int32] {
        state.withLock { state in
            state.wanted = resources
            for (socket, raw) in state.open where !resources.sockets.contains(socket) {
                // At once, because somebody may be about to open the port.
                clinux_close_patiently(raw)
                state.open[socket] = nil
            }
            let leaving = state.holders.keys.filter { !resources.slots.contains($0) }
            return leaving.flatMap { state.holders.removeValue(forKey: $0) ?? [] }
        }
    }

    func takeHolders(of slot: SlotID) -> [Int32] {
        state.withLock { $0.holders.removeValue(forKey: slot) ?? [] }
    }

    func close() {
        let all = state.withLock { state in
            let all = Array(state.open.values) + state.holders.values.flatMap { $0 }
            state = State()
            return all
        }
        for raw in all { clinux_close_patiently(raw) }
    }

    private static func open(
        _ socket: HeldSocket, beside others: some Collection<HeldSocket>
    ) throws(PreparationFailure) -> Int32 {
        let raw = clinux_listen_inet(socket.address, socket.port, socket.isDatagram ? 1 : 0)
        guard raw >= 0 else { throw failure(socket, errno, beside: others) }
        return raw
    }

    private static func renew(
        _ raw: Int32, _ socket: HeldSocket, beside others: some Collection<HeldSocket>
    ) throws(PreparationFailure) -> Int32 {
        let isDatagram: Int32 = socket.isDatagram ? 1 : 0
        if clinux_renew_inet(raw, isDatagram) == 0 { return raw }
        let new = clinux_replace_inet(raw, socket.address, socket.port, isDatagram)
        guard new >= 0 else { throw failure(socket, errno, beside: others.filter { $0 != socket }) }
        clinux_close_patiently(raw)
        return new
    }

    private static func failure(
        _ socket: HeldSocket, _ number: Int32, beside others: some Collection<HeldSocket>
    ) -> PreparationFailure {
        switch number {
        case EADDRINUSE:
            let rival = others.first { $0.port == socket.port && $0.isDatagram == socket.isDatagram }
            if let rival {
                let whose = rival.instance == socket.instance ? "this Instance" : "'\(rival.instance)'"
                return PreparationFailure(
                    code: PreparationFailure.portInUse,
                    message: "\(socket.text) cannot be opened: Plumb holds \(rival.text) for \(whose)",
                    remedy: rival.instance == socket.instance
                        ? "a port moves to another address only while nothing holds it: commit "
                            + "desired: stopped first, or another port"
                        : "give one of them another port",
                    isTransient: true)
            }
            let holder = PortHolder.find(socket)
            return PreparationFailure(
                code: PreparationFailure.portInUse,
                message: "\(socket.text) cannot be opened: \(holder ?? "another process") has it",
                remedy: "end that process or choose another port", isTransient: true)
        case EACCES:
            return PreparationFailure(
                code: "port-permission",
                message: "\(socket.text) cannot be opened: ports below ip_unprivileged_port_start need root",
                remedy: "run the agent as root or with CAP_NET_BIND_SERVICE, or choose a higher port")
        case EADDRNOTAVAIL:
            return PreparationFailure(
                code: "port-address",
                message: "\(socket.text) cannot be opened: this host has no such address",
                remedy: "correct the endpoint's address", isTransient: true)
        default:
            return PreparationFailure(
                code: "port-open", message: "\(socket.text) cannot be opened: \(SystemError.text(number))",
                remedy: "mend the host", isTransient: true)
        }
    }
}

extension PreparationFailure {
    static let portInUse = "port-in-use"
}
