import Manifests

/// Who must be gone before whom, among the Instances that are being removed: dependents go first.
struct RemovalOrder {
    private var dependents: [String: [String]] = [:]

    init(
        _ assessment: Assessment, _ observed: Observed, _ graph: [String: [String]], _ order: StartOrder
    ) {
        // Instances whose every live run is to go; one that only shrinks takes nothing away from its
        // dependents.
        var leaving: Set<String> = []
        for (name, items) in assessment.items {
            let goes = items.allSatisfy { item in
                switch item.need {
                case .remove: true
                case .wait(.stopping, _): observed.runs[item.slot]?.stopCause?.isReplacement != true
                default: false
                }
            }
            if goes { leaving.insert(name) }
        }
        guard leaving.count > 1 else { return }
        var sets: [String: Set<String>] = [:]
        for (slot, run) in observed.runs where leaving.contains(slot.instance) {
            let needed = Self.nearest(leaving, from: run.dependsOn.map(\.instance), graph)
            for name in needed where order.rank(slot.instance) > order.rank(name) {
                sets[name, default: []].insert(slot.instance)
            }
        }
        dependents = sets.mapValues { $0.sorted() }
    }

    /// The leaving Instances that are reached first, also behind those that do not run: a completed migration
    /// stands between a service and its database.
    private static func nearest(
        _ leaving: Set<String>, from names: [String], _ graph: [String: [String]]
    ) -> Set<String> {
        var (found, seen, rest) = (Set<String>(), Set<String>(), names)
        while let name = rest.popLast() {
            guard seen.insert(name).inserted else { continue }
            if leaving.contains(name) {
                found.insert(name)
            } else {
                rest += graph[name] ?? []
            }
        }
        return found
    }

    /// Live dependents that are leaving too.
    func dependents(of name: String) -> [String] { dependents[name] ?? [] }
}
