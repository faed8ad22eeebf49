extension Hold {
    /// Why, and what lifts it.
    package var text: String { "\(message); to go on: \(lift)" }
}

extension HeldRevision {
    /// `main@3f2a9c1 by Ann <ann@example.org> is held: it removes 5 of 8 replicas, …; plan 7d1f-02ac; …`.
    package var text: String {
        let why = holds.map(\.message).joined(separator: "; ")
        return "\(revision.short) by \(revision.author) is held: \(why) (plan \(plan.hash)). "
            + "To go on: \(lift)"
    }

    /// What lifts all of it, in one clause.
    package var lift: String {
        var ways: [String] = []
        for hold in holds where !ways.contains(hold.lift) { ways.append(hold.lift) }
        // What lifts one of them alone need not be said beside what lifts it as well.
        let approval = Gatekeeper.command(plan.hash)
        if ways.contains(approval) {
            ways = ways.filter { $0 == approval || !$0.hasSuffix(", or " + approval) }
        }
        return ways.joined(separator: "; and ")
    }
}

extension Suspension {
    package var text: String {
        "no new revision is applied: suspended by \(by): \(reason); "
            + (until == nil ? "" : "it lapses by itself, or ") + "plumb resume ends it"
    }
}

extension GatedPlan.Action {
    /// `remove web (3 replicas)`.
    package var text: String {
        "\(kind.rawValue) \(instance) (\(replicas) replica\(replicas == 1 ? "" : "s"))"
    }
}
