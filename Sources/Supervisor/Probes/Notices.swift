import KeeperProtocol
import Reconciler
import Synchronization

/// What runs say of themselves, on its way from their keepers to the probes and to status.
extension Supervisor {
    /// A text that changes without end is told no more often than this.
    private static let noticePause = Duration.seconds(1)

    func notified(_ run: RunID, _ state: NotifyState) {
        let notice = RunNotice(state)
        let now = Instant.current
        let pause = table.withLock { table -> Duration? in
            guard let entry = table[run], entry.phase != .over else { return nil }
            entry.notices.publish(Heartbeat(state))
            let before = table[run]?.notice
            table[run]?.notice = notice
            guard before != notice, !entry.isNoticePending else { return nil }
            let pause = before?.isSameState(as: notice) == false ? .zero : entry.noticeDue - now
            if pause > .zero { table[run]?.isNoticePending = true }
            return pause
        }
        guard let pause else { return }
        if pause <= .zero { return tellNotice(run) }
        Task.detached { [weak self] in
            await doze(for: pause)
            self?.tellNotice(run)
        }
    }

    private func tellNotice(_ run: RunID) {
        let notice = table.withLock { table -> RunNotice? in
            guard let entry = table[run], entry.phase != .over else { return nil }
            table[run]?.isNoticePending = false
            table[run]?.noticeDue = .current + Self.noticePause
            return entry.notice
        }
        if let notice {
            tell(.notified(run, notice)) { table.withLock { $0[run].map { $0.phase != .over } ?? false } }
        }
    }
}

extension RunNotice {
    fileprivate init(_ state: NotifyState) {
        self.init(
            status: state.status, isReady: state.isReady, isReloading: state.isReloading,
            isStopping: state.isStopping, refusedMessages: Int(state.refusedMessages),
            unreadableMessages: Int(state.unreadableMessages), isMainPidIgnored: state.isMainPidIgnored,
            storedDescriptors: state.storedDescriptors > 0 ? Int(state.storedDescriptors) : nil,
            refusedDescriptors: state.refusedDescriptors > 0 ? Int(state.refusedDescriptors) : nil)
    }

    /// Only its words differ.
    fileprivate func isSameState(as other: RunNotice) -> Bool {
        (isReady, isReloading, isStopping) == (other.isReady, other.isReloading, other.isStopping)
    }
}
