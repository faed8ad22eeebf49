import Manifests

/// Who must be gone before whom, among the Instances that are being removed: dependents go first.
struct RemovalOrder {
    private var dependents: [String: [String]] = [:]

    init(_ assessment: Assessment, _ observed: Observed, _ order: StartOrder) {
        // Instances whose every live run is to go; one that only shrinks takes nothing away from its dependents.
        var leaving: Set<String> = []
        for (name, items) in assessment.items {
            let goes = items.allSatisfy { item in
                switch item.need {
                case .remove: true
                case .wait(.stopping, _): observed.runs[item.slot]?.stopCause?.reason != .changed
                default: false
                }
            }
            if goes { leaving.insert(name) }
        }
        guard leaving.count > 1 else { return }
        var sets: [String: Set<String>] = [:]
        for (slot, run) in observed.runs where leaving.contains(slot.instance) {
            for dependency in run.dependsOn
            where leaving.contains(dependency.instance)
                && order.rank(slot.instance) > order.rank(dependency.instance)
            {
                sets[dependency.instance, default: []].insert(slot.instance)
            }
        }
        dependents = sets.mapValues { $0.sorted() }
    }

    /// Live dependents that are leaving too.
    func dependents(of name: String) -> [String] { dependents[name] ?? [] }
}
