import CLinux
import Glibc
import KeeperProtocol
package import Reconciler
import Synchronization

/// Starting a run: its slot is locked and handed, with all it needs, to a keeper.
extension Supervisor {
    /// Hands a run over to a keeper. The caller has its claim on disk. Returns once a keeper has it; from
    /// then on events tell the rest, a program that cannot be executed included. Events may come before the
    /// return.
    package func start(_ request: RunRequest) async throws(StartError) {
        var pause = SupervisorLimits.startRetryFirst
        for attempt in 1...SupervisorLimits.startAttemptsMax {
            do throws(StartError) {
                return try await startOnce(request)
            } catch {
                guard error.isRetriedHere, attempt < SupervisorLimits.startAttemptsMax else {
                    throw error
                }
            }
            await doze(for: pause)
            pause *= 2
        }
    }

    private func startOnce(_ request: RunRequest) async throws(StartError) {
        FailPoint.reach(.claimDurable)
        let launch: LaunchAssembly.Launch
        let sandbox: SandboxVerdict
        do throws(PreparationFailure) {
            if let package = request.spec.process.package { try await packages.materialise(package) }
            sandbox = try await self.sandbox(of: request.spec.process)
            launch = try assembly.launch(
                request.spec, run: request.run, slot: request.slot, revision: request.revision,
                rules: sandbox.rules, scheduled: request.scheduled)
        } catch {
            throw StartError(error)
        }
        var entry = RunEntry(slot: Slot(request.slot, layout), phase: .requested)
        entry.spec = request.spec
        entry.revision = request.revision
        entry.sandbox = sandbox.rules
        entry.begun = StartedProgram(
            executable: launch.spec.executable, packages: layout.packages, user: launch.user)
        guard table.withLock({ $0.admit(request.run, entry) }) else {
            throw StartError(
                code: StartError.slotBusy, message: "the slot \(request.slot) still has a run",
                isTransient: true)
        }
        if request.spec.heldSockets(index: request.slot.replica.index).isEmpty {
            await waitForHolders(of: request.slot, before: request.run)
        }
        do throws(StartError) {
            try await handOver(request, launch, entry.slot)
        } catch {
            withdraw(request.run)
            throw error
        }
        handedOver(request.run)
        tellShortfalls(of: request.run)
        tellDegraded(request.run, sandbox)
    }

    private func handOver(
        _ request: RunRequest, _ launch: LaunchAssembly.Launch, _ slot: Slot
    ) async throws(StartError) {
        var spec = launch.spec
        var handed: HandedDescriptors
        do throws(PreparationFailure) {
            handed = try handedDescriptors(request, isLocal: launch.isLocal, &spec)
        } catch {
            throw StartError(error)
        }
        do throws(SystemError) {
            try ReplicaSetup.directories(request.slot, layout, user: launch.user)
            if let scheduled = request.scheduled {
                try ReplicaSetup.outputDirectory(
                    of: request.run, schedule: scheduled.schedule, layout, user: launch.user)
            }
            if let file = request.spec.process.configFile {
                try ReplicaSetup.configFile(
                    file, request.slot, layout, user: launch.user, isDurable: false)
            }
            let group = try makeGroup(request)
            if let group {
                spec.cgroups = group
                if launch.isLocal, let unified = group.unifiedDirectory {
                    spec.sandbox.filterPackets(of: unified)
                }
            }
            let output = try slot.openOutput()
            let directory = try slot.openDirectory()
            let lock = try await takeLock(slot, directory)
            FailPoint.reach(.slotLocked)
            try slot.writeRecord(
                SlotRecord(
                    run: request.run, bootID: bootID, memo: request.memo, group: group?.unifiedDirectory),
                in: directory)
            if request.spec.process.notify == true {
                handed.add(try notifySockets.make(request.run, user: launch.user).release(), .notify)
            }
            let sealed = try SealedSpec.make(spec.encoded())
            let sockets = try sockets.open()
            let control = try connect(request.run)
            // Nothing fails from here on: a lock released and not packed would hold the slot for ever.
            let parcel = Parcel(
                lock: lock.release(), spec: sealed, directory: directory, output: output,
                sockets: sockets, control: control, handed: handed)
            try await hand(parcel, request.run)
        } catch {
            throw StartError(error, slot: request.slot)
        }
    }

    /// Asks the zygote, and finds out what became of the request.
    private func hand(_ parcel: consuming Parcel, _ run: RunID) async throws(SystemError) {
        let outcome = await zygote.request(parcel.roles, descriptors: parcel.descriptors)
        // The lock and the other end of the connection must be the keeper's alone from here on.
        parcel.close()
        switch outcome {
        case .forked: FailPoint.reach(.requestAnswered)
        case .failed(let number): throw SystemError("fork", "a keeper", number: number)
        case .unavailable(let message): throw SystemError("start the zygote:", message, number: ECHILD)
        case .lost: try await settle(run)
        }
    }

    /// After the death of the zygote: a keeper that was forked answers the greeting, and where none was
    /// forked nobody holds the other end any more.
    private func settle(_ run: RunID) async throws(SystemError) {
        let deadline = Instant.current + SupervisorLimits.helloWaitMax
        while Instant.current < deadline {
            let (known, connected) = table.withLock { table in
                (table[run]?.identity != nil || table[run]?.phase == .over, (table[run]?.socket ?? -1) >= 0)
            }
            if known { return }
            if !connected { throw SystemError("reach", "the zygote", number: EAGAIN) }
            await doze(for: .milliseconds(2))
        }
    }

    /// Our end of a new connection, registered and greeted; the other end is returned.
    private func connect(_ run: RunID) throws(SystemError) -> Int32 {
        var pair: [Int32] = [-1, -1]
        guard clinux_seqpacket_pair(&pair) == 0 else { throw SystemError("socketpair", "") }
        let theirs = Descriptor(owning: pair[1])
        try attach(run, Descriptor(owning: pair[0]))
        return theirs.release()
    }

    private func takeLock(
        _ slot: Slot, _ directory: borrowing Descriptor
    ) async throws(SystemError) -> Descriptor {
        let deadline = Instant.current + SupervisorLimits.slotLockWaitMax
        var pause = Duration.microseconds(200)
        while true {
            if let lock = try slot.takeLock(in: directory) { return lock }
            // The keeper of the run before is on its way out.
            guard Instant.current < deadline else {
                throw SystemError("lock", slot.path, number: EWOULDBLOCK)
            }
            await doze(for: pause)
            pause = min(pause * 2, .milliseconds(20))
        }
    }

    /// A keeper has the run. What came while that was open is made up for.
    private func handedOver(_ run: RunID) {
        let (lost, stop) = table.withLock { table -> (Bool, AgentMessage?) in
            guard table[run]?.phase == .requested else { return (false, nil) }
            table[run]?.phase = .starting
            let stop = table[run]?.pendingStop
            table[run]?.pendingStop = nil
            return ((table[run]?.socket ?? -1) < 0, stop)
        }
        if let stop { send(stop, to: run) }
        if let slot = table.withLock({ $0[run]?.slot.id }) { releaseHolders(of: slot, before: run) }
        if lost { connectionEnded(run) }
    }

    /// Nobody has the run: nothing of it is left but its directories.
    private func withdraw(_ run: RunID) {
        guard let entry = table.withLock({ $0.remove(run) }) else { return }
        detach(entry)
        if let group = entry.group { groups?.remove(group) }
        if entry.spec?.process.notify == true { notifySockets.remove(run) }
        if entry.slot.record()?.run == run { SlotRecord.acknowledge(slotPath: entry.slot.path) }
    }
}

extension StartError {
    static let slotBusy = "slot-busy"
    static let resources = "resources"
    static let zygote = "zygote"

    /// A limit of the host that others may make room in, or a zygote that is being replaced.
    fileprivate var isRetriedHere: Bool { code == Self.resources || code == Self.zygote }

    init(_ error: SystemError, slot: SlotID) {
        switch error.number {
        case EWOULDBLOCK where error.call == "lock":
            self.init(
                code: Self.slotBusy, message: "the keeper of the last run of \(slot) still holds its slot",
                isTransient: true)
        case EAGAIN, ENOMEM, EMFILE, ENFILE, ETOOMANYREFS, ENOBUFS:
            self.init(
                code: Self.resources, message: "\(error) (\(Self.limit(error.number)))", isTransient: true)
        case ECHILD:
            self.init(code: Self.zygote, message: "\(error.call) \(error.subject)", isTransient: true)
        default:
            self.init(code: "start-failed", message: "\(error)", isTransient: error.isTransient)
        }
    }

    /// Which limit of the host a start has met.
    private static func limit(_ number: Int32) -> String {
        switch number {
        case EMFILE: "the agent's limit of open files, RLIMIT_NOFILE"
        case ENFILE: "the host's limit of open files, fs.file-max"
        case ENOMEM: "the host's memory"
        case ETOOMANYREFS, ENOBUFS: "the kernel's limit of descriptors in flight"
        default: "the limit of processes: RLIMIT_NPROC, kernel.pid_max or pids.max"
        }
    }
}
