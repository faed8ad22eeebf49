extension Assembler {
    /// Each Instance's merged configuration against its Unit's fields.
    mutating func checkConfigs() {
        for (name, instance) in snapshot.instances {
            guard let id = snapshot.resolvedUnits[name], let unit = snapshot.units[id] else { continue }
            if !instance.secrets.isEmpty { checkSecrets(instance, unit) }
            if unit.configFields.isEmpty, instance.config.isEmpty, instance.configFrom.isEmpty { continue }
            checkConfig(instance, unit)
        }
    }

    private mutating func checkConfig(_ instance: InstanceDeclaration, _ unit: UnitDeclaration) {
        // A config file that is missing or broken was reported; what it would have said is not known.
        let isWhole = instance.configFrom.allSatisfy { snapshot.configFiles[$0] != nil }
        let merged = Configuration.merged(instance, unit, snapshot.configFiles)
        var checker = ConfigChecker()
        if unit.configFields.isEmpty {
            for key in merged.values.keys.sorted() {
                report(
                    .init(
                        code: .unknownConfigField, path: ".\(key)",
                        message: "config field '\(key)': the Unit '\(unit.id)' declares no config fields"),
                    instance, unit)
            }
            return
        }
        checker.checkFields(merged.values, unit.configFields, path: "")
        for problem in checker.problems where isWhole || problem.code != .missingConfigField {
            report(problem, instance, unit)
        }
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
            if let source = snapshot.configFiles[file]?.source, source.fields[path] != nil {
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
