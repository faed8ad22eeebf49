extension Assembler {
    /// Gathers the declarations of the files, and reports what stands there twice.
    mutating func collect(_ kept: [ParsedFile]) {
        let count = kept.reduce(0) { $0 + $1.content.documentCount }
        if count > DecodingLimits.documentsMax {
            collector.add(
                Diagnostic(
                    .tooManyDocuments, at: Location(file: kept[0].path, line: 1, column: 1),
                    "the source holds \(count) documents, more than \(DecodingLimits.documentsMax)"))
        }
        instances.reserveCapacity(count)
        indexByName.reserveCapacity(count)
        for file in kept {
            let content = file.content
            if !content.diagnostics.isEmpty { collector.add(contentsOf: content.diagnostics) }
            collector.addDropped(errors: content.droppedErrors)
            for unit in content.units { add(unit) }
            for instance in content.instances { add(instance) }
            for schedule in content.schedules { add(schedule) }
            for plugin in content.reserved { add(plugin) }
            for broken in content.broken {
                if broken.kind == .unit { brokenUnits.insert(broken.name) }
                if broken.kind == .instance { brokenInstances.insert(broken.name) }
                if broken.kind == .schedule { brokenSchedules.insert(broken.name) }
            }
            if !content.possibleNames.isEmpty {
                brokenUnits.formUnion(content.possibleNames)
                brokenInstances.formUnion(content.possibleNames)
                brokenSchedules.formUnion(content.possibleNames)
            }
        }
    }

    private mutating func add(_ instance: InstanceRecord) {
        if let first = indexByName[instance.name] {
            reportDuplicate(
                .instance, instance.name, instances[first].declaration.source, instance.declaration.source)
            return
        }
        indexByName[instance.name] = instances.count
        instances.append(instance)
    }

    private mutating func add(_ schedule: ScheduleRecord) {
        if let first = scheduleIndex[schedule.name] {
            reportDuplicate(
                .schedule, schedule.name, schedules[first].declaration.source, schedule.declaration.source)
            return
        }
        scheduleIndex[schedule.name] = schedules.count
        schedules.append(schedule)
    }

    private mutating func add(_ declaration: ReservedDeclaration) {
        let name = declaration.metadata.name
        if let old = snapshot.plugins.updateValue(declaration, forKey: name) {
            reportDuplicate(declaration.kind, name, old.source, declaration.source)
        }
    }

    private mutating func add(_ record: UnitRecord) {
        let unit = record.declaration
        guard let old = units[unit.id]?.declaration else {
            units[unit.id] = record
            versions[unit.metadata.name, default: []].append(unit.version)
            return
        }
        if old.version.build == unit.version.build {
            reportDuplicate(.unit, unit.id.description, old.source, unit.source)
            return
        }
        let (first, second) = old.source.location <= unit.source.location ? (old, unit) : (unit, old)
        let note = Diagnostic.Note(
            location: first.source.location(of: "spec.version"), message: "the first stands here")
        collector.add(
            Diagnostic(
                .duplicateVersion, at: second.source.location(of: "spec.version"),
                "the Units '\(first.id)' and '\(second.id)' differ in build metadata alone", notes: [note]))
    }

    private mutating func reportDuplicate(
        _ kind: Kind, _ name: String, _ a: DeclarationSource, _ b: DeclarationSource
    ) {
        let (first, second) = a.location <= b.location ? (a, b) : (b, a)
        collector.add(
            Diagnostic(
                .duplicateName, at: second.location, "the \(kind.rawValue) '\(name)' is declared twice",
                notes: [.init(location: first.location, message: "the first stands here")]))
    }
}
