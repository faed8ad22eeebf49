import Manifests

extension SpecFields {
    mutating func addResources(_ resources: Resources, overridden: Bool) {
        for limit in resources.declaredLimits {
            addBlock("spec.resources.\(limit.field)", limit.value, .live, overridden: overridden)
        }
    }
}

extension Resources {
    /// Every limit that is declared, by its key, as a declaration would write it.
    package var declaredLimits: [(field: String, value: String)] {
        let all: [(field: String, value: String?)] = [
            ("cpu", cpu.map { "\($0)m" }), ("memory", memory.map(Quantities.text(size:))),
            ("pids", pids.map(String.init)), ("nofile", nofile.map(String.init)),
            ("core", core.map { $0 == Self.coreUnlimited ? "unlimited" : Quantities.text(size: $0) }),
            ("io.weight", io?.weight.map(String.init)),
        ]
        return all.compactMap { limit in limit.value.map { (limit.field, $0) } }
    }
}
