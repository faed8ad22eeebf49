import Manifests

extension SpecFields {
    mutating func addRestart(_ policy: RestartPolicy, usual: RestartPolicy, overridden: Bool) {
        addPlain("spec.restart.policy", policy.policy.rawValue, usual.policy.rawValue, overridden)
        let (backoff, plain) = (policy.backoff, usual.backoff)
        addDuration("spec.restart.backoff.initial", backoff.initial, plain.initial, overridden)
        addPlain("spec.restart.backoff.factor", backoff.factor, plain.factor, overridden)
        addDuration("spec.restart.backoff.max", backoff.max, plain.max, overridden)
        addPlain("spec.restart.backoff.jitter", backoff.jitter, plain.jitter, overridden)
        addDuration("spec.restart.backoff.resetAfter", backoff.resetAfter, plain.resetAfter, overridden)
        if let retries = policy.maxRetries {
            addBlock("spec.restart.maxRetries", "\(retries)", .live, overridden: overridden)
        }
    }

    mutating func addLogging(_ policy: LoggingPolicy, overridden: Bool) {
        let usual = LoggingPolicy()
        addPlain("spec.logging.maxSize", policy.maxSize, usual.maxSize, overridden)
        addPlain("spec.logging.maxFiles", policy.maxFiles, usual.maxFiles, overridden)
        if let age = policy.maxAge {
            addBlock("spec.logging.maxAge", age.declared, .live, overridden: overridden)
        }
    }

    mutating func addDrift(_ policy: DriftPolicy) {
        addPlain("spec.drift", policy.rawValue, DriftPolicy.report.rawValue, true)
    }

    mutating func addUpdate(_ policy: UpdatePolicy) {
        let usual = UpdatePolicy()
        addPlain("spec.update.strategy", policy.strategyName, usual.strategyName, true)
        if let canary = policy.canary {
            let usual = UpdatePolicy.Canary()
            addPlain("spec.update.canary.replicas", canary.replicas, usual.replicas, true)
            addDuration("spec.update.canary.hold", canary.hold, usual.hold, true)
        }
        addPlain("spec.update.maxUnavailable", policy.maxUnavailable, usual.maxUnavailable, true)
        addPlain("spec.update.maxSurge", policy.maxSurge, usual.maxSurge, true)
        addDuration("spec.update.minHealthyTime", policy.minHealthyTime, usual.minHealthyTime, true)
        addDuration("spec.update.healthyDeadline", policy.healthyDeadline, usual.healthyDeadline, true)
        addDuration("spec.update.progressDeadline", policy.progressDeadline, usual.progressDeadline, true)
        addPlain(
            "spec.update.rollback.automatic", policy.isRollbackAutomatic, usual.isRollbackAutomatic, true)
    }
}
