import CLinux
import Glibc
import KeeperProtocol

/// Walking the steps of a stop.
extension Keeper {
    /// Nil: by policy. A stop that is under way goes on, unless other steps are asked for.
    func beginStopping(_ asked: [StopStep]?) {
        if let stop {
            guard let asked, asked != stop.steps else { return }
        }
        cancelCommand()
        stop = StopSequence(asked ?? policy.stopSteps, at: clinux_boottime_ns(), since: stop?.since)
    }

    func continueStopping() {
        guard end == nil else { return boundCommand() }
        while stop != nil, end == nil {
            let action = stop?.advance(at: clinux_boottime_ns()) ?? .wait
            if action == .wait { return }
            cancelCommand()
            switch action {
            case .signal(let number):
                // Not reaped yet, so the pid is the child's still.
                kill(child.pid, number)
            case .closeInput: closeInput()
            case .command(let step): startCommand(step)
            case .killTree:
                killTree()
                // A process in uninterruptible sleep: its end comes as SIGCHLD, and this is tried again.
                if end == nil { stop = StopSequence([.signal(SIGKILL, graceMilliseconds: 1000)], at: 0) }
            case .wait: return
            }
        }
    }

    /// The main process has ended. A command that is still running may finish its work within its time.
    private func boundCommand() {
        if let stop, command != nil, clinux_boottime_ns() >= stop.deadline { cancelCommand() }
    }

    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    private func startCommand(_ step: Int) {
        guard let stop, case .command(let program, let timeout) = stop.steps[step] else { return }
        let output = openErrorLog(flags: 0)
        command = StopCommandRun(
            program, step: step, timeoutMilliseconds: timeout, memory: memory, output: output,
            main: child.pid)
        if command == nil { commandEnded(step, .execFailed(step: .fork, errno: errno)) }
    }

    func readCommandResult() {
        guard let ended = command else { return }
        let outcome = ended.readResult()
        close(ended.result)
        command = nil
        // Without a word it was killed from outside.
        commandEnded(ended.step, outcome ?? .signaled(SIGKILL))
    }

    private func commandEnded(_ step: Int, _ outcome: ProbeResult.Outcome) {
        if outcome != .exited(code: 0) {
            note(step, outcome)
            sockets.broadcast(
                KeeperMessage.stopCommandFailed(step: UInt8(truncatingIfNeeded: step), outcome).encoded())
        }
        stop?.commandEnded(at: clinux_boottime_ns())
    }

    /// Closing its end makes the one who runs it kill it.
    private func cancelCommand() {
        if let command { close(command.result) }
        command = nil
    }

    /// The failure stands in the run's log as well: an agent may not be there to hear of it.
    private func note(_ step: Int, _ outcome: ProbeResult.Outcome) {
        guard let stop, case .command(let program, _) = stop.steps[step] else { return }
        let what =
            switch outcome {
            case .exited(let code): "exited \(code)"
            case .signaled(let number): "was killed by signal \(number)"
            case .timedOut: "was killed at its timeout"
            case .execFailed(_, let number): "could not be executed: error \(number)"
            }
        let text = "plumb: the stop command \(program.executable) \(what)\n"
        let output = openErrorLog(flags: O_NONBLOCK)
        // A pipe that is full has more to say than this line.
        _ = write(output, text, text.utf8.count)
        close(output)
    }

    /// A new writing end of the pipe of standard error; of a new one where the run has closed its own.
    private func openErrorLog(flags: Int32) -> Int32 {
        if stderr.pipe >= 0 {
            return clinux_openat(AT_FDCWD, "/proc/self/fd/\(stderr.pipe)", O_WRONLY | flags, 0)
        }
        guard let pipe = Pipe() else { return -1 }
        stderr.take(pipe.reader)
        return pipe.writer
    }
}
