extension Assembler {
    /// Each Instance's merged configuration against its Unit's fields.
    mutating func checkConfigs() {
        checkConfigs(of: instances, picks)
        if !schedules.isEmpty { checkRunners() }
    }

    private mutating func checkRunners() {
        var running: (records: [InstanceRecord], picks: [UnitRecord?]) = ([], [])
        for (record, pick) in zip(schedules, schedulePicks) {
            guard let runner = record.runner else { continue }
            running.records.append(runner)
            running.picks.append(pick)
        }
        checkConfigs(of: running.records, running.picks)
    }

    private mutating func checkConfigs(of records: [InstanceRecord], _ picks: [UnitRecord?]) {
        var checker = ConfigChecker()
        for (record, pick) in zip(records, picks) {
            guard let unit = pick else { continue }
            if !record.declaration.secrets.isEmpty { checkSecrets(record.declaration, unit.declaration) }
            if !record.hasConfig, unit.declaration.configFields.isEmpty { continue }
            let configs = record.declaration.configFrom.compactMap { configRecords[$0] }
            let check = InstanceRecord.PassedCheck(unit: unit, configs: configs)
            if record.hasPassed(check) { continue }
            if checkConfig(record.declaration, unit.declaration, &checker) { record.remember(check) }
        }
    }

    /// Whether nothing is wrong.
    private mutating func checkConfig(
        _ instance: InstanceDeclaration, _ unit: UnitDeclaration, _ checker: inout ConfigChecker
    ) -> Bool {
        let files = Dictionary(
            instance.configFrom.compactMap { path in configRecords[path].map { (path, $0.file) } },
            uniquingKeysWith: { first, _ in first })
        let merged = Configuration.merged(instance, unit, files)
        if unit.configFields.isEmpty {
            for key in merged.keys.sorted() {
                report(
                    .init(
                        code: .unknownConfigField, path: ".\(key)",
                        message: "config field '\(key)': the Unit '\(unit.id)' declares no config fields"),
                    instance, unit)
            }
            return merged.isEmpty
        }
        checker.problems.removeAll()
        checker.checkFields(merged, unit.configFields, path: "")
        // A config file that is missing or broken was reported; what it would have said is not known.
        let isWhole = instance.configFrom.allSatisfy { configRecords[$0] != nil }
        for problem in checker.problems where isWhole || problem.code != .missingConfigField {
            report(problem, instance, unit)
        }
        return isWhole && checker.problems.isEmpty
    }

    private mutating func report(
        _ problem: ConfigChecker.Problem, _ instance: InstanceDeclaration, _ unit: UnitDeclaration
    ) {
        let path = String(problem.path.dropFirst(problem.path.first == "." ? 1 : 0))
        let place: Location
        if problem.code == .missingConfigField {
            let isWritten = instance.source.fields["spec.config"] != nil
            place = instance.source.location(of: isWritten ? "spec.config\(problem.path)" : "spec.unit")
        } else {
            place = origin(of: path, instance, unit)
        }
        var notes: [Diagnostic.Note] = []
        let top = path.prefix { $0 != "." && $0 != "[" }
        if let index = unit.configFields.firstIndex(where: { $0.name == top }) {
            notes.append(unitNote(unit, "spec.config.fields[\(index)]", "the Unit's field '\(top)'"))
        } else {
            notes.append(unitNote(unit, "spec.config.fields", "the Unit '\(unit.id)'"))
        }
        if place.file != instance.source.location.file {
            notes.append(
                .init(
                    location: instance.source.location(of: "spec.configFrom"),
                    message: "used by '\(instance.metadata.name)'"))
        }
        collector.add(Diagnostic(problem.code, at: place, problem.message, notes: notes))
    }

    /// Where a value was written last: the Instance, its config files backwards, then the Unit.
    private func origin(of path: String, _ instance: InstanceDeclaration, _ unit: UnitDeclaration) -> Location
    {
        if instance.source.fields["spec.config.\(path)"] != nil {
            return instance.source.location(of: "spec.config.\(path)")
        }
        for file in instance.configFrom.reversed() {
            if let source = configRecords[file]?.file.source, source.fields[path] != nil {
                return source.location(of: path)
            }
        }
        return instance.source.location(of: "spec.config.\(path)")
    }

    /// Every variable of a run has one source only.
    private mutating func checkSecrets(_ instance: InstanceDeclaration, _ unit: UnitDeclaration) {
        for variable in instance.secrets.keys {
            let place = instance.source.location(of: "spec.secrets.\(variable)")
            if unit.env[variable] != nil {
                collector.add(
                    Diagnostic(
                        .variableClash, at: place, "the Unit's env sets '\(variable)' too",
                        notes: [unitNote(unit, "spec.env.\(variable)", "env sets it here")]))
            }
            guard unit.configApply.method == .env else { continue }
            for (index, field) in unit.configFields.enumerated()
            where ConfigNames.variable(field.name, prefix: unit.configApply.prefix) == variable {
                collector.add(
                    Diagnostic(
                        .variableClash, at: place,
                        "the config field '\(field.name)' becomes '\(variable)' too",
                        notes: [unitNote(unit, "spec.config.fields[\(index)].name", "the config field")]))
            }
        }
    }
}
