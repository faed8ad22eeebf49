import Manifests

extension SpecFields {
    mutating func addStop(_ policy: StopPolicy, overridden: Bool) {
        let usual = StopPolicy()
        addPlain("spec.stop.signal", policy.signal.name, usual.signal.name, overridden)
        addDuration("spec.stop.grace", policy.grace, usual.grace, overridden)
    }
}
