extension Waiting.Reason {
    /// What ends the wait: by itself, or what somebody has to do.
    package func lift(now: Instant) -> String {
        switch self {
        case .backoff(let until, _):
            "by itself in \((until - now).rough); at once with a commit that changes its spec or restartNonce"
        case .dependency(let name, _, _): "when \(name) gets there; see `plumb why \(name)`"
        case .rollout: "by itself, as the rollout gets on"
        case .host(let failure, let retryAt):
            "\(failure.remedy); looked at again in \((retryAt - now).rough)"
        case .preparing: "by itself, once they are found to be there"
        case .suspended: "a commit that takes spec.suspend away"
        case .dependents: "by itself, when they have stopped"
        case .gaveUp: "a commit that changes its spec or restartNonce, or `plumb retry`"
        case .protected: "declare it again with prune: allow, and remove it then"
        case .unknown: "end what holds its slot by hand; nothing here signals what it cannot prove"
        case .stopping: "by itself; what outlives the grace period is killed"
        case .drift(_, held: false): "by itself, once it has settled"
        case .drift(_, held: true): "a commit that changes restartNonce, once the reason is found"
        }
    }
}
