extension Assembler {
    /// Picks for each Instance, and for what each Schedule runs, the highest declared version that fits, and
    /// settles what depends on it.
    mutating func resolveUnits() {
        picks = picks(of: instances)
        guard !schedules.isEmpty else { return }
        let running = schedules.indices.filter { schedules[$0].runner != nil }
        schedulePicks = Array(repeating: nil, count: schedules.count)
        for (index, pick) in zip(running, picks(of: schedules.compactMap(\.runner))) {
            schedulePicks[index] = pick
        }
    }

    private mutating func picks(of records: [InstanceRecord]) -> [UnitRecord?] {
        var picks: [UnitRecord?] = []
        picks.reserveCapacity(records.count)
        // The same reference mostly stands in many Instances.
        var known: [String: UnitRecord] = [:]
        var last: (reference: String, pick: UnitRecord)?
        for record in records {
            let pick: UnitRecord
            if let last, last.reference == record.reference {
                pick = last.pick
            } else if let found = known[record.reference] ?? resolve(record.declaration.unit) {
                pick = found
                known[record.reference] = found
                last = (record.reference, found)
            } else {
                picks.append(nil)
                reportUnresolved(record.declaration)
                continue
            }
            picks.append(pick)
            let replaces = record.replacesHealth || record.replacesStop || record.replacesSandbox
            if replaces || (record.replacesRestart && pick.isOneshot) {
                settlePolicies(of: record.declaration, pick.declaration)
            }
        }
        return picks
    }

    private func resolve(_ reference: UnitReference) -> UnitRecord? {
        reference.range.highest(of: versions[reference.name] ?? []).flatMap {
            units[UnitID(name: reference.name, version: $0)]
        }
    }

    private mutating func reportUnresolved(_ instance: InstanceDeclaration) {
        let reference = instance.unit
        guard !brokenUnits.contains(reference.name) else { return }
        let place = instance.source.location(of: "spec.unit")
        if let declared = versions[reference.name] {
            let list = declared.sorted().map { "\(reference.name)@\($0)" }.joined(separator: ", ")
            collector.add(
                Diagnostic(
                    .noMatchingVersion, at: place,
                    "no declared version of '\(reference.name)' fits '\(reference.text)'",
                    help: "declared: \(list)\(prereleaseHint(declared))"))
        } else {
            let hint = EditDistance.suggestion(for: reference.name, among: versions.keys)
            collector.add(
                Diagnostic(.unknownUnit, at: place, "no Unit '\(reference.name)' is declared\(hint)"))
        }
    }

    private func prereleaseHint(_ declared: [SemanticVersion]) -> String {
        declared.allSatisfy { !$0.prerelease.isEmpty }
            ? "; a pre-release fits only a range that names one" : ""
    }

    /// An Instance's blocks replace the Unit's as wholes, so their defaults depend on the Unit.
    private mutating func settlePolicies(of instance: InstanceDeclaration, _ unit: UnitDeclaration) {
        if unit.profile == .oneshot, var restart = instance.overrides.restart {
            if instance.source.fields["spec.restart.policy"] == nil {
                restart.policy = .onFailure
                settledRestarts[instance.metadata.name] = restart
            } else if restart.policy == .always {
                collector.add(
                    Diagnostic(
                        .oneshotPolicy, at: instance.source.location(of: "spec.restart.policy"),
                        "restart.policy 'always' on a oneshot would run it again and again",
                        notes: [unitNote(unit, "spec.profile", "the Unit is a oneshot")]))
            }
        }
        if let stop = instance.overrides.stop {
            StopRules.check(stop, unit) { code, path, message, help in
                collector.add(
                    Diagnostic(
                        code, at: instance.source.location(of: path), message, help: help,
                        notes: [unitNote(unit, "spec.entry", "how the Unit is started")]))
            }
        }
        if let sandbox = instance.overrides.sandbox,
            let problem = SandboxReach.problem(sandbox, endpoints: unit.endpoints)
        {
            collector.add(
                Diagnostic(
                    .sandboxConflict, at: instance.source.location(of: "spec.sandbox"), problem.message,
                    help: problem.help, notes: [unitNote(unit, "spec.endpoints", "the endpoint")]))
        }
        guard let health = instance.overrides.health else { return }
        if unit.profile == .oneshot, health.readiness != nil {
            collector.add(
                Diagnostic(
                    .oneshotPolicy, at: instance.source.location(of: "spec.health.readiness"),
                    "a oneshot is ready when it has ended, so a readiness probe cannot help it",
                    notes: [unitNote(unit, "spec.profile", "the Unit is a oneshot")]))
        }
        ListenRules.check(health, endpoints: unit.endpoints) { key, message in
            collector.add(
                Diagnostic(
                    .heldPortProbe, at: instance.source.location(of: "spec.health.\(key)"), message,
                    notes: [unitNote(unit, "spec.endpoints", "the Unit's endpoints")]))
        }
        ProbeRules.check(health, of: unit) { code, key, message, help in
            let note =
                code == .unknownPort
                ? unitNote(unit, "spec.endpoints", "the Unit's endpoints")
                : unitNote(unit, "spec.entry", "the Unit's entry")
            collector.add(
                Diagnostic(
                    code, at: instance.source.location(of: "spec.health.\(key)"), message, help: help,
                    notes: [note]))
        }
    }

    func unitNote(_ unit: UnitDeclaration, _ path: String, _ message: String) -> Diagnostic.Note {
        Diagnostic.Note(location: unit.source.location(of: path), message: message)
    }
}
