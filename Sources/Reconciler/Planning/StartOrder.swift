import Manifests

/// The order in which dependencies are started: an Instance's rank is above that of all it depends on.
/// Cycles, which validation refuses but two revisions mixed can still make, are cut where they are met.
struct StartOrder {
    private(set) var ranks: [String: Int] = [:]

    init(dependencies: [String: [String]]) {
        var visiting: Set<String> = []
        for name in dependencies.keys.sorted() { visit(name, dependencies, &visiting) }
    }

    func rank(_ name: String) -> Int { ranks[name] ?? 0 }

    /// An explicit stack: a chain may be as long as there are Instances.
    private mutating func visit(_ root: String, _ graph: [String: [String]], _ visiting: inout Set<String>) {
        var stack: [(name: String, done: Bool)] = [(root, false)]
        while let (name, done) = stack.popLast() {
            if ranks[name] != nil { continue }
            let next = graph[name] ?? []
            if done {
                ranks[name] = (next.compactMap { ranks[$0] }.max() ?? -1) + 1
                visiting.remove(name)
                continue
            }
            visiting.insert(name)
            stack.append((name, true))
            for dependency in next where ranks[dependency] == nil && !visiting.contains(dependency) {
                stack.append((dependency, false))
            }
        }
    }
}
