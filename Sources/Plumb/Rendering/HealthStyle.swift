/// How words of the agent look, and which of them are worse than others.
enum HealthStyle {
    /// `HealthStatus` and a few more, worst first. A word that is unknown here is as bad as one can be.
    private static let order = ["failed", "unhealthy", "unknown", "degraded", "recovering", "healthy"]

    /// 0 is the worst.
    static func rank(_ health: String) -> Int { order.firstIndex(of: health) ?? 0 }

    static func style(_ health: String) -> Style {
        switch health {
        case "healthy": .good
        case "recovering", "degraded": .attention
        default: .bad
        }
    }

    static func style(phase: String) -> Style {
        switch phase {
        case "Running", "Succeeded": .good
        case "Crashed", "Failed", "Unknown": .bad
        case "Stopped": .faint
        default: .attention
        }
    }

    static func style(event kind: String) -> Style {
        switch kind {
        case "revisionInvalid", "revisionRejected", "sourceStale", "sourceRewound", "gaveUp", "startRefused",
            "unknown",
            "keeperLost", "scheduleFailed", "scheduleLost":
            .bad
        case "exited", "backoff", "unready", "storeRebuilt", "scheduleMissed": .attention
        case "ready", "succeeded", "revisionAccepted", "hostRecovered", "sourceReadable",
            "scheduleSucceeded":
            .good
        default: .plain
        }
    }
}
