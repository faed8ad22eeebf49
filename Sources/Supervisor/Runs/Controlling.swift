import CLinux
import Glibc
import KeeperProtocol
package import Manifests
package import Reconciler
import Synchronization

/// What can be done to a run that lives or has ended.
extension Supervisor {
    private static let stopPollPeriod: Duration = .milliseconds(20)

    /// Has the keeper end the run: the drain, the steps, then all that is left of its tree. `exited` tells
    /// that it is done. A second stop by the same policy changes nothing; by another it replaces the steps of
    /// the first, without a second drain. A run that nobody knows is ignored.
    package func stop(_ run: RunID, policy: StopPolicy) {
        let request = LaunchAssembly.request(policy)
        let (pidfd, probes) = table.withLock { table -> (Int32, RunProbes?) in
            guard let entry = table[run] else { return (-1, nil) }
            if entry.phase == .requested, entry.socket < 0 { table[run]?.pendingStop = request }
            // What drains or ends is not to be judged alive or dead meanwhile.
            table[run]?.isStopping = true
            table[run]?.probes = nil
            return (entry.phase == .unknown ? entry.keeperPidfd : -1, entry.probes)
        }
        probes?.stop()
        if pidfd >= 0 {
            // Its keeper cannot be told how, but it is proven to be the keeper: TERM is its stop by policy.
            _ = clinux_pidfd_send_signal(pidfd, SIGTERM)
        } else {
            send(request, to: run)
        }
        watchStop(of: run, policy: policy)
    }

    /// Sends a signal to the run's main process.
    package func signal(_ run: RunID, _ signal: Signal) {
        send(.signal(signal.number), to: run)
    }

    /// Puts live fields into force: probes, the policy of stopping, the limits of logs. `reload`: the config
    /// file is replaced as well, and then the unit's reload signal is sent. For an adopted run this gives the
    /// Supervisor the spec, without which it probes nothing; `isStartupPassed` says that its startup probe
    /// passed in an earlier life of the agent, or that there is none to wait for. `memo` is kept beside the
    /// slot once all of it is done.
    package func update(
        _ run: RunID, spec: InstanceSpec, revision: RevisionID? = nil, reload: Bool,
        isStartupPassed: Bool = false, memo: [UInt8]? = nil
    ) async throws(PreparationFailure) {
        let (old, slot) = table.withLock { table -> (InstanceSpec?, Slot?) in
            let old = table[run]?.spec
            table[run]?.spec = spec
            if let revision { table[run]?.revision = revision }
            // A startup probe that is added to a process which has started comes too late.
            if isStartupPassed || (old != nil && old?.health.startup == nil) {
                table[run]?.isStartupPassed = true
            }
            return (old, table[run]?.slot)
        }
        guard let slot else { return }
        if reload, let file = spec.process.configFile { try writeConfig(file, spec, slot.id) }
        let refusal = await sendPolicy(spec, to: run, isAdopted: old == nil)
        if let old {
            if old.resources != spec.resources {
                changeLimits(of: run, from: old.resources, to: spec.resources)
            }
        } else {
            lookAtLimits(of: run, spec.resources)
            if let sandbox = try? await sandbox(of: spec.process) { tellDegraded(run, sandbox) }
        }
        if reload, let signal = spec.process.reloadSignal { self.signal(run, signal) }
        if old?.health != spec.health || old?.process != spec.process {
            startProbes(run)
        }
        followDrift(run, old, spec)
        if let refusal { throw refusal }
        if let memo { remember(memo, of: run) }
    }

    /// Under the table's lock, because the slot's next run writes its own record as soon as this one is over.
    private func remember(_ memo: [UInt8], of run: RunID) {
        table.withLock { table in
            guard let entry = table[run], entry.phase != .over, table.current[entry.slot.id] == run else {
                return
            }
            // Where it fails the record of before stays whole, and the next agent applies the change once
            // more.
            try? entry.slot.replaceRecord(
                SlotRecord(run: run, bootID: bootID, memo: memo, group: entry.group))
        }
    }

    /// Stop commands need the environment of the run, so a policy that has some travels as a specification of
    /// its own, sealed. A keeper that was adopted has its commands already.
    private func sendPolicy(
        _ spec: InstanceSpec, to run: RunID, isAdopted: Bool
    ) async -> PreparationFailure? {
        do throws(PreparationFailure) {
            guard !spec.stop.commands.isEmpty else {
                send(.updatePolicy(try assembly.policy(spec)), to: run)
                return nil
            }
            if !isAdopted, let entry = table.withLock({ $0[run] }) {
                try await sendSpec(spec, to: run, entry)
            }
            return nil
        } catch {
            return error
        }
    }

    private func sendSpec(
        _ spec: InstanceSpec, to run: RunID, _ entry: RunEntry
    ) async throws(PreparationFailure) {
        let rules = try await rules(of: entry, spec)
        var launch = try assembly.launch(
            spec, run: run, slot: entry.slot.id, revision: entry.revision ?? RevisionID(hex: ""),
            rules: rules
        ).spec
        if let group = entry.group, let groups { launch.cgroups = groups.paths(group) }
        do throws(SystemError) {
            let memory = try SealedSpec.make(launch.encoded())
            send(.updateSpec, with: [memory.raw], to: run)
        } catch {
            throw PreparationFailure(
                code: "policy-send", message: "\(error)", remedy: "make room for the agent's memory",
                isTransient: true)
        }
    }

    private func writeConfig(
        _ file: ConfigFileSpec, _ spec: InstanceSpec, _ slot: SlotID
    ) throws(PreparationFailure) {
        let user = try assembly.users.resolve(user: spec.process.user, group: spec.process.group)
        do throws(SystemError) {
            try ReplicaSetup.configFile(file, slot, layout, user: user, isDurable: true)
        } catch {
            throw PreparationFailure(
                code: "config-write", message: "\(error)", remedy: "make room or mend the state directory",
                isTransient: error.isTransient)
        }
    }

    /// The caller knows the end of the run for good: its keeper goes and its slot is free.
    package func acknowledge(_ run: RunID) async {
        FailPoint.reach(.exitDurable)
        let gone = table.withLock { table -> RunEntry? in
            guard let entry = table[run], entry.phase == .over, !entry.isAcknowledged else { return nil }
            table[run]?.isAcknowledged = true
            // The slot may have its next run already, whose record must stay as it is.
            if table.current[entry.slot.id] == run { SlotRecord.acknowledge(slotPath: entry.slot.path) }
            return entry.socket < 0 ? table.remove(run) : nil
        }
        if let gone { return detach(gone) }
        send(.acknowledgeExit, to: run)
        releaseUnwanted(run)
    }

    /// Removes the slot's directory, logs included. False, and nothing is done, while a run has it.
    @discardableResult
    package func removeSlot(_ id: SlotID) -> Bool {
        let slot = Slot(id, layout)
        guard table.withLock({ $0.current[id] == nil }), (try? slot.lockState()) == .free else {
            return false
        }
        DirectoryTree.remove(slot.path)
        rmdir("\(layout.slots)/\(id.instance)")
        return true
    }

    /// Removes the replica's own directories. False, and nothing is done, while a run has one of its slots.
    @discardableResult
    package func removeReplicaDirectories(_ replica: ReplicaID) -> Bool {
        let first = SlotID(replica: replica)
        for id in [first, first.other] {
            guard table.withLock({ $0.current[id] == nil }), (try? Slot(id, layout).lockState()) == .free
            else { return false }
        }
        DirectoryTree.remove(layout.replica(replica))
        rmdir("\(layout.instances)/\(replica.instance)")
        return true
    }

    /// Stops every run by its own policy and waits for the ends.
    func stopAll() async {
        // What is not proven is left alone.
        let runs = table.withLock { $0.runs.filter { $0.value.phase != .unknown }.map(\.key) }
        for run in runs { send(.stop(steps: nil), to: run) }
        while table.withLock({ table in
            runs.contains { run in
                guard let phase = table[run]?.phase else { return false }
                return phase != .over && phase != .unknown
            }
        }) {
            await doze(for: Self.stopPollPeriod)
        }
    }
}
