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
    mutating func addDuration(
        _ path: String, _ value: Duration, _ usual: Duration, _ overridden: Bool
    ) {
        if value != usual { addBlock(path, value.declared, .live, overridden: overridden) }
    }

    mutating func addPlain<V: Equatable>(_ path: String, _ value: V, _ usual: V, _ overridden: Bool) {
        if value != usual { addBlock(path, "\(value)", .live, overridden: overridden) }
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
