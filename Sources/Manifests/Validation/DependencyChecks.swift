extension Assembler {
    /// Every dependency must be declared, and none may lead back.
    mutating func checkDependencies() {
        let depending = instances.indices.filter { !instances[$0].declaration.dependsOn.isEmpty }
        guard !depending.isEmpty else { return }
        for index in depending {
            let instance = instances[index].declaration
            for (number, dependency) in instance.dependsOn.enumerated() {
                check(dependency, number, at: instance.source)
            }
        }
        let starts = depending.map { instances[$0].name }.sorted()
        let cycles = DependencyCycles.find(from: starts) { name in
            indexByName[name].map { instances[$0].declaration.dependsOn.map(\.instance) }
        }
        for cycle in cycles { report(cycle) }
    }

    /// `source` is of the Instance or the Schedule that has it.
    mutating func check(_ dependency: Dependency, _ number: Int, at source: DeclarationSource) {
        let path = "spec.dependsOn[\(number)]"
        guard let index = indexByName[dependency.instance] else {
            guard !brokenInstances.contains(dependency.instance) else { return }
            let hint = EditDistance.suggestion(for: dependency.instance, among: indexByName.keys)
            collector.add(
                Diagnostic(
                    .unknownInstance, at: source.location(of: "\(path).instance"),
                    "no Instance '\(dependency.instance)' is declared\(hint)"))
            return
        }
        guard dependency.condition == .completed, let unit = picks[index]?.declaration,
            unit.profile == .keepalive
        else { return }
        collector.add(
            Diagnostic(
                .neverCompletes, at: source.location(of: "\(path).condition"),
                "'\(dependency.instance)' is not meant to end, so it may never be completed",
                notes: [unitNote(unit, "spec.profile", "its Unit is no oneshot")]))
    }

    private mutating func report(_ cycle: [DependencyCycles.Link]) {
        let path = (cycle.map(\.from) + [cycle[0].from]).joined(separator: " → ")
        let notes = cycle.map { link in
            Diagnostic.Note(location: place(of: link), message: "'\(link.from)' depends on '\(link.to)'")
        }
        collector.add(
            Diagnostic(
                .dependencyCycle, at: place(of: cycle[0]),
                "Instances depend on one another in a circle: \(path)", notes: notes))
    }

    private func place(of link: DependencyCycles.Link) -> Location {
        guard let index = indexByName[link.from] else { return Location(file: "", line: 1, column: 1) }
        return instances[index].declaration.source.location(of: "spec.dependsOn[\(link.number)].instance")
    }
}

/// Finds circles among what refers to one another. Iterative: a chain may have as many links as there are
/// declarations.
enum DependencyCycles {
    struct Link {
        var from: String
        var to: String
        /// Which of the references of `from` it is.
        var number: Int
    }

    private struct Visit {
        var name: String
        var next = 0
    }

    /// At least one circle of every set that depends on one another; each begins with its smallest name.
    /// `names` are the starting points, in the order in which they are tried; `targets` says to what a name
    /// refers, nil where there is none of that name. What refers to itself is not
    /// among them.
    static func find(from names: [String], _ targets: (String) -> [String]?) -> [[Link]] {
        var done: Set<String> = []
        var onPath: Set<String> = []
        var cycles: [[Link]] = []
        for start in names where !done.contains(start) {
            var stack = [Visit(name: start)]
            onPath = [start]
            while let top = stack.last {
                let references = targets(top.name) ?? []
                guard top.next < references.count else {
                    stack.removeLast()
                    onPath.remove(top.name)
                    done.insert(top.name)
                    continue
                }
                stack[stack.count - 1].next += 1
                let target = references[top.next]
                if target == top.name || done.contains(target) || targets(target) == nil { continue }
                if onPath.contains(target) {
                    cycles.append(cycle(stack, backTo: target, targets))
                } else {
                    stack.append(Visit(name: target))
                    onPath.insert(target)
                }
            }
        }
        return cycles
    }

    private static func cycle(
        _ stack: [Visit], backTo target: String, _ targets: (String) -> [String]?
    ) -> [Link] {
        let first = stack.lastIndex { $0.name == target } ?? 0
        let links = stack[first...].compactMap { visit -> Link? in
            // `next` already points behind the reference that was followed.
            let number = visit.next - 1
            guard let to = targets(visit.name)?[number] else { return nil }
            return Link(from: visit.name, to: to, number: number)
        }
        let smallest = links.indices.min { links[$0].from < links[$1].from } ?? 0
        return Array(links[smallest...] + links[..<smallest])
    }
}
