package import Reconciler

extension SimulatedHost {
    /// Rounds after which a plan that still acts is taken for a busy loop.
    package static let roundsMax = 200

    package struct BusyLoop: Error {}

    /// Plans and performs until nothing is left to do at this moment; runs begin and end at once, those of
    /// `stuck` excepted. Each plan that acts is handed to `watch`.
    @discardableResult
    package mutating func settle(
        stuck: Set<SlotID> = [], watch: (Plan, inout SimulatedHost) throws -> Void = { _, _ in }
    ) throws -> Plan {
        for _ in 0..<Self.roundsMax {
            let plan = plan()
            guard !plan.actions.isEmpty || isUnfinished(stuck) else { return plan }
            try watch(plan, &self)
            perform(plan)
            react(stuck)
        }
        throw BusyLoop()
    }

    private func isUnfinished(_ stuck: Set<SlotID>) -> Bool {
        !checks.isEmpty
            || processes.values.contains { process in
                guard !stuck.contains(process.slot) else { return false }
                if case .requested = process.state { return true }
                return process.stopRequested && process.isLive && !isSilent(process)
            }
    }

    private func isSilent(_ process: SimulatedProcess) -> Bool {
        if case .silent = process.state { true } else { false }
    }

    private mutating func react(_ stuck: Set<SlotID>) {
        if !checks.isEmpty { answerChecks() }
        for process in processes.values.sorted(by: { $0.slot < $1.slot }) where !stuck.contains(process.slot)
        {
            switch process.state {
            case .requested: begin(process.run)
            case .live where process.stopRequested: end(process.run, .signaled(number: 15, coreDumped: false))
            default: break
            }
        }
    }

    /// Lets time pass up to an instant, waking whenever a plan asks for it.
    package mutating func advance(
        by duration: Duration, stuck: Set<SlotID> = [],
        watch: (Plan, inout SimulatedHost) throws -> Void = { _, _ in }
    ) throws {
        let end = clock.now + duration
        for _ in 0..<Self.roundsMax {
            let plan = try settle(stuck: stuck, watch: watch)
            guard let wake = plan.wakeAt, wake <= end else {
                clock.advance(to: end)
                try settle(stuck: stuck, watch: watch)
                return
            }
            if wake <= clock.now { throw BusyLoop() }
            wait(until: wake)
        }
        throw BusyLoop()
    }
}
