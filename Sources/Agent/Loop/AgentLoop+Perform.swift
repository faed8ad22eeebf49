import Manifests
import Reconciler

/// A plan's actions with everything decided: run ids given, the world already changed by them.
struct Work {
    var prepares: [InstanceSpec] = []
    var starts: [RunRequest] = []
    var stops: [StopAction] = []
    var updates: [(action: UpdateAction, memo: [UInt8])] = []
}

extension AgentLoop {
    /// Changes the world by what is about to be performed, and notes what must be durable before.
    func take(_ plan: Plan, at moment: Moment) -> Work {
        var work = Work()
        for action in plan.actions {
            switch action {
            case .prepare(let spec):
                world.preparing(spec)
                work.prepares.append(spec)
            case .stop(let stop):
                world.stopping(stop, at: moment)
                work.stops.append(stop)
            case .update(let update):
                world.updating(update, at: moment)
                work.updates.append((update, memo(of: update.run)))
            case .start(let start): work.starts.append(claim(start, at: moment))
            }
        }
        return work
    }

    private func claim(_ start: StartAction, at moment: Moment) -> RunRequest {
        let milliseconds = UInt64(clamping: moment.wall.nanoseconds / 1_000_000)
        let chance = UInt32(clock.random() * Double(UInt32.max))
        let id = RunID(milliseconds: milliseconds, randomness: chance)
        world.starting(start, as: id, at: moment)
        batch.claims.append(
            RunClaimed(
                run: id, slot: start.slot, spec: start.spec, nonce: start.nonce, revision: start.revision,
                claimedWall: moment.wall, bootID: clock.bootID))
        let memo = memo(of: id)
        return RunRequest(
            run: id, slot: start.slot, spec: start.spec, revision: start.revision.id, memo: memo)
    }

    private func memo(of run: RunID) -> [UInt8] { world.run(run).map { RunMemo($0).encoded() } ?? [] }

    func collectChanges() {
        collectSchedules()
        let (memories, events) = world.takeChanges()
        if !memories.isEmpty { packagesMayBeUnneeded(at: clock.now()) }
        batch.memories += memories.map { ($0.0, $0.1) }
        batch.events += events
        if let memory = gates.takeMemory() { batch.gates = memory }
        recorder.note(memories: memories, events: events, in: world, at: clock.now())
        let history = recorder.take()
        batch.specs += history.specs
        batch.traces += history.traces
        for trace in history.traces where trace.outcome == .superseded {
            let newer = trace.supersededBy.map { ": \($0.short) came before it was its turn" } ?? ""
            batch.revisions.append(
                RevisionOutcome(
                    revision: trace.revision, outcome: .superseded,
                    message: "\(trace.revision.short) was not applied\(newer)", at: clock.now().wall))
        }
        meters.note(events, history.traces)
    }

    /// Writes the batch; on failure it is kept and written with the next one.
    @discardableResult
    func commitBatch() async -> Bool {
        guard !batch.isEmpty else { return !storeFailing }
        let writing = batch
        batch = MemoryBatch()
        do {
            try await store.commit(writing)
            if storeFailing {
                storeFailing = false
                conditions.clear(.storeFailing)
            }
            return true
        } catch {
            var kept = writing
            kept.append(batch)
            batch = kept
            storeFailing = true
            conditions.set(
                .storeFailing, true, reason: "StoreUnwritable",
                message: "what happens is not remembered: \(error); oneshots wait, everything else goes on",
                at: clock.now().wall)
            retryCommitLater()
            return false
        }
    }

    /// The planner knows nothing of the store, so its timer is not enough to try again. One retry is under
    /// way at most: each turn of the loop fails again while the disk is full.
    private func retryCommitLater() {
        guard !isRetryingCommit else { return }
        isRetryingCommit = true
        let (clock, mailbox) = (clock, mailbox)
        Task {
            await clock.sleep(until: clock.now().instant + Self.storeRetry)
            mailbox.post(.commitDue)
        }
    }

    static let storeRetry = Duration.seconds(1)

    /// Hands the work out. Each piece runs beside the loop and reports by an event.
    func perform(_ work: Work, durable: Bool) {
        let (runs, mailbox) = (runs, mailbox)
        if durable { acknowledgeEnded() }
        // A slot is free only once its last run is acknowledged.
        let slotsFree = acknowledging
        for stop in work.stops {
            Task { await runs.stop(stop.run, policy: stop.policy) }
        }
        for update in work.updates { performUpdate(update.action, memo: update.memo) }
        for spec in work.prepares {
            Task {
                let failure = await runs.prepare(spec)
                mailbox.post(.prepared(spec, failure, inputs: await runs.inputs(of: spec)))
            }
        }
        for wanted in world.takeErrorsWanted() {
            Task {
                let lines = await runs.lastErrors(
                    of: wanted.run, in: wanted.slot, lines: RolloutFailure.errorLinesMax)
                mailbox.post(.errorsRead(lines, of: wanted.run, instance: wanted.instance))
            }
        }
        for request in work.starts {
            if !durable && request.spec.profile == .oneshot {
                mailbox.post(.startRefused(request.run, Self.unwritable))
                continue
            }
            Task {
                await slotsFree?.value
                do throws(HostFailure) {
                    try await runs.start(request)
                } catch {
                    mailbox.post(.startRefused(request.run, error))
                }
            }
        }
    }

    /// One after the other, each batch behind the one before.
    func acknowledgeEnded() {
        guard !ended.isEmpty else { return }
        let (runs, before, acknowledged) = (runs, acknowledging, ended)
        ended = []
        acknowledging = Task {
            await before?.value
            for run in acknowledged { await runs.acknowledge(run) }
        }
    }

    /// What is done to one live run is done in order: a later change must not be overtaken by an earlier one.
    private func performUpdate(_ update: UpdateAction, memo: [UInt8]) {
        let (runs, mailbox, before) = (runs, mailbox, updating[update.run])
        updating[update.run] = Task {
            await before?.value
            do throws(HostFailure) {
                try await runs.update(update.run, spec: update.spec, reload: update.reload, memo: memo)
                mailbox.post(.updated(update.run))
            } catch {
                mailbox.post(.updateFailed(update.run, error))
            }
        }
    }

    static let unwritable = HostFailure(
        code: "StoreUnwritable", message: "a oneshot may run only once, and its claim could not be stored",
        remedy: "see the agent's condition StoreFailing")
}
