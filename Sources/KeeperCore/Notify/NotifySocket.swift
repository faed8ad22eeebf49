import CLinux
import Glibc
import KeeperProtocol

/// The socket over which a run's processes say how they are (NOTIFY_SOCKET), and what they have said. The
/// keeper has it for the whole life of the run, so that nothing is lost while no agent is there.
struct NotifySocket {
    private var descriptor: Int32
    private let hasSocket: Bool
    private(set) var state = NotifyState()
    private var pace = NotifyPace()
    /// What agents were told last.
    private var told = NotifyState()

    /// `descriptor` is bound, and this one's own; -1 where the run has none.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        hasSocket = descriptor >= 0
    }

    /// What to wait for now: -1 while the run has said enough for this moment, or has no socket.
    func readable(at now: UInt64) -> Int32 { pace.mayRead(at: now) ? descriptor : -1 }

    /// When there is something to do although nothing comes: read on, or tell.
    func deadline(at now: UInt64) -> UInt64? {
        guard descriptor >= 0 else { return nil }
        return pace.deadline(at: now, hasNews: state != told)
    }

    /// What is stored for the next run, and what was not.
    mutating func count(stored: Int, refused: UInt32) {
        state.storedDescriptors = UInt32(stored)
        state.refusedDescriptors = refused
    }

    /// What to tell agents now, or nil.
    mutating func news(at now: UInt64) -> KeeperMessage? {
        guard state != told, pace.mayTell(at: now) else { return nil }
        told = state
        return .notified(state)
    }

    /// What a new connection has to know, also that the run has said nothing yet; nil without a socket.
    var summary: KeeperMessage? { hasSocket ? .notified(state) : nil }

    /// Takes what has come, within the pace. `handle` gets each message with the descriptors that came with
    /// it, which are its own from then on.
    mutating func read(at now: UInt64, _ handle: (NotifyMessage, ArraySlice<Int32>) -> Void) {
        while descriptor >= 0, pace.mayRead(at: now) {
            guard let datagram = receive() else { return }
            pace.didRead(at: now)
            switch datagram {
            case .unreadable: state.unreadableMessages &+= 1
            case .foreign: state.refusedMessages &+= 1
            case .message(let message, let descriptors):
                state.take(message, at: now)
                handle(message, descriptors)
            }
        }
    }

    private enum Datagram {
        case message(NotifyMessage, ArraySlice<Int32>)
        case unreadable
        case foreign
    }

    /// Nil where there is none.
    private func receive() -> Datagram? {
        var descriptors: [Int32] = Array(repeating: -1, count: CLINUX_NOTICE_DESCRIPTORS_MAX)
        var count = 0
        var sender: pid_t = 0
        var user: uid_t = 0
        return withUnsafeTemporaryAllocation(
            byteCount: KeeperBounds.notifyBytesMax, alignment: 8
        ) { buffer -> Datagram? in
            let length = clinux_receive_notice(
                descriptor, buffer.baseAddress, buffer.count, &descriptors, &count, &sender, &user)
            if length < 0 { return errno == EMSGSIZE ? .unreadable : nil }
            guard ProcessTree.isDescendant(sender) else {
                for descriptor in descriptors[..<count] { close(descriptor) }
                return .foreign
            }
            let text = UnsafeRawBufferPointer(rebasing: buffer[0..<length])
            return .message(NotifyMessage(text), descriptors[..<count])
        }
    }

    /// The run is over: whoever sends from now on finds nobody. Returns what was not told yet.
    mutating func end() -> KeeperMessage? {
        guard descriptor >= 0 else { return nil }
        close(descriptor)
        descriptor = -1
        return state == told ? nil : .notified(state)
    }
}

/// How much of a run's messages is read, and how often agents are told. A program that writes without end
/// fills its socket and waits; neither keeper nor agent spins with it. Pure.
struct NotifyPace {
    private var windowStart: UInt64 = 0
    private var read = 0
    private var toldAt: UInt64?

    func mayRead(at now: UInt64) -> Bool {
        now >= windowStart + KeeperBounds.notifyWindow || read < KeeperBounds.notifyReadsMax
    }

    mutating func didRead(at now: UInt64) {
        if now >= windowStart + KeeperBounds.notifyWindow {
            windowStart = now
            read = 0
        }
        read += 1
    }

    mutating func mayTell(at now: UInt64) -> Bool {
        if let toldAt, now < toldAt + KeeperBounds.notifyTellPause { return false }
        toldAt = now
        return true
    }

    func deadline(at now: UInt64, hasNews: Bool) -> UInt64? {
        let reading = mayRead(at: now) ? nil : windowStart + KeeperBounds.notifyWindow
        let telling = hasNews ? toldAt.map { $0 + KeeperBounds.notifyTellPause } ?? now : nil
        guard let reading, let telling else { return reading ?? telling }
        return min(reading, telling)
    }
}
