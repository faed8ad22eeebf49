import CLinux
import Glibc
import KeeperProtocol

/// What a keeper does with what its run says of itself.
extension Keeper {
    /// `all`: also what the pace would leave for later, within a bound of its own.
    func readNotices(all: Bool = false) {
        let now = clinux_boottime_ns()
        notify.read(at: now, all: all) { message, descriptors in
            if let message { take(message, descriptors, at: now) } else { discards.take(descriptors) }
            return discards.hasRoom
        }
        // Not while it reads, which is an access of its own.
        notify.count(stored: held.storedCount, refused: held.refused)
    }

    /// Tells agents what has changed, no more often than they can bear; `all`: at once.
    func tellNotices(all: Bool = false) {
        let news = all ? notify.newsNow() : notify.news(at: clinux_boottime_ns())
        if let news { sockets.broadcast(news.encoded()) }
    }

    private func take(_ message: NotifyMessage, _ descriptors: ArraySlice<Int32>, at now: UInt64) {
        if let asked = message.moreTime { stop?.extend(until: now + asked) }
        if message.storesDescriptors || message.removesDescriptors {
            store(message, descriptors)
        } else {
            // A barrier's sender waits for exactly this; any other had no reason to send one.
            discards.take(descriptors)
        }
    }

    /// `FDSTORE=1` and `FDSTOREREMOVE=1`. Removing comes first where one message asks for both.
    private func store(_ message: NotifyMessage, _ descriptors: ArraySlice<Int32>) {
        let removed = message.removesDescriptors ? held.remove(named: message.storeName) : []
        discards.take(removed)
        var hasChanged = !removed.isEmpty
        if message.storesDescriptors {
            let before = held.storedCount
            discards.take(
                held.store(descriptors, name: message.storeName, isWatched: message.watchesStored))
            hasChanged = hasChanged || held.storedCount != before
        } else {
            discards.take(descriptors)
        }
        if hasChanged { tellDescriptors(sockets.takers) }
    }

    /// The other ends of these stored descriptors are closed.
    func forget(_ places: [Int]) {
        guard !places.isEmpty else { return }
        discards.take(held.remove(at: places))
        notify.count(stored: held.storedCount, refused: held.refused)
        tellDescriptors(sockets.takers)
    }

    /// All that is held, to those who asked for it: whoever of keeper and agent is killed, the other has it.
    func tellDescriptors(_ connections: [Int32]) {
        for connection in connections where !held.send(to: connection) { sockets.drop(connection) }
    }
}

extension ProcessTree {
    /// Whether `pid` is a live or unreaped process below this one. Every orphan of the tree comes back to
    /// this process, a subreaper, so the way up leads here or past it.
    static func isDescendant(_ pid: pid_t) -> Bool {
        let own = getpid()
        // Whose parent ends while the way is walked is found under another one, so it is walked again.
        for _ in 0..<KeeperBounds.ancestryTriesMax {
            var current = pid
            var steps = 0
            while current > 1, steps < KeeperBounds.ancestryDepthMax {
                guard let stat = ProcessStat(pid: current) else { break }
                if stat.parent == own { return true }
                current = stat.parent
                steps += 1
            }
            if current <= 1 { return false }
        }
        return false
    }
}
