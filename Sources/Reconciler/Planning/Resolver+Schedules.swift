import Manifests

extension Resolver {
    /// The documents that a Schedule is made of.
    struct ScheduleKey: Sendable, Hashable {
        var schedule: DocumentID
        /// nil: its action runs nothing.
        var unit: DocumentID?
        var configs: [DocumentID] = []
        var contents: PackageReference?
    }

    /// As with Instances, what is made of the documents of last time is not made again.
    mutating func resolveSchedules(_ snapshot: Snapshot, _ node: Node) {
        for (name, schedule) in snapshot.schedules {
            let picked = snapshot.scheduleUnits[name].flatMap { Picked($0, in: snapshot) }
            var key = ScheduleKey(schedule: DocumentID(schedule.source))
            if let picked {
                key.unit = picked.document
                key.contents = picked.contents
                key.configs = schedule.configFrom.compactMap { snapshot.configFiles[$0] }.map {
                    DocumentID($0.source)
                }
            }
            if scheduleKeys[name] == key { continue }
            // A snapshot is checked as a whole: what it runs is in it.
            guard let action = action(of: schedule, picked?.unit, snapshot) else { continue }
            scheduleKeys[name] = key
            schedules[name] = DesiredSchedule(
                schedule, action: action,
                assigned: schedule.nodes.matches(node: node.name, labels: node.labels))
        }
        guard schedules.count != snapshot.schedules.count else { return }
        for name in Array(schedules.keys) where snapshot.schedules[name] == nil {
            schedules[name] = nil
            scheduleKeys[name] = nil
        }
    }

    private func action(
        of schedule: ScheduleDeclaration, _ unit: UnitDeclaration?, _ snapshot: Snapshot
    ) -> DesiredSchedule.Action? {
        switch schedule.action {
        case .signal(let instance, let signal): return .signal(instance: instance, signal: signal)
        case .restart(let instance): return .restart(instance: instance)
        case .run(let reference, _, let arguments):
            guard let unit, var runner = schedule.runner else { return nil }
            let config = Configuration.effective(of: runner, unit: unit, configFiles: snapshot.configFiles)
            runner.metadata.name = DesiredSchedule.owner(of: schedule.metadata.name)
            // Whether a run is tried again, `retries` says.
            runner.overrides.restart = RestartPolicy(policy: .never)
            let spec = makeSpec(runner, unit, snapshot, config, arguments: arguments)
            return .run(spec: Boxed(wrappedValue: spec), reference: "\(reference.name)@\(reference.text)")
        }
    }
}

extension DesiredSchedule {
    init(_ schedule: ScheduleDeclaration, action: Action, assigned: Bool) {
        let (fields, hash) = ScheduleFields.all(of: schedule, action)
        self.init(
            name: schedule.metadata.name, place: schedule.source.location, trigger: schedule.trigger,
            action: action, fields: fields, hash: hash)
        labels = schedule.metadata.labels
        self.assigned = assigned
        timezone = schedule.timezone
        dst = schedule.dst
        startingDeadline = schedule.startingDeadline
        catchUp = schedule.catchUp
        jitter = schedule.jitter
        concurrency = schedule.concurrency
        window = schedule.window
        suspend = schedule.suspend
        runNonce = schedule.runNonce
        timeout = schedule.timeout
        retries = schedule.retries
        successExitCodes = schedule.successExitCodes
        history = schedule.history
        dependsOn = schedule.dependsOn
    }
}
