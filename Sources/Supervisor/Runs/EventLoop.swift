import CLinux
import Glibc
import Synchronization

/// One thread that waits for every descriptor of the Supervisor: keepers, the zygote, probes. It sleeps in
/// the kernel while nothing happens.
final class EventLoop: Sendable {
    typealias Handler = @Sendable (_ events: UInt32) -> Void

    /// Names one registration. Never used twice, so a late event of a closed descriptor finds nobody.
    struct Token: Hashable, Sendable { fileprivate var number: UInt64 }

    private struct State: ~Copyable {
        var handlers: [UInt64: (descriptor: Int32, handler: Handler)] = [:]
        var nextToken: UInt64 = 1
        var isStopped = false
    }

    private let epoll: Descriptor
    private let wake: Descriptor
    private let state = Mutex(State())
    private static let eventsPerWait = 64

    init() throws(SystemError) {
        let epoll = clinux_epoll()
        guard epoll >= 0 else { throw SystemError("epoll_create", "") }
        self.epoll = Descriptor(owning: epoll)
        let wake = clinux_eventfd()
        guard wake >= 0 else { throw SystemError("eventfd", "") }
        self.wake = Descriptor(owning: wake)
        guard clinux_epoll_add(epoll, wake, clinux_EPOLLIN, 0) == 0 else {
            throw SystemError("epoll_ctl", "eventfd")
        }
        try startThread()
    }

    /// `handler` runs on the loop's thread and must not block. The descriptor stays the caller's, who removes
    /// it here before closing it.
    func add(
        _ descriptor: Int32, events: UInt32 = clinux_EPOLLIN, handler: @escaping Handler
    ) throws(SystemError) -> Token {
        let number = state.withLock { state in
            let number = state.nextToken
            state.nextToken += 1
            state.handlers[number] = (descriptor, handler)
            return number
        }
        guard clinux_epoll_add(epoll.raw, descriptor, events, number) == 0 else {
            let failure = SystemError("epoll_ctl", "add")
            state.withLock { _ = $0.handlers.removeValue(forKey: number) }
            throw failure
        }
        return Token(number: number)
    }

    /// After this the handler is not called again, but for a call that has already begun.
    func remove(_ token: Token) {
        let found = state.withLock { $0.handlers.removeValue(forKey: token.number) }
        if let found { _ = clinux_epoll_remove(epoll.raw, found.descriptor) }
    }

    /// Ends the thread once its present handler returns.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.handlers.removeAll()
        }
        var one: UInt64 = 1
        _ = write(wake.raw, &one, 8)
    }

    private func startThread() throws(SystemError) {
        var thread = pthread_t()
        let started = pthread_create(
            &thread, nil,
            { argument in
                // The thread owns the retain that is made below.
                guard let argument else { return nil }
                Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard started == 0 else {
            Unmanaged.passUnretained(self).release()
            throw SystemError("pthread_create", "", number: started)
        }
        pthread_detach(thread)
    }

    private func run() {
        var ready = [clinux_event](repeating: clinux_event(), count: Self.eventsPerWait)
        while true {
            let count = clinux_epoll_wait(epoll.raw, &ready, Int32(ready.count), -1)
            for event in ready.prefix(Int(max(count, 0))) where event.data != 0 {
                let found = state.withLock { $0.handlers[event.data] }
                found?.handler(event.events)
            }
            if state.withLock({ $0.isStopped }) { return }
        }
    }
}
