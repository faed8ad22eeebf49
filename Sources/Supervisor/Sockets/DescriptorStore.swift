import CLinux
import Glibc
import KeeperProtocol
import Reconciler
import Synchronization

/// What runs have stored for those that follow them in their slots, as their keepers told it last. Keeper and
/// agent each have copies, so that the death of one of them loses nothing.
final class DescriptorStore: Sendable {
    private struct Stored {
        var entry: PassedDescriptor
        var raw: Int32
    }
    private let slots = Mutex<[SlotID: [Stored]]>([:])
    private let disposal: Disposal

    init(disposal: Disposal) { self.disposal = disposal }

    deinit { close() }

    /// Takes over `descriptors`, in place of what was there.
    func replace(_ slot: SlotID, _ entries: [PassedDescriptor], _ descriptors: [Int32]) {
        let new = zip(entries, descriptors).map { Stored(entry: $0, raw: $1) }
        let old = slots.withLock { slots in
            let old = slots.removeValue(forKey: slot) ?? []
            if !new.isEmpty { slots[slot] = new }
            return old
        }
        disposal.take(old.map(\.raw))
    }

    /// Copies of the first `max`, the caller's own, of those whose other end is still open.
    func copies(of slot: SlotID, max: Int) throws(SystemError) -> [(PassedDescriptor, Int32)] {
        let (copies, number) = slots.withLock { slots -> ([(PassedDescriptor, Int32)], Int32) in
            var copies: [(PassedDescriptor, Int32)] = []
            for stored in slots[slot] ?? [] where copies.count < max && !Self.isOver(stored) {
                let copy = clinux_fcntl(stored.raw, F_DUPFD_CLOEXEC, 0)
                guard copy >= 0 else { return (copies, errno) }
                copies.append((stored.entry, copy))
            }
            return (copies, 0)
        }
        guard number == 0 else {
            disposal.take(copies.map(\.1))
            throw SystemError("dup", "stored descriptors of \(slot)", number: number)
        }
        return copies
    }

    /// Closes all but those of these slots.
    func keep(only wanted: Set<SlotID>) {
        let leaving = slots.withLock { slots in
            let names = slots.keys.filter { !wanted.contains($0) }
            return names.flatMap { slots.removeValue(forKey: $0) ?? [] }
        }
        disposal.take(leaving.map(\.raw))
    }

    func close() { keep(only: []) }

    private static func isOver(_ stored: Stored) -> Bool {
        guard stored.entry.kind == .stored, PassedDescriptor.hasOtherEnd(stored.raw) else { return false }
        var entry = pollfd(fd: stored.raw, events: 0, revents: 0)
        return poll(&entry, 1, 0) > 0
    }
}
