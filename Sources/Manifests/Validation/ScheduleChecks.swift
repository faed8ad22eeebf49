extension Assembler {
    /// What a Schedule refers to must be there, and fit.
    mutating func checkSchedules() {
        guard !schedules.isEmpty else { return }
        for (record, pick) in zip(schedules, schedulePicks) {
            let schedule = record.declaration
            if let unit = pick?.declaration { check(schedule, runs: unit) }
            for (number, dependency) in schedule.dependsOn.enumerated() {
                check(dependency, number, at: schedule.source)
            }
            checkReferences(of: schedule)
        }
        checkTriggerCycles()
    }

    // MARK: The Unit of a run

    private mutating func check(_ schedule: ScheduleDeclaration, runs unit: UnitDeclaration) {
        let place = schedule.source.location(of: "spec.action.run.unit")
        if unit.profile != .oneshot {
            collector.add(
                Diagnostic(
                    .notOneshot, at: place,
                    "'\(unit.id)' is not meant to end (profile \(unit.profile.rawValue)), and a Schedule runs"
                        + " a oneshot",
                    help: "write profile: oneshot in the Unit, or declare an Instance of it and use"
                        + " action: {restart: {instance: …}}",
                    notes: [unitNote(unit, "spec.profile", "the Unit")]))
        }
        if unit.entry.fileDescriptorStoreMax > 0 {
            collector.add(
                Diagnostic(
                    .notYetSupported, at: place,
                    "descriptors that are left for the next run are not supported for a Schedule",
                    help: "remove fileDescriptorStoreMax from the Unit, or take one without it",
                    notes: [unitNote(unit, "spec.entry.fileDescriptorStoreMax", "the Unit")]))
        }
        for (index, endpoint) in unit.endpoints.enumerated() { check(endpoint, index, of: unit, schedule) }
    }

    private mutating func check(
        _ endpoint: Endpoint, _ index: Int, of unit: UnitDeclaration, _ schedule: ScheduleDeclaration
    ) {
        let note = unitNote(unit, "spec.endpoints[\(index)]", "the Unit's endpoint '\(endpoint.name)'")
        if endpoint.listen {
            collector.add(
                Diagnostic(
                    .notYetSupported, at: schedule.source.location(of: "spec.action.run.unit"),
                    "a port that Plumb holds open (endpoint '\(endpoint.name)') is not supported for a"
                        + " Schedule: between its runs nobody would answer",
                    help: "remove listen from the Unit's endpoint, or declare an Instance", notes: [note]))
        }
        guard schedule.concurrency.policy == .allow, schedule.concurrency.max > 1 else { return }
        let runsMax = schedule.concurrency.max
        let place = schedule.source.location(of: "spec.concurrency")
        switch endpoint.port {
        case .fixed(let port) where !endpoint.listen:
            collector.add(
                Diagnostic(
                    .fixedPortReplicas, at: place,
                    "\(runsMax) runs at once cannot share port \(port) of endpoint '\(endpoint.name)'",
                    help: "write port: \(port)+index in the Unit, or concurrency: {policy: forbid}",
                    notes: [note]))
        case .indexed(let port) where Int(port) + runsMax - 1 > Int(UInt16.max):
            collector.add(
                Diagnostic(
                    .invalidPort, at: place,
                    "port \(port)+index of endpoint '\(endpoint.name)' goes beyond 65535 with \(runsMax) runs"
                        + " at once",
                    help: "choose a lower first port, or a smaller concurrency.max", notes: [note]))
        case .fixed, .indexed: break
        }
    }

    // MARK: References

    private mutating func checkReferences(of schedule: ScheduleDeclaration) {
        switch schedule.action {
        case .run: break
        case .signal(let name, _):
            checkInstance(name, at: schedule.source.location(of: "spec.action.signal.instance"))
        case .restart(let name):
            checkInstance(name, at: schedule.source.location(of: "spec.action.restart.instance"))
        }
        guard case .event(let event) = schedule.trigger else { return }
        switch event {
        case .instance(let name, let phase):
            checkInstance(name, at: schedule.source.location(of: "spec.trigger.event.instance"))
            checkPhase(phase, of: name, schedule)
        case .schedule(let name, _):
            guard scheduleIndex[name] == nil, !brokenSchedules.contains(name) else { return }
            let hint = EditDistance.suggestion(for: name, among: scheduleIndex.keys)
            collector.add(
                Diagnostic(
                    .unknownSchedule, at: schedule.source.location(of: "spec.trigger.event.schedule"),
                    "no Schedule '\(name)' is declared\(hint)"))
        }
    }

    private mutating func checkInstance(_ name: String, at place: Location) {
        guard indexByName[name] == nil, !brokenInstances.contains(name) else { return }
        let hint = EditDistance.suggestion(for: name, among: indexByName.keys)
        collector.add(Diagnostic(.unknownInstance, at: place, "no Instance '\(name)' is declared\(hint)"))
    }

    /// What is not meant to end never succeeds.
    private mutating func checkPhase(
        _ phase: EventTrigger.InstancePhase, of name: String, _ schedule: ScheduleDeclaration
    ) {
        guard phase == .succeeded, let index = indexByName[name], let unit = picks[index]?.declaration,
            unit.profile == .keepalive
        else { return }
        collector.add(
            Diagnostic(
                .neverCompletes, at: schedule.source.location(of: "spec.trigger.event.phase"),
                "'\(name)' is not meant to end, so it may never succeed",
                help: "wait for ready or stopped, or make the Unit a oneshot",
                notes: [unitNote(unit, "spec.profile", "its Unit is no oneshot")]))
    }

    // MARK: Circles

    /// A Schedule is set off by the Schedule that its event names, and by every one that restarts the
    /// Instance whose readiness or success it waits for.
    private mutating func checkTriggerCycles() {
        var restarting: [String: [String]] = [:]
        for record in schedules {
            guard case .restart(let instance) = record.declaration.action else { continue }
            restarting[instance, default: []].append(record.name)
        }
        var causes: [String: [String]] = [:]
        for record in schedules {
            guard case .event(let event) = record.declaration.trigger else { continue }
            switch event {
            // Of itself alone was reported with the document.
            case .schedule(let name, _): causes[record.name] = name == record.name ? [] : [name]
            case .instance(let name, let phase) where phase == .ready || phase == .succeeded:
                causes[record.name] = restarting[name]?.sorted()
                if restarting[name]?.contains(record.name) == true {
                    reportSelf(record.declaration, name, phase)
                }
            case .instance: break
            }
        }
        for cycle in DependencyCycles.find(from: causes.keys.sorted(), { causes[$0] }) { report(cycle) }
    }

    private mutating func report(_ cycle: [DependencyCycles.Link]) {
        // Along the links stands what sets a Schedule off; told is what it sets off.
        let names = [cycle[0].from] + cycle.reversed().map(\.from)
        let links = cycle.reversed().compactMap { link -> Diagnostic.Note? in
            guard let index = scheduleIndex[link.from] else { return nil }
            let schedule = schedules[index].declaration
            return Diagnostic.Note(
                location: schedule.source.location(of: "spec.trigger.event"),
                message: "'\(link.from)' is set off by '\(link.to)'\(schedule.viaInstance)")
        }
        guard let first = scheduleIndex[cycle[0].from] else { return }
        let place = schedules[first].declaration.source.location(of: "spec.trigger.event")
        collector.add(
            Diagnostic(
                .triggerCycle, at: place,
                "Schedules set one another off in a circle: \(names.joined(separator: " → "))", notes: links))
    }

    private mutating func reportSelf(
        _ schedule: ScheduleDeclaration, _ instance: String, _ phase: EventTrigger.InstancePhase
    ) {
        collector.add(
            Diagnostic(
                .triggerCycle, at: schedule.source.location(of: "spec.trigger.event"),
                "'\(schedule.metadata.name)' would set itself off: it restarts '\(instance)', which becomes"
                    + " \(phase.rawValue) again"))
    }
}

extension ScheduleDeclaration {
    fileprivate var viaInstance: String {
        guard case .event(.instance(let name, let phase)) = trigger else { return "" }
        return ", which restarts '\(name)': it becomes \(phase.rawValue) again"
    }
}
