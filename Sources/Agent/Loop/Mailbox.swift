import Synchronization

/// Events on their way to the loop. Posting never blocks and never loses one: their number is bounded by
/// what the runs, probes and watchers behind them can have under way.
final class Mailbox: Sendable {
    private let waiting = Mutex<[AgentEvent]>([])
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init() {
        (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func post(_ event: AgentEvent) {
        waiting.withLock { $0.append(event) }
        ring.yield()
    }

    /// All events since the last call; suspends while there is none. Empty only when the task is cancelled.
    func next() async -> [AgentEvent] {
        for await _ in bell {
            let events = waiting.withLock { events in
                let taken = events
                events = []
                return taken
            }
            if !events.isEmpty { return events }
        }
        return []
    }
}
