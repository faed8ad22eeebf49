import Manifests

/// Collects the effective fields of one Instance, and makes the hashes of them.
///
/// A field that has its default is not added: a later version that knows more fields must compute the same
/// hashes, or an upgrade would restart everything.
struct SpecFields {
    private(set) var fields: [SpecField] = []
    let unit: DeclarationSource
    let instance: DeclarationSource

    init(unit: DeclarationSource, instance: DeclarationSource) {
        self.unit = unit
        self.instance = instance
    }

    /// A field of the Unit: its path in the Unit's document, shown with `unit.` before it.
    mutating func addUnit(_ path: String, _ value: String, _ effect: SpecField.Effect) {
        add("unit." + path, value, effect, unit.location(of: path))
    }

    /// A field of the Instance.
    mutating func addInstance(_ path: String, _ value: String, _ effect: SpecField.Effect) {
        add(path, value, effect, instance.location(of: path))
    }

    /// A field of a block that the Instance may replace as a whole; it stands where the block stands.
    mutating func addBlock(_ path: String, _ value: String, _ effect: SpecField.Effect, overridden: Bool) {
        add(path, value, effect, (overridden ? instance : unit).location(of: path))
    }

    mutating func add(_ path: String, _ value: String, _ effect: SpecField.Effect, _ place: Location) {
        fields.append(SpecField(path: path, value: value, effect: effect, place: place))
    }

    /// Sorts the fields and hashes them: the restart fields alone, and all.
    mutating func finish() -> (fields: [SpecField], start: StartHash, spec: SpecHash) {
        fields.sort { $0.path < $1.path }
        var start = SHA256()
        for field in fields where field.effect == .restart {
            start.updateFramed(field.path)
            start.updateFramed(field.value)
        }
        let startHex = start.finish()
        var spec = SHA256()
        spec.updateFramed(startHex)
        for field in fields where field.effect != .restart {
            spec.updateFramed(field.path)
            spec.updateFramed(field.value)
        }
        return (fields, StartHash(hex: startHex), SpecHash(hex: spec.finish()))
    }
}

extension SpecFields {
    mutating func addHealth(_ health: Health, overridden: Bool) {
        let probes = [
            ("startup", health.startup), ("readiness", health.readiness), ("liveness", health.liveness),
        ]
        for (name, probe) in probes {
            guard let probe else { continue }
            let path = "spec.health.\(name)"
            addBlock(path, probe.check.text, .live, overridden: overridden)
            let usual = Probe(check: probe.check)
            addDuration(path + ".initialDelay", probe.initialDelay, usual.initialDelay, overridden)
            addDuration(path + ".period", probe.period, usual.period, overridden)
            addDuration(path + ".timeout", probe.timeout, usual.timeout, overridden)
            addPlain(path + ".successThreshold", probe.successThreshold, usual.successThreshold, overridden)
            addPlain(path + ".failureThreshold", probe.failureThreshold, usual.failureThreshold, overridden)
        }
    }

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

    mutating func addStop(_ policy: StopPolicy, overridden: Bool) {
        let usual = StopPolicy()
        addPlain("spec.stop.signal", policy.signal.name, usual.signal.name, overridden)
        addDuration("spec.stop.grace", policy.grace, usual.grace, overridden)
    }

    mutating func addLogging(_ policy: LoggingPolicy, overridden: Bool) {
        let usual = LoggingPolicy()
        addPlain("spec.logging.maxSize", policy.maxSize, usual.maxSize, overridden)
        addPlain("spec.logging.maxFiles", policy.maxFiles, usual.maxFiles, overridden)
    }

    mutating func addUpdate(_ policy: UpdatePolicy) {
        let usual = UpdatePolicy()
        addPlain("spec.update.strategy", policy.strategy.rawValue, usual.strategy.rawValue, true)
        addPlain("spec.update.maxUnavailable", policy.maxUnavailable, usual.maxUnavailable, true)
        addDuration("spec.update.minHealthyTime", policy.minHealthyTime, usual.minHealthyTime, true)
        addDuration("spec.update.healthyDeadline", policy.healthyDeadline, usual.healthyDeadline, true)
        addDuration("spec.update.progressDeadline", policy.progressDeadline, usual.progressDeadline, true)
    }

    private mutating func addDuration(
        _ path: String, _ value: Duration, _ usual: Duration, _ overridden: Bool
    ) {
        if value != usual { addBlock(path, value.declared, .live, overridden: overridden) }
    }

    private mutating func addPlain<V: Equatable>(_ path: String, _ value: V, _ usual: V, _ overridden: Bool) {
        if value != usual { addBlock(path, "\(value)", .live, overridden: overridden) }
    }
}

extension Probe.Check {
    /// `http :http/healthz`, as causes and plans print it.
    var text: String {
        switch self {
        case .tcp(let port): "tcp :\(port)"
        case .http(let port, let path): "http :\(port)\(path)"
        case .exec(let command): "exec \(command.map(\.quoted).joined(separator: " "))"
        }
    }
}

extension Duration {
    /// As a declaration would write it: `1m30s`, `500ms`.
    package var declared: String {
        let total = nanoseconds
        if total == 0 { return "0s" }
        var rest = total
        var text = ""
        for (unit, size) in [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
        ]
            as [(String, Int64)]
        {
            if rest >= size {
                text += "\(rest / size)\(unit)"
                rest %= size
            }
        }
        return rest > 0 ? text + "\(rest)ns" : text
    }
}
