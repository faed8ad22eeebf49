import Agent
import Foundation
import Glibc
import Reconciler

/// Tells the service manager how the agent is, by the protocol of sd_notify(3): ready once runs are adopted
/// and a first plan is made, one line of status, and, where a watchdog asks, that the loop still turns.
struct SystemdNotifier: Sendable {
    private let line: DatagramLine?
    /// How often the watchdog is told; nil: nobody asked for it.
    private let period: Duration?
    private let pokes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    private let look: @Sendable () async -> AgentState

    /// The status line changes no oftener than this.
    private static let statusPause = Duration.seconds(1)
    /// A loop that does not answer within this part of the watchdog's time is not reported.
    private static let watchdogParts = 2

    /// - Parameter environment: what the service manager has set. It is meant for this process alone, so it
    ///   is taken out of what children inherit.
    init(environment: [String: String], look: @escaping @Sendable () async -> AgentState) {
        self.look = look
        line = environment["NOTIFY_SOCKET"].flatMap(DatagramLine.init)
        period = line == nil ? nil : Self.watchdogPeriod(environment)
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
    }

    /// Half of the time within which a word is expected, as sd_watchdog_enabled(3) advises.
    static func watchdogPeriod(_ environment: [String: String], pid: pid_t = getpid()) -> Duration? {
        guard let given = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), given > 0 else { return nil }
        if let owner = environment["WATCHDOG_PID"], pid_t(owner) != pid { return nil }
        return .microseconds(given / Int64(watchdogParts))
    }

    /// Something may have changed.
    func poke() { if line != nil { pokes.continuation.yield() } }

    /// Tells for as long as `body` lasts, and at its end that the agent is stopping.
    func beside<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        guard let line else { return try await body() }
        let tasks = [
            Task { await tellStatus(on: line) },
            Task { await tellWatchdog(on: line) },
        ]
        defer { for task in tasks { task.cancel() } }
        return try await body()
    }

    /// Said when the agent is told to end: what comes then is no failure.
    func stopping() { line?.send("STOPPING=1") }

    private func tellStatus(on line: DatagramLine) async {
        var told = ""
        var isReady = false
        for await _ in pokes.stream {
            let state = await look()
            let text = Self.status(of: state)
            if state.isReady && !isReady {
                isReady = true
                line.send("READY=1\nSTATUS=\(text)")
            } else if text != told {
                line.send("STATUS=\(text)")
            }
            told = text
            if isReady { try? await Task.sleep(for: Self.statusPause) }
        }
    }

    private func tellWatchdog(on line: DatagramLine) async {
        guard let period else { return }
        while !Task.isCancelled {
            // The loop itself has to answer: a process that only lives is no sign that it does its work.
            _ = await look()
            line.send("WATCHDOG=1")
            try? await Task.sleep(for: period)
        }
    }

    private static let troubles: Set<Condition.Kind> = [.invalid, .rejected, .held]

    /// One line: which commit is in force, how many replicas are ready, and what keeps a newer one out.
    static func status(of state: AgentState) -> String {
        guard state.isReady else { return "Adopting what runs" }
        guard let accepted = state.source.accepted else {
            return "No revision is accepted yet" + (state.conditions.first.map { ": \($0.message)" } ?? "")
        }
        let instances = state.instanceStatuses()
        let replicas = instances.reduce(0) { $0 + $1.replicas.count }
        let ready = instances.reduce(0) { $0 + $1.readyCount }
        let worst = state.conditions.first { troubles.contains($0.type) && $0.status }
        let trouble = worst.map { "; \($0.type.rawValue)" } ?? ""
        return "\(accepted.short): \(ready) of \(replicas) replicas ready\(trouble)"
    }
}

/// A datagram socket to the address that NOTIFY_SOCKET names. What cannot be sent is lost: the service
/// manager's own time limits say so soon enough.
struct DatagramLine: Sendable {
    private let address: sockaddr_un
    private let length: socklen_t

    /// - Parameter path: absolute, or beginning with `@` for the abstract name space; nil is anything else.
    init?(_ path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = bytes.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            bytes.count > 1, bytes.count < room
        else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        if first == UInt8(ascii: "@") { address.sun_path.0 = 0 }
        self.address = address
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        length = socklen_t(offset + bytes.count)
    }

    func send(_ text: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var address = address
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                    pointer, length)
            }
        }
    }
}
