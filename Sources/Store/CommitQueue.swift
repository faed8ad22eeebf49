/// Batches on their way to the disk, in the order in which they were given. A value without I/O: the Store's
/// lock holds it, and its writer takes from it.
struct CommitQueue: Sendable {
    typealias Completion = @Sendable (Result<Void, StoreError>) -> Void

    struct Entry: Sendable {
        var batch: StoreBatch
        var completion: Completion
    }

    enum Admission: Sendable, Hashable {
        /// Nobody is writing: the caller wakes the writer.
        case wakeWriter
        case queued
        case refused(StoreError)
    }

    private var entries: [Entry] = []
    private var isWriterAwake = false
    private var isClosed = false

    mutating func admit(_ entry: Entry, pendingMax: Int) -> Admission {
        if isClosed { return .refused(.closed) }
        if entries.count >= pendingMax { return .refused(.overloaded(pendingMax: pendingMax)) }
        entries.append(entry)
        if isWriterAwake { return .queued }
        isWriterAwake = true
        return .wakeWriter
    }

    /// The next batches to write together; nil puts the writer to sleep. Whoever came while the last group
    /// was being written shares the next one.
    mutating func takeGroup(max: Int) -> [Entry]? {
        if entries.isEmpty {
            isWriterAwake = false
            return nil
        }
        if entries.count <= max {
            defer { entries = [] }
            return entries
        }
        defer { entries.removeFirst(max) }
        return Array(entries.prefix(max))
    }

    /// False where it was closed before.
    mutating func close() -> Bool {
        defer { isClosed = true }
        return !isClosed
    }
}
