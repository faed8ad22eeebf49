import CLinux
import Glibc
import KeeperProtocol
package import Reconciler
import Synchronization

/// Makes processes, and knows them truly: the agent's side of zygote, keepers, slots, probes and packages.
///
/// Every run that `start` has handed over ends with exactly one `exited` event. `events` is called from the
/// Supervisor's own threads, one call at a time; it must not block, and may call back into the Supervisor.
/// Dropping a Supervisor without `shutdown` is to the runs what the death of the agent is: they go on.
package final class Supervisor: Sendable {
    let settings: SupervisorSettings
    let layout: StateLayout
    let bootID: String
    let loop: EventLoop
    let zygote: ZygoteLink
    let assembly: LaunchAssembly
    package let packages: PackageStore
    /// nil where runs have no control groups.
    let groups: ControlGroupTree?
    let prober: Prober
    let accountant = Accountant()
    let trials = SandboxTrials()
    let drift: DriftWatch
    /// For path triggers of Schedules.
    package let paths: PathWatch
    let comparisons = FileComparisons()
    let table = Mutex(RunTable())
    let sockets: SocketDirectory
    let held = HeldSockets()
    let disposal = Disposal()
    let store: DescriptorStore
    let pings = KeeperPings()
    let notifySockets: NotifySockets
    private let looker: SupervisorReference
    private let events: @Sendable (RunEvent) -> Void
    /// Held while an event is told, so that nothing is told of a run after its end.
    private let telling = Mutex(())

    package init(
        settings: SupervisorSettings, packages source: any PackageSource,
        events: @escaping @Sendable (RunEvent) -> Void
    ) throws(SupervisorError) {
        guard let boot = BootID.current else {
            throw SupervisorError(
                message: "the boot id of this host cannot be read", remedy: "mount /proc")
        }
        do throws(SystemError) {
            loop = try EventLoop()
        } catch {
            throw SupervisorError(message: "\(error)", remedy: "raise the limit of open files")
        }
        self.settings = settings
        self.events = events
        bootID = boot
        layout = settings.layout
        zygote = ZygoteLink(
            loop: loop, executable: settings.keeperExecutable, lockPath: layout.zygoteLock)
        packages = PackageStore(
            directory: layout.packages, source: source, settings: settings.artifacts,
            unpacker: settings.unpackerExecutable)
        // The tree is named after the directory, not only after its path.
        try? OwnedDirectory.make(layout.stateDir, mode: 0o755)
        groups =
            settings.controlGroups == .off
            ? nil
            : ControlGroupTree(
                host: settings.controlGroupHost ?? .current(), stateDir: settings.stateDir,
                isRoot: geteuid() == 0, name: settings.controlGroupTree)
        prober = Prober(loop: loop)
        store = DescriptorStore(disposal: disposal)
        // The watch begins before there is anybody to look.
        let looker = SupervisorReference()
        self.looker = looker
        drift = DriftWatch(loop: loop) { reason in
            looker.value?.tell(.unwatched(reason: reason))
        } look: { run in
            await looker.value?.lookForDrift(run)
        }
        paths = PathWatch(loop: loop, directory: layout.stateDir + "/paths")
        sockets = SocketDirectory(path: layout.keeperSockets)
        notifySockets = NotifySockets(directory: layout.notifySockets)
        assembly = LaunchAssembly(
            layout: layout, nodeName: settings.nodeName, bootID: boot, users: UserDirectory(),
            secrets: SecretDirectory(path: settings.secretsDir), packages: packages)
        looker.value = self
    }

    deinit { release() }

    /// Checks whether a run of the spec could begin here, and brings its package; nothing that runs is
    /// touched. nil: it could. Asking again costs little.
    package func prepare(_ spec: InstanceSpec) async -> PreparationFailure? {
        do throws(PreparationFailure) {
            if let package = spec.process.package { try await packages.materialise(package) }
            try assembly.check(spec)
            try openSockets(spec)
            _ = try await sandbox(of: spec.process)
            return nil
        } catch {
            return error
        }
    }

    /// What shows the host's part in how surely runs are ended, for status.
    package var info: SupervisorInfo {
        SupervisorInfo(bootID: bootID, controlGroupTree: groups?.path)
    }

    package func runtimeInfo(_ run: RunID) -> RuntimeInfo? {
        table.withLock { table in
            table[run].map { entry in
                RuntimeInfo(
                    slot: entry.slot.id, identity: entry.identity.map(Reconciler.RunIdentity.init),
                    controlGroup: entry.group, lostLogBytes: entry.lostLogBytes,
                    isReachable: entry.socket >= 0)
            }
        }
    }

    /// Lets go of everything but the runs: the zygote ends, the keepers stay. With `keepRuns` false every run
    /// is stopped by its policy first, and this returns when the last has ended.
    package func shutdown(keepRuns: Bool) async {
        if !keepRuns { await stopAll() }
        prober.stopAll()
        release()
        // Refused by the kernel while any run is in it.
        groups?.removeTree()
        await prober.shutdown()
    }

    /// Tells one event, if `condition` still holds at its turn.
    func tell(_ event: RunEvent, if condition: () -> Bool = { true }) {
        telling.withLock { _ in
            if condition() { events(event) }
        }
    }

    private func release() {
        drift.stop()
        paths.stop()
        zygote.close()
        loop.stop()
        held.close()
        store.close()
        let descriptors = table.withLock { table in
            let all = table.runs.values.flatMap { [$0.socket, $0.keeperPidfd] }
            table = RunTable()
            return all
        }
        for descriptor in descriptors where descriptor >= 0 { close(descriptor) }
    }
}

/// The Supervisor as its parts know it: gone once nobody else holds it.
final class SupervisorReference: Sendable {
    private let held = Mutex(Weak())

    private struct Weak: Sendable { weak var supervisor: Supervisor? }

    var value: Supervisor? {
        get { held.withLock { $0.supervisor } }
        set { held.withLock { $0.supervisor = newValue } }
    }
}

/// How this host lets the Supervisor do its work.
package struct SupervisorInfo: Sendable, Hashable {
    package var bootID: String
    /// The directory of the runs' control groups; nil: there are none, and the end of a tree whose keeper was
    /// killed cannot be proven (`TreeUnproven`).
    package var controlGroupTree: String?
}

/// One run as it is now.
package struct RuntimeInfo: Sendable, Hashable {
    package var slot: SlotID
    /// nil until its process exists.
    package var identity: Reconciler.RunIdentity?
    package var controlGroup: String?
    package var lostLogBytes: UInt64
    /// Whether its keeper is connected.
    package var isReachable: Bool
}
