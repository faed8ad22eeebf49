import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// What keepers tell. All of it happens on the loop's thread, but for `attach`, `detach` and `send`.
extension Supervisor {
    /// Packets that are taken from one keeper before the others have their turn.
    private static let packetsPerTurn = 16

    /// Makes the connection the run's own, greets the keeper and listens. `takesBack`: what the keeper holds
    /// for the run is asked for first, so that it is here before its identity is; and so is what runs store,
    /// of which the keeper tells from then on.
    func attach(
        _ run: RunID, _ connection: consuming Descriptor, takesBack: Bool = false
    ) throws(SystemError) {
        _ = clinux_set_nonblocking(connection.raw, 1)
        if takesBack || table.withLock({ $0[run]?.spec?.process.storesDescriptors ?? false }) {
            let take = AgentMessage.takeDescriptors.encoded()
            _ = clinux_send(connection.raw, take, take.count, nil, 0, 1)
        }
        let hello = AgentMessage.hello(version: protocolVersion).encoded()
        guard clinux_send(connection.raw, hello, hello.count, nil, 0, 1) >= 0 else {
            throw SystemError("send", "hello")
        }
        // Its answer tells that this keeper is one that answers.
        let ping = AgentMessage.ping(token: 0).encoded()
        _ = clinux_send(connection.raw, ping, ping.count, nil, 0, 1)
        // The entry has its socket before the loop can speak of it.
        let raw = connection.release()
        let previous = table.withLock { table -> Int32 in
            let previous = table[run]?.socket ?? -1
            table[run]?.socket = raw
            return previous
        }
        if previous >= 0 { close(previous) }
        let token = try loop.add(raw) { [weak self] _ in self?.receive(run, raw) }
        table.withLock { table in
            if table[run]?.socket == raw { table[run]?.token = token } else { loop.remove(token) }
        }
    }

    /// Lets go of an entry that has been taken out of the table.
    func detach(_ entry: RunEntry) {
        if let token = entry.token { loop.remove(token) }
        if let token = entry.keeperToken { loop.remove(token) }
        if entry.socket >= 0 { close(entry.socket) }
        if entry.keeperPidfd >= 0 { close(entry.keeperPidfd) }
        entry.probes?.stop()
    }

    /// False where there is no connection.
    @discardableResult
    func send(_ message: AgentMessage, with descriptors: [Int32] = [], to run: RunID) -> Bool {
        let bytes = message.encoded()
        return table.withLock { table in
            guard let socket = table[run]?.socket, socket >= 0 else { return false }
            return clinux_send(socket, bytes, bytes.count, descriptors, descriptors.count, 1) >= 0
        }
    }

    private func receive(_ run: RunID, _ socket: Int32) {
        let storesDescriptors = table.withLock { $0[run]?.storesDescriptors ?? false }
        let bytesMax = storesDescriptors ? WireLimits.descriptorsBytesMax : WireLimits.messageBytesMax
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        for _ in 0..<Self.packetsPerTurn {
            let packet = table.withLock { table in
                table[run]?.socket == socket
                    ? Packet(socket, &bytes, takesDescriptors: !disposal.isFull) : Packet(failed: EAGAIN)
            }
            if packet.count < 0, packet.number == EAGAIN { return }
            if packet.count < 0, packet.number == EMSGSIZE { continue }
            guard packet.count > 0 else { return hangUp(run) }
            if case .descriptors(_, let passed)? = packet.message,
                let (slot, isStale) = table.withLock({ table in
                    table[run].map { ($0.slot.id, table.current[$0.slot.id] != run) }
                })
            {
                takeBack(passed, packet.descriptors, of: slot, isStale: isStale)
                continue
            }
            disposal.take(packet.descriptors)
            if let message = packet.message { take(message, run) }
        }
    }

    private func take(_ message: KeeperMessage, _ run: RunID) {
        switch message {
        case .identity(let identity):
            table.withLock { $0[run]?.identity = identity }
        case .started:
            started(run)
        case .logGap(_, let lostBytes):
            let total = table.withLock { table in
                table[run]?.lostLogBytes += lostBytes
                return table[run]?.lostLogBytes ?? lostBytes
            }
            tell(.logLost(run, bytes: total))
        case .logTrouble(let stream, let loss, let since):
            logTrouble(run, stream, loss, since: since)
        case .memoryKills(let total):
            table.withLock { $0[run]?.memoryKills = total }
            tell(.memoryKills(run, total: total))
        case .treeUnproven:
            table.withLock { $0[run]?.treeProvenEmpty = false }
        case .exited(let record):
            conclude(run, exitReport(record, of: run))
        case .stopCommandFailed(let step, let outcome): tellStopCommand(run, Int(step), outcome)
        case .notified(let state): notified(run, state)
        case .pong(let token, _):
            table.withLock { $0[run]?.answersPings = true }
            pings.answered(token)
        case .execFailed(let step, _):
            // The cause comes again with `exited`.
            if !step.sandboxItem.isEmpty, let process = table.withLock({ $0[run]?.spec?.process }) {
                trials.forget(SandboxRules(process.sandbox))
            }
        case .descriptors, .unknown: break
        }
    }

    private func started(_ run: RunID) {
        let identity = table.withLock { table -> KeeperProtocol.RunIdentity? in
            guard let entry = table[run], entry.phase == .requested || entry.phase == .starting else {
                return nil
            }
            table[run]?.phase = .running
            return entry.identity
        }
        guard let identity else { return }
        FailPoint.reach(.startedTold)
        sendPendingStop(run)
        tell(.started(run, Reconciler.RunIdentity(identity)))
        startProbes(run)
        beginDrift(run, isReturn: false)
    }

    private func sendPendingStop(_ run: RunID) {
        let stop = table.withLock { table in
            let stop = table[run]?.pendingStop
            table[run]?.pendingStop = nil
            return stop
        }
        if let stop { send(stop, to: run) }
    }

    /// Tells the end of a run, once.
    func conclude(_ run: RunID, _ report: ExitReport) {
        let ended = table.withLock { table -> RunEntry? in
            guard let entry = table[run], entry.phase != .over else { return nil }
            table[run]?.phase = .over
            table[run]?.probes = nil
            return entry
        }
        guard let ended else { return }
        FailPoint.reach(.exitTold)
        ended.probes?.stop()
        ended.stopWatch?.cancel()
        drift.forget(run)
        var report = report
        report.treeProvenEmpty = report.treeProvenEmpty && ended.treeProvenEmpty
        if ended.notice != nil { notifySockets.remove(run) }
        tell(.exited(run, report))
        // An unproven tree may be gone a moment later; until then the kernel keeps its group.
        if let group = ended.group { groups?.remove(group) }
    }

    /// The keeper's end is closed: as it should be after the run's end, else it was killed.
    private func hangUp(_ run: RunID) {
        let phase = table.withLock { table -> RunEntry.Phase? in
            guard let entry = table[run] else { return nil }
            if let token = entry.token { loop.remove(token) }
            if entry.socket >= 0 { close(entry.socket) }
            table[run]?.token = nil
            table[run]?.socket = -1
            if entry.phase == .over, entry.isAcknowledged { _ = table.remove(run) }
            return entry.phase
        }
        // While the request is open its sender decides what the silence means.
        if let phase, phase != .requested, phase != .over { connectionEnded(run) }
    }
}
