import CLinux
import Glibc
import KeeperProtocol

/// Everything that a keeper sets up, in its order, until its child may go.
struct KeeperStart {
    let child: Child
    let identity: RunIdentity
    let lock: Int32
    let signals: Int32
    let exitFile: ExitFile
    let group: ControlGroup?
    let memoryKills: MemoryKills?
    let policy: KeeperPolicy
    let sockets: ControlSocket
    let notify: NotifySocket
    let stdout: OutputStream
    let stderr: OutputStream
    /// The writing end of the run's standard input, or -1.
    let input: Int32
    let held: HeldDescriptors
    /// The specification's memory, where stop commands will need it; else -1.
    let memory: Int32

    /// Why there is no run, and whom to tell.
    struct Failure: Error {
        let step: LaunchStep
        let errno: Int32

        /// Takes errno as it is now.
        init(_ step: LaunchStep) {
            self.step = step
            errno = Glibc.errno
        }
    }

    /// Forks the child, writes `id`, and lets the child go.
    init(
        _ spec: borrowing MappedSpec, _ descriptors: RequestDescriptors, sockets: consuming ControlSocket,
        signals: Int32
    ) throws(Failure) {
        FailPoint.reach(.keeperBegun)
        let view = spec.view
        lock = descriptors.lock
        self.signals = signals
        policy = view.policy
        notify = NotifySocket(descriptors.notify)
        guard sockets.listen() else { throw Failure(.socket) }
        guard let exitFile = ExitFile(in: descriptors.slotDirectory) else { throw Failure(.slot) }
        self.exitFile = exitFile
        // The group is where the tree is proven empty; without it the proof is the keeper's own children.
        group = view.killDirectory.flatMap { ControlGroup($0) }
        memoryKills = view.oomCounterFile.flatMap { MemoryKills($0) }

        let wall = clinux_realtime_ns()
        let boot = clinux_boottime_ns()
        guard let out = Pipe(), let err = Pipe() else { throw Failure(.output) }
        let limits = view.policy.logLimits
        let directory = descriptors.outputDirectory
        let run = LogRun(startedAt: wall, id: LogRunID(view.runID))
        stdout = OutputStream(.stdout, pipe: out.reader, directory: directory, limits: limits, run: run)
        stderr = OutputStream(.stderr, pipe: err.reader, directory: directory, limits: limits, run: run)

        guard let held = HeldDescriptors(view, descriptors) else {
            errno = EINVAL
            throw Failure(.descriptors)
        }
        self.held = held
        let inputPipe = view.hasInputPipe ? Pipe() : nil
        // Unlike the pipes that the keeper reads, the workload's own end blocks.
        if view.hasInputPipe, clinux_set_nonblocking(inputPipe?.reader ?? -1, 0) != 0 {
            throw Failure(.standardStreams)
        }
        input = inputPipe?.writer ?? -1
        memory = view.policy.hasCommand ? spec.duplicate() : -1

        let forked = Child.fork(
            spec, handover: held.handover, stdin: inputPipe?.reader ?? -1, stdout: out.writer,
            stderr: err.writer,
            closing: descriptors.lock)
        if let inputPipe { close(inputPipe.reader) }
        guard let child = forked else {
            throw Failure(Child.failedStep(spec, errno: errno))
        }
        FailPoint.reach(.childForked)
        self.child = child
        let keeper = getpid()
        identity = RunIdentity(
            runID: String(decoding: view.runID, as: UTF8.self),
            bootID: String(decoding: view.bootID, as: UTF8.self),
            keeper: ProcessIdentity(of: keeper) ?? ProcessIdentity(pid: keeper, startTicks: 0),
            child: ProcessIdentity(of: child.pid) ?? ProcessIdentity(pid: child.pid, startTicks: 0),
            startedAtWall: wall, startedAtBoot: boot)
        guard Self.write(identity, in: descriptors.slotDirectory) else {
            let failure = Failure(.slot)
            // End of file where the child waits for its go: it exits without having done anything.
            close(child.report)
            _ = clinux_wait(child.pid, 0, nil)
            throw failure
        }
        FailPoint.reach(.idWritten)
        close(descriptors.slotDirectory)
        self.sockets = sockets
        LaunchReport.sendGo(child.report)
        FailPoint.reach(.goSent)
    }

    private static func write(_ identity: RunIdentity, in slot: Int32) -> Bool {
        let file = clinux_openat(
            slot, SlotFiles.identity, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o640)
        guard file >= 0 else { return false }
        defer { close(file) }
        let record = identity.record()
        return Glibc.write(file, record, record.count) == record.count
    }
}

/// A pipe whose reading end never blocks.
struct Pipe {
    let reader: Int32
    let writer: Int32

    /// Nil with errno set.
    init?() {
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutableBytes(of: &ends) {
            clinux_pipe($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard made == 0 else { return nil }
        reader = ends.0
        writer = ends.1
        guard clinux_set_nonblocking(reader, 1) == 0 else { return nil }
    }
}
