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
        return newsNow()
    }

    /// What a new connection has to know, also that the run has said nothing yet; nil without a socket.
    var summary: KeeperMessage? { hasSocket ? .notified(state) : nil }

    /// Takes what has come, within the pace; `all`: as much again, whatever the pace says. `handle` gets each
    /// message, nil for one that is not taken, with the descriptors that came with it, which are its own from
    /// then on; and returns whether it has room for more.
    mutating func read(
        at now: UInt64, all: Bool = false, _ handle: (NotifyMessage?, ArraySlice<Int32>) -> Bool
    ) {
        var more = all ? KeeperBounds.notifyReadsMax : 0
        while descriptor >= 0, pace.mayRead(at: now) || more > 0 {
            guard let datagram = receive() else { return }
            if pace.mayRead(at: now) { pace.didRead(at: now) } else { more -= 1 }
            switch datagram.kind {
            case .unreadable: state.unreadableMessages &+= 1
            case .foreign: state.refusedMessages &+= 1
            case .message(let message): state.take(message, at: now)
            }
            guard handle(datagram.message, datagram.descriptors) else { return }
        }
    }

    private struct Datagram {
        enum Kind {
            case message(NotifyMessage)
            case unreadable
            case foreign
        }
        let kind: Kind
        let descriptors: ArraySlice<Int32>

        var message: NotifyMessage? { if case .message(let message) = kind { message } else { nil } }
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
            if length < 0, errno != EMSGSIZE { return nil }
            let received = descriptors[..<count]
            guard length >= 0, count <= KeeperBounds.noticeDescriptorsMax else {
                return Datagram(kind: .unreadable, descriptors: received)
            }
            guard ProcessTree.isDescendant(sender) else {
                return Datagram(kind: .foreign, descriptors: received)
            }
            let text = UnsafeRawBufferPointer(rebasing: buffer[0..<length])
            return Datagram(kind: .message(NotifyMessage(text)), descriptors: received)
        }
    }

    /// What was not told yet, or nil.
    mutating func newsNow() -> KeeperMessage? {
        guard state != told else { return nil }
        told = state
        return .notified(state)
    }

    /// The run is over: whoever sends from now on finds nobody, once the caller has closed what this returns;
    /// -1 where there is no socket. What nobody has read is closed with it.
    mutating func end() -> Int32 {
        defer { descriptor = -1 }
        return descriptor
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
