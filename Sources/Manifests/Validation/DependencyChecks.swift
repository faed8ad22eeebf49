extension Assembler {
    /// Every dependency must be declared, and none may lead back.
    mutating func checkDependencies() {
        let depending = instances.indices.filter { !instances[$0].declaration.dependsOn.isEmpty }
        guard !depending.isEmpty else { return }
        for index in depending {
            let instance = instances[index].declaration
            for (number, dependency) in instance.dependsOn.enumerated() {
                check(dependency, number, of: instance)
            }
        }
        let starts = depending.map { instances[$0].name }.sorted()
        let cycles = DependencyCycles.find(from: starts) { name in
            indexByName[name].map { instances[$0] }
        }
        for cycle in cycles { report(cycle) }
    }

    private mutating func check(_ dependency: Dependency, _ number: Int, of instance: InstanceDeclaration) {
        let path = "spec.dependsOn[\(number)]"
        guard let index = indexByName[dependency.instance] else {
            guard !brokenInstances.contains(dependency.instance) else { return }
            let hint = EditDistance.suggestion(for: dependency.instance, among: indexByName.keys)
            collector.add(
                Diagnostic(
                    .unknownInstance, at: instance.source.location(of: "\(path).instance"),
                    "no Instance '\(dependency.instance)' is declared\(hint)"))
            return
        }
        guard dependency.condition == .completed, let unit = picks[index]?.declaration,
            unit.profile == .keepalive
        else { return }
        collector.add(
            Diagnostic(
                .neverCompletes, at: instance.source.location(of: "\(path).condition"),
                "'\(dependency.instance)' is not meant to end, so it may never be completed",
                notes: [unitNote(unit, "spec.profile", "its Unit is no oneshot")]))
    }

    private mutating func report(_ cycle: [DependencyCycles.Step]) {
        let path = (cycle.map(\.from) + [cycle[0].from]).joined(separator: " → ")
        let notes = cycle.map { step in
            Diagnostic.Note(location: step.place, message: "'\(step.from)' depends on '\(step.to)'")
        }
        collector.add(
            Diagnostic(
                .dependencyCycle, at: cycle[0].place, "Instances depend on one another in a circle: \(path)",
                notes: notes))
    }
}

/// Finds circles among dependencies. Iterative: a chain may have as many links as there are Instances.
enum DependencyCycles {
    struct Step {
        var from: String
        var to: String
        var place: Location
    }

    private struct Visit {
        var name: String
        var next = 0
    }

    /// At least one circle of every set of Instances that depend on one another; each begins with its
    /// smallest name. `names` are the starting points, in the order in which they are tried.
    static func find(from names: [String], _ lookUp: (String) -> InstanceRecord?) -> [[Step]] {
        var done: Set<String> = []
        var onPath: Set<String> = []
        var cycles: [[Step]] = []
        for start in names where !done.contains(start) {
            var stack = [Visit(name: start)]
            onPath = [start]
            while let top = stack.last {
                let dependencies = lookUp(top.name)?.declaration.dependsOn ?? []
                guard top.next < dependencies.count else {
                    stack.removeLast()
                    onPath.remove(top.name)
                    done.insert(top.name)
                    continue
                }
                stack[stack.count - 1].next += 1
                let target = dependencies[top.next].instance
                if target == top.name || done.contains(target) || lookUp(target) == nil { continue }
                if onPath.contains(target) {
                    cycles.append(cycle(stack, backTo: target, lookUp))
                } else {
                    stack.append(Visit(name: target))
                    onPath.insert(target)
                }
            }
        }
        return cycles
    }

    private static func cycle(
        _ stack: [Visit], backTo target: String, _ lookUp: (String) -> InstanceRecord?
    ) -> [Step] {
        let first = stack.lastIndex { $0.name == target } ?? 0
        let steps = stack[first...].compactMap { visit -> Step? in
            guard let instance = lookUp(visit.name)?.declaration else { return nil }
            // `next` already points behind the dependency that was followed.
            let index = visit.next - 1
            return Step(
                from: visit.name, to: instance.dependsOn[index].instance,
                place: instance.source.location(of: "spec.dependsOn[\(index)].instance"))
        }
        let smallest = steps.indices.min { steps[$0].from < steps[$1].from } ?? 0
        return Array(steps[smallest...] + steps[..<smallest])
    }
}
