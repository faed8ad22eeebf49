import Reconciler

/// The agent's conditions, with the time since when each is as it is.
struct Conditions {
    private(set) var list: [Condition] = []

    /// Sets a condition; its time changes only when its status does.
    mutating func set(
        _ type: Condition.Kind, _ status: Bool, reason: String, message: String, at now: WallTime,
        revision: RevisionID? = nil
    ) {
        let old = list.first { $0.type == type }
        let since = old?.status == status ? old?.since ?? now : now
        list.removeAll { $0.type == type }
        list.append(
            Condition(
                type: type, status: status, reason: reason, message: message, since: since,
                observedRevision: revision))
        list.sort { $0.type.rawValue < $1.type.rawValue }
    }

    mutating func clear(_ type: Condition.Kind) { list.removeAll { $0.type == type } }

    func isTrue(_ type: Condition.Kind) -> Bool { list.contains { $0.type == type && $0.status } }
}
