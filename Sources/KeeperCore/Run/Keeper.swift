import CLinux
import Glibc
import KeeperProtocol

/// The parent of one run. It starts the workload, carries its output, stops it when told, and does not go
/// before the way it ended is known to someone or is on disk. It decides nothing else.
final class Keeper {
    /// The phases of a run, in order.
    enum Phase {
        case starting
        case running
        case ended
    }

    let child: Child
    let identity: RunIdentity
    let lock: Int32
    let signals: Int32
    let exitFile: ExitFile
    let group: ControlGroup?

    var policy: KeeperPolicy
    var sockets: ControlSocket
    var notify: NotifySocket
    var discards = Discards()
    var stdout: OutputStream
    var stderr: OutputStream
    var phase = Phase.starting
    var stop: StopSequence?
    /// The stop command that runs.
    var command: StopCommandRun?
    /// What the run was given beside its standard streams, and what is done with it at the end.
    var held: HeldDescriptors
    var isReleased = false
    /// The writing end of the run's standard input, or -1.
    var input: Int32
    /// The sealed launch specification, kept for the environment of stop commands; -1 where there are none.
    /// It is mapped by none but the children that run them.
    var memory: Int32
    /// The report socket, or -1 once the child has executed its program or failed to.
    var report: Int32
    /// The child has said that only execve is left.
    var isExecuting = false
    var launchFailure: (step: LaunchStep, errno: Int32, subject: String)?
    /// Set when the main process has been reaped.
    var end: ChildEnd?
    /// Set when the run is over and told.
    var record: ExitRecord?
    var isAcknowledged = false
    /// nil where nobody counts.
    var memoryKills: MemoryKills?

    init(_ start: KeeperStart) {
        child = start.child
        identity = start.identity
        lock = start.lock
        signals = start.signals
        exitFile = start.exitFile
        group = start.group
        memoryKills = start.memoryKills
        policy = start.policy
        sockets = start.sockets
        notify = start.notify
        stdout = start.stdout
        stderr = start.stderr
        report = start.child.report
        held = start.held
        input = start.input
        memory = start.memory
        notify.count(stored: held.storedCount, refused: 0)
    }

    /// Runs until the run has ended and its record is safe. Returns whether the tree was proven empty.
    func run() -> Bool {
        // What it took to start is not needed again, and there may be thousands of keepers.
        clinux_trim_memory()
        while end == nil || command != nil { turn(until: stop?.deadline) }
        let isProven = finish()
        keepRecordSafe()
        if held.isEmpty || !isProven { sockets.unlink() }
        // Before the connections end with the process: whoever sees that finds the slot free.
        close(lock)
        if !held.isEmpty, isProven {
            hold()
            sockets.unlink()
        }
        // The child that closes what nobody wants may live on, and has all of them open.
        sockets.close()
        return isProven
    }

    /// Sleeps until something happens or `deadline` (CLOCK_BOOTTIME, nil: no deadline), and deals with it.
    func turn(until deadline: UInt64?) {
        var waiting = PollSet()
        waiting.add(signals, .signals)
        waiting.add(report, .report)
        waiting.add(stdout.pipe, .stdout)
        waiting.add(stderr.pipe, .stderr)
        waiting.add(sockets.listener, .listener)
        waiting.add(command?.result ?? -1, .command)
        let connections = sockets.connections
        for connection in connections { waiting.add(connection, .connection) }
        let stored = held.watched
        for place in stored { waiting.watch(held.descriptors[place]) }
        let now = clinux_boottime_ns()
        waiting.add(discards.hasRoom ? notify.readable(at: now) : -1, .notify)
        // A group that was removed after the end speaks for ever.
        if record == nil { memoryKills?.add(to: &waiting) }
        let look = Self.earlier(notify.deadline(at: now), memoryKills?.deadline(at: now))
        let expiry = Self.earlier(stdout.deadline, stderr.deadline)
        let retry = discards.deadline
        waiting.wait(until: Self.earlier(Self.earlier(deadline, expiry), Self.earlier(look, retry)))

        // First of all: the places are those of now.
        forget(stored.indices.filter { waiting.isWatchedOver($0) }.map { stored[$0] })
        if memoryKills?.look(isReady: waiting.isReady(.memory)) == true { tellMemoryKills() }
        if waiting.isReady(.stdout) { pump(\.stdout) }
        if waiting.isReady(.stderr) { pump(\.stderr) }
        if waiting.isReady(.report) { _ = readReport() }
        if waiting.isReady(.command) { readCommandResult() }
        for index in 0..<connections.count where waiting.isConnectionReady(index) {
            // What was told above may have dropped it, and its number may be another file's by now.
            if sockets.holds(connections[index]) { serve(connections[index]) }
        }
        if waiting.isReady(.listener) { sockets.accept() }
        // Before the signals: a sender that has just ended is still there to be looked at.
        if waiting.isReady(.notify) { readNotices() }
        tellNotices()
        if expiry != nil { expireLogs() }
        if waiting.isReady(.signals) { readSignal() }
        discards.start()
        continueStopping()
    }

    private static func earlier(_ first: UInt64?, _ second: UInt64?) -> UInt64? {
        guard let first, let second else { return first ?? second }
        return min(first, second)
    }

    func pump(_ output: ReferenceWritableKeyPath<Keeper, OutputStream>) {
        var left = KeeperBounds.pumpsPerTurn
        while left > 0, self[keyPath: output].pump() { left -= 1 }
        tellNews(output)
    }

    private func expireLogs() {
        let now = clinux_boottime_ns()
        stdout.expire(at: now)
        stderr.expire(at: now)
    }

    func tellNews(_ output: ReferenceWritableKeyPath<Keeper, OutputStream>, isLast: Bool = false) {
        guard let news = self[keyPath: output].takeNews(isLast: isLast) else { return }
        for message in KeeperMessage.all(news, of: self[keyPath: output].stream) {
            sockets.broadcast(message.encoded())
        }
    }

    private func tellMemoryKills() {
        guard let memoryKills else { return }
        sockets.broadcast(KeeperMessage.memoryKills(total: memoryKills.told).encoded())
    }

    /// Reads one word of the child's; false if it has said nothing more.
    func readReport() -> Bool {
        switch LaunchReport.receive(report) {
        case .none:
            return false
        case .executing:
            isExecuting = true
        case .failed(let step, let errno, let subject):
            launchFailure = (step, errno, subject)
            sockets.broadcast(KeeperMessage.execFailed(step: step, errno: errno).encoded())
        case .endOfFile:
            close(report)
            report = -1
            if isExecuting && launchFailure == nil {
                phase = .running
                FailPoint.reach(.execDone)
                sockets.broadcast(KeeperMessage.started.encoded())
            }
        }
        return true
    }

    private func readSignal() {
        var signal = clinux_signal()
        guard clinux_signalfd_read(signals, &signal) == 1 else { return }
        if signal.number == SIGTERM {
            isReleased = record != nil
            beginStopping(nil)
        }
        // SIGCHLD may stand for many, and may have been swallowed by a TERM of the same moment: always look.
        _ = reap()
    }

    /// Reaps every child that has ended; true when there is none left of the run's.
    func reap() -> Bool {
        var usage = clinux_usage()
        while true {
            let pid = clinux_wait(-1, 1, &usage)
            if pid == 0 {
                return discards.closer > 0 && !ProcessTree.hasDescendant(sparing: [discards.closer])
            }
            if pid < 0 { return errno == ECHILD }
            discards.reaped(pid)
            if pid == child.pid { end = child.end(usage) }
        }
    }

    @discardableResult
    func killTree() -> Bool {
        let spared: Set<pid_t> = discards.closer > 0 ? [discards.closer] : []
        return TreeKiller(group: group, spared: spared, signals: signals, reap: { self.reap() }).kill()
    }
}

/// How the main process ended, as wait4 told it.
struct ChildEnd {
    let usage: clinux_usage
    let wall: UInt64
    let boot: UInt64

    init(_ usage: clinux_usage) {
        self.usage = usage
        wall = clinux_realtime_ns()
        boot = clinux_boottime_ns()
    }
}
