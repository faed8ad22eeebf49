import CLinux
import Glibc
import KeeperProtocol

/// Runs one exec probe or stop command: the same child as a run's, but bounded in time, and nothing of it
/// left behind. A probe's output is kept in memory.
final class Prober {
    private let child: Child
    private let pipe: Int32
    private let result: Int32
    private let signals: Int32
    private let group: ControlGroup?
    private var report: Int32
    private var isExecuting = false
    private var failure: (step: LaunchStep, errno: Int32)?
    private var end: ChildEnd?
    private var output: [UInt8] = []
    private var isCancelled = false
    private var isOutputOver = false

    /// Returns the exit code of this process.
    static func run(
        _ spec: consuming MappedSpec, result: Int32, signals: Int32, timeoutMilliseconds: UInt32
    ) -> Int32 {
        let deadline = deadline(timeoutMilliseconds)
        let group = spec.view.killDirectory.flatMap { ControlGroup($0) }
        guard let pipe = Pipe(),
            let child = Child.fork(
                spec, stdout: pipe.writer, stderr: pipe.writer, closing: -1,
                joined: spec.view.sandbox.joined)
        else { return failToFork(spec, result) }
        _ = consume spec
        LaunchReport.sendGo(child.report)
        let prober = Prober(child, pipe: pipe.reader, result: result, signals: signals, group: group)
        return prober.run(until: deadline) ? KeeperMain.exitProven : KeeperMain.exitUnproven
    }

    /// Runs another program in the surroundings of the specification's, its output going to `output`. Its
    /// control group is the run's, so it is killed process by process.
    static func run(
        _ spec: consuming MappedSpec, _ program: ChildProgram, joined: ProcessIdentity?, output: Int32,
        result: Int32, signals: Int32, timeoutMilliseconds: UInt32
    ) -> Int32 {
        let deadline = deadline(timeoutMilliseconds)
        var program = program
        if joined != nil, spec.view.sandbox.cloneFlags & NamespaceFlags.pids != 0 {
            program.nameMain(NamespaceInit.programPid)
        }
        let forked = Child.fork(
            spec, program: program, stdout: output, stderr: output, closing: -1, joined: joined)
        guard let child = forked else { return failToFork(spec, result) }
        _ = consume spec
        LaunchReport.sendGo(child.report)
        let prober = Prober(child, pipe: -1, result: result, signals: signals, group: nil)
        return prober.run(until: deadline) ? KeeperMain.exitProven : KeeperMain.exitUnproven
    }

    private static func deadline(_ timeoutMilliseconds: UInt32) -> UInt64 {
        clinux_boottime_ns() + UInt64(timeoutMilliseconds) * KeeperBounds.millisecond
    }

    private static func failToFork(_ spec: borrowing MappedSpec, _ result: Int32) -> Int32 {
        let number = errno
        let outcome = ProbeResult.Outcome.execFailed(
            step: Child.failedStep(spec, errno: number), errno: number)
        send(ProbeResult(outcome: outcome, output: []), to: result)
        return KeeperMain.exitProven
    }

    private init(_ child: Child, pipe: Int32, result: Int32, signals: Int32, group: ControlGroup?) {
        self.child = child
        self.pipe = pipe
        self.result = result
        self.signals = signals
        self.group = group
        report = child.report
    }

    private func run(until deadline: UInt64) -> Bool {
        while end == nil, !isCancelled, clinux_boottime_ns() < deadline { turn(until: deadline) }
        let isTimedOut = end == nil
        let isProven = TreeKiller(group: group, signals: signals, reap: { self.reap() }).kill()
        readOutput()
        while report >= 0, readReport() {}
        Self.send(ProbeResult(outcome: outcome(isTimedOut: isTimedOut), output: output), to: result)
        return isProven
    }

    private func turn(until deadline: UInt64) {
        var waiting = PollSet()
        waiting.add(signals, .signals)
        waiting.add(report, .report)
        waiting.add(isOutputOver ? -1 : pipe, .stdout)
        waiting.add(result, .connection)
        waiting.wait(until: deadline)
        if waiting.isReady(.stdout) { readOutput() }
        if waiting.isReady(.report) { _ = readReport() }
        // Nothing is ever sent here, so what is ready is the end of the one who asked.
        if waiting.isConnectionReady(0) { isCancelled = true }
        if waiting.isReady(.signals) {
            var signal = clinux_signal()
            if clinux_signalfd_read(signals, &signal) == 1, signal.number == SIGTERM { isCancelled = true }
            _ = reap()
        }
    }

    private func reap() -> Bool {
        var usage = clinux_usage()
        while true {
            let pid = clinux_wait(-1, 1, &usage)
            if pid == 0 { return false }
            if pid < 0 { return errno == ECHILD }
            if pid == child.pid { end = child.end(usage) }
        }
    }

    private func readReport() -> Bool {
        switch LaunchReport.receive(report) {
        case .none: return false
        case .executing: isExecuting = true
        case .failed(let step, let errno, _): failure = (step, errno)
        case .endOfFile:
            close(report)
            report = -1
        }
        return true
    }
}

extension Prober {
    /// Keeps the beginning of what is written, and throws the rest away so that the probe never blocks.
    private func readOutput() {
        guard pipe >= 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
            // A pipe holds 64 KiB; a probe that writes faster than it is read gets its next turn.
            for _ in 0..<64 {
                let length = read(pipe, buffer.baseAddress, buffer.count)
                if length == 0 { isOutputOver = true }
                guard length > 0 else { return }
                let room = WireLimits.probeOutputBytesMax - output.count
                output.append(contentsOf: buffer[0..<min(length, room)])
            }
        }
    }

    private func outcome(isTimedOut: Bool) -> ProbeResult.Outcome {
        if let failure { return .execFailed(step: failure.step, errno: failure.errno) }
        guard !isTimedOut, let status = end?.usage.status else { return .timedOut }
        guard isExecuting else { return .execFailed(step: .unknown, errno: 0) }
        if clinux_wifsignaled(status) != 0 { return .signaled(clinux_wtermsig(status)) }
        return .exited(code: clinux_wexitstatus(status))
    }

    static func send(_ result: ProbeResult, to socket: Int32) {
        let bytes = result.encoded()
        // The one who asked may be gone, and then nobody wants to know.
        _ = clinux_send(socket, bytes, bytes.count, nil, 0, 1)
    }
}
