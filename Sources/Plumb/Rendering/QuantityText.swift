import Reconciler

/// Amounts as people read them, in the units of declarations.
enum QuantityText {
    /// `512`, `3.4Ki`, `12Mi`, `1.5Gi`.
    static func size(_ bytes: UInt64) -> String {
        let units = ["", "Ki", "Mi", "Gi", "Ti"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return short(value) + units[unit]
    }

    /// Thousandths of a core: `12m`, `1500m`.
    static func cores(_ cores: Double) -> String { "\(Int((cores * 1_000).rounded()))m" }

    /// `0.03s`, `12s`, `1h2m`.
    static func seconds(_ seconds: Double) -> String {
        seconds < 10
            ? "\(short(seconds, digits: 2))s"
            : Duration.milliseconds(Int64(seconds * 1_000)).rough
    }

    private static func short(_ value: Double, digits: Int = 1) -> String {
        let scale = digits == 2 ? 100.0 : 10.0
        let rounded = (value * scale).rounded() / scale
        if rounded >= 100 || rounded == rounded.rounded() { return "\(Int(rounded.rounded()))" }
        return "\(rounded)"
    }
}
