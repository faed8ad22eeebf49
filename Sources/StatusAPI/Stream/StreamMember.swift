import Synchronization

/// One stream's place with the broadcaster: what wakes it, and who it is.
final class StreamMember: Sendable {
    let client: String
    let query: StreamQuery
    private let rings: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let closed = Mutex(false)

    init(client: String, query: StreamQuery) {
        self.client = client
        self.query = query
        (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// There may be something to write.
    func ring() { bell.yield() }

    /// The client is gone.
    func close() {
        closed.withLock { $0 = true }
        bell.yield()
    }

    var isClosed: Bool { closed.withLock { $0 } }

    /// For the one who writes.
    var bells: AsyncStream<Void>.AsyncIterator { rings.makeAsyncIterator() }
}
