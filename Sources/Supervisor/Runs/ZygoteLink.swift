import CLinux
import Glibc
import KeeperProtocol
import Reconciler
import Synchronization

/// The agent's end of the zygote: starts it, asks it to fork keepers, and starts it anew after it has died.
final class ZygoteLink: Sendable {
    enum Outcome: Sendable {
        case forked
        /// Nothing was forked.
        case failed(errno: Int32)
        /// The zygote died before it answered: it may have forked, or not.
        case lost
        /// The zygote cannot be started.
        case unavailable(String)
    }

    private struct State {
        var socket: Int32 = -1
        var pid: pid_t = 0
        var token: EventLoop.Token?
        var nextRequest: UInt64 = 1
        var pending: [UInt64: (since: Instant, continuation: CheckedContinuation<Outcome, Never>)] = [:]
        var recentSpawns: [Instant] = []
        var isClosed = false
        var isWatched = false
    }

    private let loop: EventLoop
    private let executable: String
    private let lockPath: String
    private let state = Mutex(State())
    private let admission = Admission(SupervisorLimits.requestsInFlightMax)
    private static let passing: [Int32] = [ETOOMANYREFS, ENOBUFS, EPIPE, ECONNRESET]
    private static let spawnWindow: Duration = .seconds(1)
    private static let spawnsPerWindowMax = 5
    private static let watchPeriod: Duration = .seconds(1)
    private static let sendPause: Duration = .milliseconds(1)

    init(loop: EventLoop, executable: String, lockPath: String) {
        self.loop = loop
        self.executable = executable
        self.lockPath = lockPath
    }

    /// nil while none runs.
    var pid: pid_t? { state.withLock { $0.pid > 0 ? $0.pid : nil } }

    /// Starts the zygote if it does not run.
    func ensureRunning() throws(SystemError) {
        let result = state.withLock { state -> Result<Void, SystemError> in
            if state.socket >= 0 { return .success(()) }
            return Result { () throws(SystemError) in try spawn(&state) }
        }
        try result.get()
    }

    /// Asks for one keeper or probe. The descriptors stay the caller's.
    func request(_ roles: [DescriptorRole?], descriptors: [Int32]) async -> Outcome {
        await admission.enter()
        defer { admission.leave() }
        let deadline = Instant.current + SupervisorLimits.zygoteAnswerMax
        while true {
            do throws(SystemError) { try ensureRunning() } catch { return .unavailable("\(error)") }
            let outcome = await send(roles, descriptors)
            // Its queue is full, and answers will make room; or it has just died, and a new one will be
            // there.
            guard case .failed(let number) = outcome, Self.passing.contains(number),
                Instant.current < deadline
            else { return outcome }
            await doze(for: Self.sendPause)
        }
    }

    private func send(_ roles: [DescriptorRole?], _ descriptors: [Int32]) async -> Outcome {
        await withCheckedContinuation { continuation in
            let failed = state.withLock { state -> Int32? in
                guard state.socket >= 0 else { return EPIPE }
                let id = state.nextRequest
                state.nextRequest += 1
                let bytes = ZygoteRequest(requestID: id, descriptors: roles).encoded()
                let sent = clinux_send(
                    state.socket, bytes, bytes.count, descriptors, descriptors.count, 1)
                guard sent >= 0 else { return errno == EAGAIN ? ENOBUFS : errno }
                FailPoint.reach(.requestSent)
                state.pending[id] = (.current, continuation)
                watch(&state)
                return nil
            }
            if let failed { continuation.resume(returning: .failed(errno: failed)) }
        }
    }

    /// Ends the connection, and with it the zygote. Keepers stay.
    func close() {
        state.withLock { $0.isClosed = true }
        died()
    }

    private func spawn(_ state: inout State) throws(SystemError) {
        guard !state.isClosed else { throw SystemError("reach", "the zygote", number: ESHUTDOWN) }
        // One that dies as soon as it is born must not be born a thousand times a second.
        let now = Instant.current
        state.recentSpawns.removeAll { now - $0 > Self.spawnWindow }
        guard state.recentSpawns.count < Self.spawnsPerWindowMax else {
            throw SystemError("keep alive", "the zygote, which dies again and again", number: EAGAIN)
        }
        state.recentSpawns.append(now)
        let lock = try Descriptor(lockPath, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        var pair: [Int32] = [-1, -1]
        guard clinux_seqpacket_pair(&pair) == 0 else { throw SystemError("socketpair", "") }
        let ours = Descriptor(owning: pair[0])
        let theirs = Descriptor(owning: pair[1])
        let pid = try ZygoteProcess.spawn(executable, socket: theirs.raw, lock: lock.raw)
        ZygoteProcess.sign(lock, as: pid)
        let token: EventLoop.Token
        do throws(SystemError) {
            token = try loop.add(ours.raw) { [weak self] _ in self?.receive() }
        } catch {
            kill(pid, SIGKILL)
            throw error
        }
        state.pid = pid
        state.token = token
        state.socket = ours.release()
    }

    private func receive() {
        var bytes = [UInt8](repeating: 0, count: WireLimits.messageBytesMax)
        while true {
            var descriptors = 0
            let (count, number) = state.withLock { state -> (Int, Int32) in
                guard state.socket >= 0 else { return (-1, EAGAIN) }
                let count = clinux_receive(state.socket, &bytes, bytes.count, nil, 0, &descriptors, 1)
                return (count, errno)
            }
            if count < 0, number == EAGAIN { return }
            guard count > 0 else { return died() }
            guard let reply = try? ZygoteReply(decoding: Array(bytes[..<count])) else { continue }
            let pending = state.withLock { $0.pending.removeValue(forKey: reply.requestID) }
            switch reply.outcome {
            case .forked: pending?.continuation.resume(returning: .forked)
            case .failed(let number): pending?.continuation.resume(returning: .failed(errno: number))
            }
        }
    }

    private func died() {
        let (pid, pending) = state.withLock { state in
            let pid = state.pid
            return (pid, disconnect(&state))
        }
        if pid > 0 { reap(pid) }
        for request in pending { request.resume(returning: .lost) }
    }

    private func disconnect(_ state: inout State) -> [CheckedContinuation<Outcome, Never>] {
        if let token = state.token { loop.remove(token) }
        if state.socket >= 0 { Glibc.close(state.socket) }
        let pending = state.pending.values.map(\.continuation)
        state.pending.removeAll()
        state.token = nil
        state.socket = -1
        state.pid = 0
        return pending
    }

    /// It is our child, so its pid is its own until here.
    private func reap(_ pid: pid_t) {
        Task.detached {
            for _ in 0..<1000 {
                if clinux_wait(pid, 1, nil) != 0 { return }
                try? await Task.sleep(for: .milliseconds(10))
            }
            kill(pid, SIGKILL)
            _ = clinux_wait(pid, 0, nil)
        }
    }

    /// A zygote that does not answer (stopped, for instance) is killed, so that its requests are decided.
    private func watch(_ state: inout State) {
        guard !state.isWatched else { return }
        state.isWatched = true
        Task.detached { [weak self] in
            repeat { try? await Task.sleep(for: Self.watchPeriod) } while self?.killIfStuck() == true
        }
    }

    /// False once nothing is left to watch.
    private func killIfStuck() -> Bool {
        state.withLock { state in
            guard let oldest = state.pending.values.map(\.since).min() else {
                state.isWatched = false
                return false
            }
            if Instant.current - oldest > SupervisorLimits.zygoteAnswerMax, state.pid > 0 {
                kill(state.pid, SIGKILL)
            }
            return true
        }
    }
}
