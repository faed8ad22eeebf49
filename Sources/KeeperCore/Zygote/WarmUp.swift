import CLinux
import Glibc
import KeeperProtocol

/// Goes once, in the zygote, through the code that every keeper runs: what the language's runtime builds
/// when it first meets a type then lies in pages that all keepers share, instead of in each one's own. The
/// values mean nothing, and nothing outside of this process is touched.
enum WarmUp {
    static func run() {
        readSpecification()
        encodeMessages()
        talkOverASocket()
        carryOutput()
        _ = Keeper.Phase.starting == Keeper.Phase.running
        _ = StopSequence([.killTree], at: 0)
        _ = SlotFiles.exit + SlotFiles.identity
        meet([Int32].self)
        meet([PassedDescriptor].self)
        meet(ExitRecord?.self)
        compare(AgentMessage.acknowledgeExit, .updateSpec)
        compare(NotifyState(), NotifyState())
        _ = clinux_boottime_ns() + clinux_realtime_ns()
    }

    /// Makes the runtime build a type's description.
    @inline(never) private static func meet(_ type: Any.Type) {
        withExtendedLifetime(type) {}
    }

    /// Makes the runtime look up how values of a type are compared.
    @inline(never) private static func compare<Value: Equatable>(_ a: Value, _ b: Value) {
        withExtendedLifetime(a == b) {}
    }

    private static func readSpecification() {
        var spec = LaunchSpec(runID: "warm-up", executable: "/", arguments: ["warm-up"])
        spec.socketName = "warm-up"
        spec.supplementaryGroups = [0]
        spec.cgroups.tasksDirectories = ["/"]
        let bytes = spec.encoded()
        let memory = clinux_memfd("warm-up")
        guard memory >= 0, write(memory, bytes, bytes.count) == bytes.count, clinux_memfd_seal(memory) == 0,
            let mapped = MappedSpec(memory)
        else { return }
        _ = mapped.view.arguments()
        _ = mapped.view.socketName.map { String(cString: $0) }
        _ = mapped.view.killDirectory.flatMap { ControlGroup($0) }
        _ = mapped.view.oomCounterFile.flatMap { MemoryKills($0) }
    }

    private static func encodeMessages() {
        let own = ProcessIdentity(of: getpid()) ?? ProcessIdentity(pid: 0, startTicks: 0)
        let identity = RunIdentity(
            runID: "warm-up", bootID: "", keeper: own, child: own, startedAtWall: 0, startedAtBoot: 0)
        _ = identity.record()
        let messages: [KeeperMessage] = [.identity(identity), .started]
        for message in messages { _ = message.encoded() }
        _ = try? AgentMessage(decoding: AgentMessage.stop(steps: [.killTree]).encoded())
    }

    private static func talkOverASocket() {
        var ends: (Int32, Int32) = (-1, -1)
        let paired = withUnsafeMutableBytes(of: &ends) {
            clinux_seqpacket_pair($0.assumingMemoryBound(to: Int32.self).baseAddress)
        }
        guard paired == 0 else { return }
        LaunchReport.send(ends.0, step: .execute, errno: 0)
        _ = LaunchReport.receive(ends.1)
        var sockets = ControlSocket(first: ends.0, directory: -1, name: "warm-up")
        _ = sockets.listen()
        sockets.greet(ends.0)
        sockets.broadcast(KeeperMessage.started.encoded())
        var waiting = PollSet()
        for connection in sockets.connections { waiting.add(connection, .connection) }
        waiting.wait(until: 0)
        sockets.drop(ends.0)
        close(ends.1)
    }

    /// Its directory is none, so the log cannot be opened and the bytes go to /dev/null.
    private static func carryOutput() {
        guard let pipe = Pipe() else { return }
        _ = write(pipe.writer, "x", 1)
        close(pipe.writer)
        var output = OutputStream(
            .stdout, pipe: pipe.reader, directory: -1, limits: LogLimits(), run: LogRun(startedAt: 0))
        while output.pipe >= 0, output.pump() {}
        _ = LogIndexEntry(offset: 0, wall: 0, kind: .data).kind == .runStarted
        if output.pipe >= 0 { close(output.pipe) }
    }
}
