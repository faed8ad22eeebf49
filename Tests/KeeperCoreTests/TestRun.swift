import CLinux
import Glibc
import KeeperProtocol
import Testing

/// One run as its agent sees it over one connection.
final class TestRun {
    private(set) var control: Int32
    let slot: String
    let runID: String
    let socketPath: String
    var keeper: pid_t = -1
    private(set) var identity: RunIdentity?
    private(set) var messages: [KeeperMessage] = []

    init(control: Int32, slot: String, runID: String, socketPath: String) {
        self.control = control
        self.slot = slot
        self.runID = runID
        self.socketPath = socketPath
    }

    func send(_ message: AgentMessage) {
        let bytes = message.encoded()
        _ = clinux_send(control, bytes, bytes.count, nil, 0, 1)
    }

    /// A specification for a run that lives.
    func sendSpec(_ spec: LaunchSpec) {
        let bytes = AgentMessage.updateSpec.encoded()
        let memory = sealedMemory(spec.encoded())
        _ = clinux_send(control, bytes, bytes.count, [memory], 1, 1)
        close(memory)
    }

    /// The next message, or nil at the end of file or the deadline.
    func next(within seconds: Double = 30) -> KeeperMessage? {
        guard let bytes = receivePacket(control, within: seconds),
            let message = try? KeeperMessage(decoding: bytes)
        else { return nil }
        messages.append(message)
        if case .identity(let identity) = message {
            self.identity = identity
            keeper = identity.keeper.pid
        }
        return message
    }

    /// Reads until `.started`.
    func waitUntilStarted() {
        while let message = next() { if message == .started { return } }
        Issue.record("never started: \(messages)")
    }

    /// Reads until the run has ended, and acknowledges that.
    func waitForExit(within seconds: Double = 60, acknowledge: Bool = true) -> ExitRecord? {
        let deadline = clinux_boottime_ns() + UInt64(seconds * 1e9)
        while clinux_boottime_ns() < deadline, let message = next(within: seconds) {
            if case .exited(let record) = message {
                if acknowledge { send(.acknowledgeExit) }
                return record
            }
        }
        Issue.record("never exited: \(messages)")
        return nil
    }

    /// As if the agent died or was replaced.
    func disconnect() {
        if control >= 0 { close(control) }
        control = -1
    }

    /// Connects the way a new agent does. False if nobody listens.
    func connect() -> Bool {
        disconnect()
        control = clinux_unix_seqpacket()
        guard clinux_unix_connect(control, socketPath) == 0 else { return false }
        send(.hello(version: protocolVersion))
        return true
    }

    /// What F_OFD_GETLK says of the slot's lock.
    var isLocked: Bool {
        let lock = open(slot + "/lock", O_RDWR | O_CLOEXEC)
        defer { close(lock) }
        return clinux_ofd_is_locked(lock) == 1
    }

    var exitRecord: ExitRecord? { readBytes(slot + "/exit").flatMap { try? ExitRecord(record: $0) } }
    var identityRecord: RunIdentity? { readBytes(slot + "/id").flatMap { try? RunIdentity(record: $0) } }
    func output(_ name: String = "stdout.log") -> String { readFile("\(slot)/output/\(name)") ?? "" }

    func index(_ name: String = "stdout.log") -> [LogIndexEntry] {
        let bytes = readBytes("\(slot)/output/\(name).index") ?? []
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: LogIndexEntry.size).compactMap { LogIndexEntry(raw, at: $0) }
        }
    }

    /// Kills what a test has left, by identities that the keeper told.
    func destroy() {
        for process in [identity?.keeper, identity?.child].compactMap({ $0 }) {
            guard let pidfd = process.openPidfd() else { continue }
            clinux_pidfd_send_signal(pidfd, SIGKILL)
            close(pidfd)
        }
        disconnect()
    }
}

extension LaunchSpec {
    /// A shell script as a workload.
    static func shell(_ script: String, runID: String = "run-1") -> LaunchSpec {
        var spec = LaunchSpec(runID: runID, executable: "/bin/sh", arguments: ["sh", "-c", script])
        spec.bootID = "boot"
        spec.environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "SECRET=hunter2"]
        spec.socketName = runID + ".sock"
        return spec
    }

    static func python(_ script: String) -> LaunchSpec {
        var spec = LaunchSpec(
            runID: "python", executable: "/usr/bin/python3", arguments: ["python3", "-c", script])
        spec.socketName = "python.sock"
        return spec
    }
}
