// Rounding is libm's; without this import an executable of pure Swift would not be linked with it.
internal import Glibc

/// Durations, sizes and CPU quantities as declarations write them.
package enum Quantities {
    /// The longest duration that is accepted: ten years.
    static let durationMax = Duration.seconds(3_650 * 86_400)

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// `1m30s`, `500ms`, `1h`: whole numbers with units, each unit at most once, the largest first.
    package static func duration(_ text: String) -> Duration? {
        var rest = Substring(text).utf8
        var total: Int64 = 0
        var lastUnit = -1
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            let letters = rest.dropFirst(digits.count).prefix {
                $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")
            }
            rest = rest.dropFirst(digits.count + letters.count)
            guard let number = Int64(Substring(digits)),
                let unit = units.firstIndex(where: { $0.name == Substring(letters) }), unit > lastUnit
            else { return nil }
            lastUnit = unit
            let (product, overflows) = number.multipliedReportingOverflow(by: units[unit].milliseconds)
            let (sum, overflowsToo) = total.addingReportingOverflow(product)
            guard !overflows, !overflowsToo else { return nil }
            total = sum
        }
        let result = Duration.milliseconds(total)
        return result <= durationMax ? result : nil
    }

    /// The shortest text that `duration` reads back: `1m30s`, `0s`.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        var text = rest < 0 ? "-" : ""
        rest = abs(rest)
        if rest == 0 { return "0s" }
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }

    private static let sizeUnits: [(name: String, bytes: UInt64)] = [
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40),
        ("k", 1_000), ("K", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000), ("", 1),
    ]

    /// Bytes: `64Mi`, `10M`, `4096`.
    package static func size(_ text: String) -> UInt64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = UInt64(digits),
            let unit = sizeUnits.first(where: { $0.name == text[digits.endIndex...] })
        else { return nil }
        let (product, overflows) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflows ? nil : product
    }

    /// Bytes as `size` has them, or `unlimited`.
    package static func coreSize(_ text: String) -> UInt64? {
        text == "unlimited" ? Resources.coreUnlimited : size(text).flatMap { $0 <= 1 << 50 ? $0 : nil }
    }

    /// The shortest exact text in powers of 1024.
    package static func text(size: UInt64) -> String {
        for unit in sizeUnits[0..<4].reversed() where size >= unit.bytes && size % unit.bytes == 0 {
            return "\(size / unit.bytes)\(unit.name)"
        }
        return String(size)
    }

    /// Thousandths of a core: `500m`, `0.5`, `2`.
    package static func cpu(_ text: String) -> UInt64? {
        if text.hasSuffix("m") {
            let digits = text.dropLast()
            guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
                return nil
            }
            return UInt64(digits).flatMap { $0 > 0 && $0 <= 100_000_000 ? $0 : nil }
        }
        switch ScalarKind.plain(text) {
        case .int(let cores) where cores > 0 && cores <= 100_000: return UInt64(cores) * 1_000
        case .float(let cores) where cores >= 0.001 && cores <= 100_000:
            return UInt64((cores * 1_000).rounded())
        default: return nil
        }
    }
}
