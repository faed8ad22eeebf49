import CLinux
import Glibc

/// What a keeper sleeps on: at most a handful of descriptors, in the order in which they are added,
/// and those that its run has stored.
struct PollSet {
    enum Source: Int {
        case signals
        case report
        case stdout
        case stderr
        case listener
        case notify
        case command
        case memory
        case connection
    }

    private static let capacity = Source.connection.rawValue + KeeperBounds.connectionsMax
    private static let empty = pollfd(fd: -1, events: 0, revents: 0)
    // A tuple would do without the heap, but its elements cannot be reached by an index.
    private var entries: [pollfd]
    private var connections = 0

    init() { entries = Array(repeating: Self.empty, count: Self.capacity) }

    /// A descriptor below 0 is left out. Connections are numbered in the order of their adding.
    mutating func add(_ descriptor: Int32, _ source: Source, events: Int32 = Int32(POLLIN)) {
        var place = source.rawValue
        if source == .connection {
            place += connections
            connections += 1
        }
        guard place < Self.capacity else { return }
        entries[place] = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    }

    /// `deadline` is CLOCK_BOOTTIME; nil waits for ever.
    mutating func wait(until deadline: UInt64?) {
        var timeout: Int64 = -1
        if let deadline {
            let now = clinux_boottime_ns()
            timeout = deadline > now ? Int64(clamping: deadline - now) : 0
        }
        if clinux_poll(&entries, entries.count, timeout) < 0 {
            // Interrupted or out of memory: nothing is known to be ready, and the caller turns again.
            for index in entries.indices { entries[index].revents = 0 }
        }
    }

    /// Only the end of the other side counts. Numbered in the order of their adding.
    mutating func watch(_ descriptor: Int32) {
        entries.append(pollfd(fd: descriptor, events: 0, revents: 0))
    }

    func isWatchedOver(_ index: Int) -> Bool { entries[Self.capacity + index].revents != 0 }

    func isReady(_ source: Source) -> Bool { entries[source.rawValue].revents != 0 }
    func isConnectionReady(_ index: Int) -> Bool { entries[Source.connection.rawValue + index].revents != 0 }
    /// The other end was closed.
    func isConnectionOver(_ index: Int) -> Bool {
        entries[Source.connection.rawValue + index].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0
    }
}
