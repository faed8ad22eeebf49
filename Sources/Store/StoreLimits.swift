/// Every bound of the Store, in one place.
package struct StoreLimits: Sendable {
    /// Events kept, newest first.
    package var eventsMax = 100_000
    /// Finished runs kept of each instance.
    package var finishedRunsPerInstanceMax = 100
    /// Finished runs kept in all: instances come and go under new names.
    package var finishedRunsMax = 100_000
    package var revisionsMax = 1_000
    /// Specs that are wanted no longer, of all Instances.
    package var specsMax = 50_000
    package var tracesMax = 1_000
    /// Batches that may wait for the writer; a further one is refused.
    package var pendingBatchesMax = 20_000
    /// Batches that share one transaction, so that a long queue does not make one endless transaction.
    package var groupBatchesMax = 2_000
    /// How long another process may hold the database before that is an error.
    package var lockWaitMax: Duration = .seconds(5)

    package init() {}

    /// Rows removed by one step of trimming, so that no commit waits long behind it.
    static let trimStepRows = 1_000
    /// New rows after which it is looked at again whether there are too many.
    static let trimIntervalRows = 500
    /// Runs of one instance that may end before its history is trimmed.
    static let trimIntervalExits = 10
    /// Pages of the write-ahead log after which it is copied into the database, between two commits.
    static let checkpointPages = 1_000
    /// SQLite's own checkpoint, within a commit: only where ours could not keep up.
    static let checkpointPagesForced = 8_000
    /// Corrupt databases kept beside the one in use, newest first.
    static let setAsideMax = 3
    /// Connections for reading beside the one writer.
    static let readersMax = 2
    /// Rows that one query may return.
    static let queryRowsMax = 10_000
}
