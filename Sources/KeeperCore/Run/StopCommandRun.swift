import CLinux
import Glibc
import KeeperProtocol

/// The command of a stop step while it runs. A child of the keeper runs it as a probe is run: below a
/// subreaper of its own, so that at its timeout it is killed with all that it forked and with nothing else.
struct StopCommandRun {
    /// The step's place.
    let step: Int
    /// Where its result comes; closing it ends the command.
    let result: Int32

    /// Takes over `output`. `memory` is the sealed specification, `main` the run's process. Nil with errno
    /// where nothing could be forked.
    init?(
        _ command: StopCommand, step: Int, timeoutMilliseconds: UInt32, memory: Int32, output: Int32,
        main: pid_t
    ) {
        defer { close(output) }
        var ends: (Int32, Int32) = (-1, -1)
        let paired = withUnsafeMutableBytes(of: &ends) {
            clinux_seqpacket_pair($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard paired == 0 else { return nil }
        // Not reaped yet, so the pid is the child's still.
        let joined = ProcessIdentity(of: main)
        let pid = clinux_fork()
        if pid == 0 {
            var program = ChildProgram(
                executable: command.executable, arguments: command.arguments, variables: [])
            program.nameMain(main)
            _exit(
                Self.run(
                    program, joined: joined, timeoutMilliseconds: timeoutMilliseconds, memory: memory,
                    output: output, result: ends.1))
        }
        let failure = errno
        close(ends.1)
        guard pid > 0 else {
            close(ends.0)
            errno = failure
            return nil
        }
        self.step = step
        result = ends.0
    }

    /// What the child does. It keeps nothing of the keeper's open, whose end of the standard input and lock
    /// must not outlive it here.
    private static func run(
        _ program: ChildProgram, joined: ProcessIdentity?, timeoutMilliseconds: UInt32, memory: Int32,
        output: Int32, result: Int32
    ) -> Int32 {
        OpenDescriptors.closeAll(but: [memory, output, result])
        clinux_set_subreaper(1)
        let signals = clinux_signalfd(SignalMask.of(SIGCHLD) | SignalMask.of(SIGTERM))
        guard signals >= 0, let spec = MappedSpec(memory) else {
            Prober.send(
                ProbeResult(outcome: .execFailed(step: .specification, errno: errno), output: []),
                to: result)
            return KeeperMain.exitProven
        }
        return Prober.run(
            spec, program, joined: joined, output: output, result: result, signals: signals,
            timeoutMilliseconds: timeoutMilliseconds)
    }

    /// What became of it; nil where it was killed before it could say.
    func readResult() -> ProbeResult.Outcome? {
        withUnsafeTemporaryAllocation(byteCount: 256, alignment: 8) { buffer in
            let length = clinux_receive(result, buffer.baseAddress, buffer.count, nil, 0, nil, 1)
            guard length > 0 else { return nil }
            return (try? ProbeResult(decoding: [UInt8](buffer[0..<length])))?.outcome
        }
    }
}

/// The descriptors of this process beside its standard streams.
enum OpenDescriptors {
    static func closeAll(but kept: [Int32]) {
        var next = UInt32(STDERR_FILENO) + 1
        for descriptor in kept.sorted() where descriptor > STDERR_FILENO {
            if UInt32(descriptor) > next { clinux_close_range(next, UInt32(descriptor) - 1) }
            next = UInt32(descriptor) + 1
        }
        clinux_close_range(next, .max)
    }
}
