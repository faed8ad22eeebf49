extension Assembler {
    /// Puts the declarations of the files into the snapshot, and reports what stands there twice.
    mutating func collect(_ kept: [ParsedFile]) {
        let count = kept.reduce(0) { $0 + $1.content.documentCount }
        if count > DecodingLimits.documentsMax {
            collector.add(
                Diagnostic(
                    .tooManyDocuments, at: Location(file: kept[0].path, line: 1, column: 1),
                    "the source holds \(count) documents, more than \(DecodingLimits.documentsMax)"))
        }
        snapshot.instances.reserveCapacity(count)
        for file in kept {
            let content = file.content
            if !content.diagnostics.isEmpty { collector.add(contentsOf: content.diagnostics) }
            if !content.possibleNames.isEmpty {
                brokenUnits.formUnion(content.possibleNames)
                brokenInstances.formUnion(content.possibleNames)
            }
            for declaration in content.declarations { add(declaration) }
            for broken in content.broken {
                if broken.kind == .unit { brokenUnits.insert(broken.name) }
                if broken.kind == .instance { brokenInstances.insert(broken.name) }
            }
        }
    }

    private mutating func add(_ declaration: Declaration) {
        switch declaration {
        case .unit(let unit): add(unit)
        case .instance(let instance):
            let name = instance.metadata.name
            if let old = snapshot.instances.updateValue(instance, forKey: name) {
                snapshot.instances[name] = Self.first(old, instance, by: \.source)
                reportDuplicate(.instance, name, old.source, instance.source)
            }
        case .schedule(let schedule):
            add(schedule, to: \.schedules)
        case .plugin(let plugin):
            add(plugin, to: \.plugins)
        }
    }

    private mutating func add(
        _ declaration: ReservedDeclaration, to table: WritableKeyPath<Snapshot, [String: ReservedDeclaration]>
    ) {
        let name = declaration.metadata.name
        if let old = snapshot[keyPath: table].updateValue(declaration, forKey: name) {
            reportDuplicate(declaration.kind, name, old.source, declaration.source)
        }
    }

    private mutating func add(_ unit: UnitDeclaration) {
        guard let old = snapshot.units[unit.id] else {
            snapshot.units[unit.id] = unit
            versions[unit.metadata.name, default: []].append(unit.version)
            return
        }
        let (first, second) = old.source.location <= unit.source.location ? (old, unit) : (unit, old)
        if old.version.build == unit.version.build {
            reportDuplicate(.unit, unit.id.description, first.source, second.source)
        } else {
            collector.add(
                Diagnostic(
                    .duplicateVersion, at: second.source.location(of: "spec.version"),
                    "the Units '\(first.id)' and '\(second.id)' differ in build metadata alone",
                    notes: [
                        .init(
                            location: first.source.location(of: "spec.version"),
                            message: "the first stands here")
                    ]))
        }
    }

    private static func first<T>(_ a: T, _ b: T, by source: KeyPath<T, DeclarationSource>) -> T {
        a[keyPath: source].location <= b[keyPath: source].location ? a : b
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
