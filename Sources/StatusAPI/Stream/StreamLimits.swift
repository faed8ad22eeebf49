/// Every bound of the stream.
extension StatusLimits {
    /// Streams in all, and of one token or address.
    static let streamsMax = 256
    static let streamsPerClientMax = 32
    /// Streams that follow logs: each has a thread that waits for files.
    static let logStreamsMax = 32
    /// Events that are kept for clients that come back.
    static let replayEventsMax = 1_024
    static let replayBytesMax = 2 << 20
    /// Instances that are gone and remembered, so that a client that comes back forgets them too.
    static let removalsMax = 1_024
    /// What is written at once.
    static let streamChunkBytes = 64 << 10
    static let historyMax = 1_000
    static let tailDefault = 100
    static let tailMax = 1_000
    /// Documents are made anew so often at most, however much happens.
    static let streamRefreshMin: Duration = .milliseconds(200)
    /// Silence is broken after so long, and dead connections are found.
    static let heartbeatMax: Duration = .seconds(15)
    /// While somebody watches: how often use is sampled, and heartbeats are thought of.
    static let streamTick: Duration = .seconds(5)
    /// A client that takes nothing of what is written for so long is gone.
    static let streamWriteMax: Duration = .seconds(30)
    /// After which time a browser comes again.
    static let streamRetryMilliseconds = 2_000
}
