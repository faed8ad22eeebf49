import CLinux
import Glibc
import KeeperProtocol

/// What a keeper hears from agents, and answers.
extension Keeper {
    /// Reads one message of a connection that is ready.
    func serve(_ connection: Int32) {
        var descriptor: Int32 = -1
        var count = 0
        let message = withUnsafeTemporaryAllocation(
            byteCount: WireLimits.commandBytesMax, alignment: 8
        ) { buffer -> AgentMessage? in
            let length = clinux_receive(
                connection, buffer.baseAddress, buffer.count, &descriptor, 1, &count, 1)
            if length < 0, errno == EAGAIN { return .unknown(type: 0) }
            guard length > 0 else { return nil }
            return try? AgentMessage(
                decoding: UnsafeRawBufferPointer(rebasing: buffer[0..<length]))
        }
        defer { if count > 0 { close(descriptor) } }
        // End of file, or bytes that no agent sends: the run does not care.
        guard let message else { return sockets.drop(connection) }
        if message == .updateSpec { return takeSpecification(descriptor) }
        obey(message, from: connection)
    }

    /// The policy of a specification that was sent later, and what its stop commands run with.
    private func takeSpecification(_ descriptor: Int32) {
        // The mapping is gone again before anything else is done: it holds secrets.
        guard let newPolicy = MappedSpec(clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 0))?.view.policy else {
            return
        }
        if memory >= 0 { close(memory) }
        memory = newPolicy.hasCommand ? clinux_fcntl(descriptor, F_DUPFD_CLOEXEC, 0) : -1
        apply(newPolicy)
    }

    private func apply(_ newPolicy: KeeperPolicy) {
        policy = newPolicy
        stdout.apply(newPolicy.logLimits)
        stderr.apply(newPolicy.logLimits)
    }

    private func obey(_ message: AgentMessage, from connection: Int32) {
        switch message {
        case .hello:
            greet(connection)
        case .stop(let steps):
            if end == nil { beginStopping(steps) }
        case .signal(let number):
            if end == nil { kill(child.pid, number) }
        case .updatePolicy(let newPolicy):
            apply(newPolicy)
        case .acknowledgeExit:
            if record != nil { isAcknowledged = true }
            FailPoint.reach(.acknowledged)
        case .ping(let token):
            // Whoever asks knows with the answer all that the run had said by then.
            readNotices(all: true)
            tellNotices(all: true)
            let pong = KeeperMessage.pong(token: token, status: status)
            if !sockets.send(pong.encoded(), to: connection) { sockets.drop(connection) }
        case .takeDescriptors:
            sockets.take(connection)
            if !held.isEmpty { tellDescriptors([connection]) }
        case .releaseDescriptors: isReleased = record != nil
        case .updateSpec, .unknown:
            break
        }
    }

    /// Tells a new connection all that has happened so far.
    private func greet(_ connection: Int32) {
        sockets.greet(connection)
        var news: [KeeperMessage] = [.identity(identity)]
        if let launchFailure {
            news.append(.execFailed(step: launchFailure.step, errno: launchFailure.errno))
        } else if phase != .starting {
            news.append(.started)
        }
        if let summary = notify.summary { news.append(summary) }
        // A listener counts what it hears, and has heard nothing yet.
        news += KeeperMessage.all(stdout.standing, of: .stdout)
        news += KeeperMessage.all(stderr.standing, of: .stderr)
        if let memoryKills { news.append(.memoryKills(total: memoryKills.told)) }
        if let record {
            if !record.treeProvenEmpty { news.append(.treeUnproven) }
            news.append(.exited(record))
        }
        for message in news {
            guard sockets.send(message.encoded(), to: connection) else { return sockets.drop(connection) }
        }
    }

    private var status: KeeperStatus {
        let phase: KeeperStatus.Phase =
            switch self.phase {
            case .ended: .ended
            case .starting: .starting
            case .running: stop == nil ? .running : .stopping
            }
        return KeeperStatus(phase: phase, stdout: stdout.totals, stderr: stderr.totals)
    }
}

extension KeeperMessage {
    static func all(_ news: OutputNews, of stream: LogStream) -> [KeeperMessage] {
        var messages: [KeeperMessage] = []
        if news.lostBytes > 0 { messages.append(.logGap(stream: stream, lostBytes: news.lostBytes)) }
        if let gap = news.began {
            messages.append(.logTrouble(stream: stream, loss: gap.loss, since: gap.since))
        }
        if news.isOver { messages.append(.logTrouble(stream: stream, loss: nil, since: 0)) }
        return messages
    }
}
