package import Manifests

/// Something that happened to an Instance, as event triggers speak of it.
package struct InstanceHappening: Sendable, Hashable {
    package var instance: String
    package var phase: EventTrigger.InstancePhase

    package init(_ instance: String, _ phase: EventTrigger.InstancePhase) {
        self.instance = instance
        self.phase = phase
    }
}

/// What asks for runs beside the clock. What comes while one is asked for already is a part of it, and none
/// comes more often than once in `SchedulingBounds.askedGap`.
extension Schedules {
    package mutating func heard(_ happenings: [InstanceHappening], at moment: Moment) {
        guard !happenings.isEmpty else { return }
        for (name, known) in memory {
            guard case .event(.instance(let instance, let phase))? = known.declared?.schedule.trigger,
                happenings.contains(InstanceHappening(instance, phase))
            else { continue }
            ask(name, .event, "Instance \(instance) is \(phase.rawValue)", at: moment)
        }
    }

    /// Files that a path trigger waits for have come or changed, and have settled.
    package mutating func pathsChanged(_ name: String, detail: String, at moment: Moment) {
        guard case .path? = memory[name]?.declared?.schedule.trigger else { return }
        ask(name, .path, detail, at: moment)
    }

    /// What is to be watched for Schedules of this node.
    package var pathTriggers: [String: PathTrigger] {
        memory.compactMapValues { known in
            guard known.isAssigned, case .path(let path)? = known.declared?.schedule.trigger else {
                return nil
            }
            return path
        }
    }

    mutating func ask(becauseOf ended: String, _ states: [ScheduledRun.State], at moment: Moment) {
        guard !states.isEmpty else { return }
        for (name, known) in memory {
            guard case .event(.schedule(let other, let outcome))? = known.declared?.schedule.trigger,
                other == ended, let state = states.first(where: { outcome.includes($0) })
            else { continue }
            ask(name, .event, "Schedule \(ended) \(state.rawValue)", at: moment)
        }
    }

    private mutating func ask(
        _ name: String, _ trigger: ScheduledRun.Trigger, _ detail: String, at moment: Moment
    ) {
        guard let known = memory[name], known.isAssigned,
            !known.state.asked.contains(where: { $0.trigger == trigger })
        else { return }
        memory[name]?.state.asked.append(AskedFiring(trigger: trigger, at: moment.wall, detail: detail))
        mark(name)
        touch(name)
    }
}

extension EventTrigger.RunOutcome {
    /// What was never started is no outcome.
    func includes(_ state: ScheduledRun.State) -> Bool {
        switch self {
        case .succeeded: state == .succeeded
        case .failed: state.isFailure
        case .ended: state == .succeeded || state.isFailure || state == .replaced || state == .stopped
        }
    }
}
