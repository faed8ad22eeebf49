import CLinux
import Glibc
import KeeperProtocol
package import Reconciler
import Synchronization

/// Coming back to what runs: every slot is asked, and nothing is guessed.
extension Supervisor {
    /// Opens the state directory, which the caller has locked, adopts what every slot holds, and starts the
    /// zygote. A claim of the caller whose run is not among the answers was never handed over. A run that is
    /// adopted alive may end, and its `exited` be told, before this returns. Its probes wait for `update`.
    package func open() async throws(SupervisorError) -> [AdoptedRun] {
        raiseDescriptorLimit()
        let isNew = access(layout.slots, F_OK) != 0
        do throws(SystemError) {
            for (path, mode) in [
                (layout.stateDir, 0o755), (layout.runtimeDir, 0o755), (layout.slots, 0o700),
                (layout.instances, 0o755), (layout.packages, 0o755), (layout.schedules, 0o755),
                (layout.keeperSockets, 0o700),
                // Runs of any user share it, as they would /tmp.
                (layout.shared, 0o1777),
            ] as [(String, mode_t)] {
                try OwnedDirectory.make(path, mode: mode)
            }
        } catch {
            throw SupervisorError(
                message: "\(error)", remedy: "make the directory writable for the agent's user")
        }
        try await waitForLastZygote()
        await packages.removeTorn()
        let adopted: [AdoptedRun]
        do throws(SystemError) {
            adopted = try await adoptAll(isNew: isNew)
        } catch {
            throw SupervisorError(
                message: "what runs here cannot be told: \(error)",
                remedy: "mend the state directory; until then everything is left as it is")
        }
        do throws(SystemError) {
            try zygote.ensureRunning()
        } catch {
            throw SupervisorError(
                message: "the zygote cannot be started: \(error)",
                remedy: [EMFILE, ENFILE].contains(error.number)
                    ? "allow more open files: RLIMIT_NOFILE (LimitNOFILE= of the service), fs.file-max"
                    : "check that \(settings.keeperExecutable) is there and executable")
        }
        return adopted
    }

    /// A start that the zygote of a killed agent has in its queue must not happen behind our back.
    private func waitForLastZygote() async throws(SupervisorError) {
        let deadline = Instant.current + SupervisorLimits.zygoteAnswerMax
        let lock: Descriptor
        do throws(SystemError) {
            lock = try Descriptor(layout.zygoteLock, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw SupervisorError(message: "\(error)", remedy: "make the state directory writable")
        }
        let patience = Instant.current + SupervisorLimits.lastZygotePatience
        while clinux_ofd_is_locked(lock.raw) != 0 {
            // One that goes on is gone at once. One that was stopped would keep this host from its agent.
            if Instant.current > patience { ZygoteProcess.killHolder(of: lock) }
            guard Instant.current < deadline else {
                throw SupervisorError(
                    message: "the zygote of an earlier agent still holds \(layout.zygoteLock)",
                    remedy: "end the process 'plumb-keeper zygote' of this state directory")
            }
            await doze(for: .milliseconds(2))
        }
    }

    /// `isNew`: no agent has had slots in this state directory.
    private func adoptAll(isNew: Bool) async throws(SystemError) -> [AdoptedRun] {
        var adopted: [AdoptedRun] = []
        var connecting: [(run: RunID, slot: Slot, memo: [UInt8])] = []
        for slot in try Slot.all(layout) {
            guard let record = slot.record() ?? recordOfHolder(slot), !record.isAcknowledged else { continue }
            guard admit(record, slot) else { continue }
            switch await lookAt(record, slot) {
            case .connecting: connecting.append((record.run, slot, record.memo))
            case .known(let state):
                adopted.append(AdoptedRun(run: record.run, slot: slot.id, memo: record.memo, state: state))
            }
        }
        for (run, slot, memo) in connecting {
            let state = await identified(run)
            adopted.append(AdoptedRun(run: run, slot: slot.id, memo: memo, state: state))
        }
        adopted += adoptUnnamed()
        await adoptHolders()
        notifySockets.sweep(
            keeping: table.withLock { Set($0.runs.filter { $0.value.phase != .over }.keys) })
        if let groups, !isNew {
            let kept = table.withLock { Set($0.runs.values.compactMap(\.group)) }
            await groups.sweep(keeping: kept.union(try groupsInDoubt(groups)))
        }
        return adopted.sorted { $0.slot < $1.slot }
    }

    /// Where the slot's record is torn and a keeper holds its lock, the keeper's own record names the run.
    private func recordOfHolder(_ slot: Slot) -> SlotRecord? {
        guard (try? slot.lockState()) != .free, let identity = slot.identity() else { return nil }
        return SlotRecord(run: RunID(text: identity.runID), bootID: identity.bootID, memo: [])
    }

    /// Groups of slots that somebody holds and nothing else tells of: they are left alone.
    private func groupsInDoubt(_ groups: ControlGroupTree) throws(SystemError) -> [String] {
        let known = table.withLock { Set($0.current.keys) }
        let held = try Slot.all(layout).filter { slot in
            !known.contains(slot.id) && (try? slot.lockState()) != .free
        }
        let prefixes = held.map { "\($0.id.instance).\($0.id.directoryName)." }
        return groups.groupsByRun().values.filter { group in
            prefixes.contains(where: ControlGroupTree.name(of: group).hasPrefix)
        }
    }

    private enum Finding {
        case connecting
        case known(AdoptedRun.State)
    }

    private func admit(_ record: SlotRecord, _ slot: Slot) -> Bool {
        var entry = RunEntry(slot: slot, phase: .losing)
        // An agent that was started another way (by hand, then as a service) had its tree elsewhere.
        entry.group = groups.map { record.group ?? $0.presentGroup(of: record.run, in: slot.id) }
        return table.withLock { $0.admit(record.run, entry) }
    }

    private func lookAt(_ record: SlotRecord, _ slot: Slot) async -> Finding {
        guard let lock = try? slot.lockState() else { return unknown(record.run, "its lock cannot be read") }
        // The lock of a run that is over is free, and its keeper may still hold what it was given.
        if lock == .free, slot.exitRecord(of: record.run) != nil { return await ended(record, slot) }
        do throws(SystemError) {
            let connection = try sockets.connect(to: "\(record.run.text).sock")
            table.withLock { $0[record.run]?.phase = .running }
            try attach(record.run, connection, takesBack: true)
            return .connecting
        } catch {
            table.withLock { $0[record.run]?.phase = .losing }
            // It died between the two questions, or its socket was removed.
            if (try? slot.lockState()) == .free { return await ended(record, slot) }
            return unknown(record.run, "its keeper holds the slot and cannot be reached: \(error)")
        }
    }

    private func unknown(_ run: RunID, _ reason: String) -> Finding {
        table.withLock { $0[run]?.phase = .unknown }
        watchKeeper(run)
        return .known(.unknown(reason: reason))
    }

    /// The lock is free: nothing of the keeper is left, or it is no keeper's any more.
    private func ended(_ record: SlotRecord, _ slot: Slot) async -> Finding {
        let group = table.withLock { $0[record.run]?.group }
        let identity = slot.identity().flatMap { $0.runID == record.run.text ? $0 : nil }
        let report: ExitReport
        if let exit = slot.exitRecord(of: record.run) {
            report = exitReport(exit, of: record.run)
        } else if record.bootID != bootID {
            report = .unseen(.rebooted, identity: identity, treeProvenEmpty: true)
        } else if let sign = await signOfKeeper(of: record.run, group: group, identity: identity) {
            return unknown(record.run, sign)
        } else if let identity {
            let proven = await endTree(of: record.run, group: group, identity: identity)
            sockets.remove("\(record.run.text).sock")
            report = .unseen(.keeperLost, identity: identity, treeProvenEmpty: proven)
        } else {
            report = .unseen(.neverHandedOver, identity: nil, treeProvenEmpty: true)
        }
        table.withLock { $0[record.run]?.phase = .over }
        if let group { groups?.remove(group) }
        return .known(.exited(report))
    }

    /// Waits for the keeper to say who it is. It has been greeted.
    private func identified(_ run: RunID) async -> AdoptedRun.State {
        let deadline = Instant.current + SupervisorLimits.helloWaitMax
        var pause = Duration.microseconds(200)
        while Instant.current < deadline {
            let entry = table.withLock { $0[run] }
            if let identity = entry?.identity {
                guard identity.runID == run.text, identity.bootID == bootID else {
                    return .unknown(reason: "its keeper says that it keeps \(identity.runID)")
                }
                return .live(Reconciler.RunIdentity(identity))
            }
            await doze(for: pause)
            pause = min(pause * 2, .milliseconds(20))
        }
        return .unknown(reason: "its keeper does not say who it is")
    }

    /// Each run takes a descriptor of the agent; its process gets limits of its own.
    private func raiseDescriptorLimit() {
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        if clinux_get_limit_nofile(&soft, &hard) == 0, soft < hard { _ = clinux_limit_nofile(hard, hard) }
    }
}
