import GRDB
import Synchronization

/// What the agent remembers: one SQLite file in write-ahead mode.
///
/// One connection writes. Whoever commits while it writes shares the next transaction, and so the next wait
/// for the disk. A batch is durable when its commit returns if it holds anything that decides what runs (see
/// `StoreBatch.mustSurvivePowerCut`): synchronous is FULL for its transaction, which also carries everything
/// that was written before it. Other transactions are NORMAL: they survive the agent's death without waiting
/// for the disk.
package final class Store: Sendable {
    /// `<state>/plumb.db`.
    package let path: String
    /// What was found when it was opened.
    package let opened: Opened
    let limits: StoreLimits
    let pool: DatabasePool
    private let queue = Mutex(CommitQueue())
    private let writer = Mutex(GroupWriter())

    /// Opens or makes the database in an existing directory. Blocks: at most `lockWaitMax` for another
    /// process, and for as long as it takes to check the file (a second for some hundred MB).
    package init(
        stateDirectory: String, limits: StoreLimits = StoreLimits()
    ) throws(StoreError) {
        let opening = StoreOpening(directory: stateDirectory, limits: limits)
        (pool, opened) = try opening.open()
        path = opening.path
        self.limits = limits
    }

    /// Writes a batch whole, in the order of the calls from one actor. Returns once it is as durable as it
    /// must be.
    nonisolated(nonsending)
        package func commit(_ batch: StoreBatch) async throws(StoreError)
    {
        let result = await withCheckedContinuation { continuation in
            enqueue(batch) { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    /// Like `commit`, for callers that do not wait: `completion` runs exactly once, on the writer's thread
    /// or, if the batch is refused, on the caller's.
    package func enqueue(
        _ batch: StoreBatch, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        let entry = CommitQueue.Entry(batch: batch, completion: completion)
        switch queue.withLock({ $0.admit(entry, pendingMax: limits.pendingBatchesMax) }) {
        case .wakeWriter: pool.asyncWriteWithoutTransaction { self.drain($0) }
        case .queued: break
        case .refused(let error): completion(.failure(error))
        }
    }

    /// Writes what still waits, copies the write-ahead log into the file and closes it. Later calls fail with
    /// `closed`. An agent that dies without it loses nothing.
    package func close() async throws(StoreError) {
        guard queue.withLock({ $0.close() }) else { return }
        do {
            try await pool.writeWithoutTransaction { db in
                self.drain(db)
                // The last connection that closes may be a reader, which cannot do it.
                _ = try db.checkpoint(.truncate)
            }
            try pool.close()
        } catch {
            throw StoreError.writing(error, path: path)
        }
    }

    var groupsWritten: Int { writer.withLock { $0.groupsWritten } }

    private func drain(_ db: Database) {
        while let group = queue.withLock({ $0.takeGroup(max: limits.groupBatchesMax) }) {
            writer.withLock { $0.write(group, to: db, path: path, limits: limits) }
        }
    }
}

/// What opening found.
package struct Opened: Sendable, Hashable {
    /// There was no database: the first start, or its file was removed.
    package var created: Bool
    /// Not nil: there was one that could not be used, and what it knew is lost. `created` is true as well.
    package var rebuilt: Rebuilt?

    package struct Rebuilt: Sendable, Hashable {
        /// In plain words.
        package var reason: String
        /// Where the old file is now; nil if only its log was left.
        package var setAside: String?
    }
}
