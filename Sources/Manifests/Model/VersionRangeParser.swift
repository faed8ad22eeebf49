/// Turns one alternative of a range into plain comparisons.
enum VersionRangeParser {
    typealias Comparator = VersionRange.Comparator

    /// A version of which the end may be missing or `x`: `1`, `1.4`, `1.x`, `*`.
    struct Partial {
        var major: UInt64?
        var minor: UInt64?
        var patch: UInt64?
        var prerelease: [SemanticVersion.Identifier] = []

        /// The lowest version that it describes.
        var lowest: SemanticVersion {
            SemanticVersion(major: major ?? 0, minor: minor ?? 0, patch: patch ?? 0, prerelease: prerelease)
        }
    }

    static func comparators(_ text: Substring) -> [Comparator]? {
        if let common = common(text) { return common }
        guard let words = words(text), !words.isEmpty else { return nil }
        if words.count == 3, words[1] == "-" { return hyphen(from: words[0], to: words[2]) }
        var result: [Comparator] = []
        for word in words {
            guard let found = simple(word) else { return nil }
            result += found
        }
        return result
    }

    /// Splits at spaces; an operator that stands alone belongs to the word after it.
    private static func words(_ text: Substring) -> [Substring]? {
        var words: [Substring] = []
        var operatorStart: Substring.Index?
        let separators = (UInt8(ascii: " "), UInt8(ascii: ","))
        for part in text.utf8.split(whereSeparator: { $0 == separators.0 || $0 == separators.1 }) {
            let word = Substring(part)
            if part.allSatisfy(isOperator) {
                guard operatorStart == nil else { return nil }
                operatorStart = word.startIndex
            } else if let start = operatorStart {
                words.append(text[start..<word.endIndex])
                operatorStart = nil
            } else {
                words.append(word)
            }
        }
        return operatorStart == nil ? words : nil
    }

    /// `^1.4`, `~1.4.2`, `1`: what nearly every reference is, read at once. nil for anything else.
    private static func common(_ text: Substring) -> [Comparator]? {
        var numbers: [UInt64?] = []
        var current: UInt64?
        var bytes = text.utf8
        let sign = bytes.first
        let isCaret = sign == UInt8(ascii: "^")
        let isTilde = sign == UInt8(ascii: "~")
        if isCaret || isTilde { bytes = bytes.dropFirst() }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // A leading zero, and more digits than are common, are left to the long way.
                guard current != 0, (current ?? 0) < 1_000_000 else { return nil }
                current = (current ?? 0) * 10 + UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "."):
                guard current != nil, numbers.count < 2 else { return nil }
                numbers.append(current)
                current = nil
            default: return nil
            }
        }
        guard current != nil else { return nil }
        numbers.append(current)
        while numbers.count < 3 { numbers.append(nil) }
        let version = Partial(major: numbers[0], minor: numbers[1], patch: numbers[2])
        return isCaret ? caret(version) : isTilde ? tilde(version) : block(version)
    }

    private static func isOperator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "="), UInt8(ascii: "^"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func hyphen(from low: Substring, to high: Substring) -> [Comparator]? {
        guard let low = partial(low), let high = partial(high) else { return nil }
        var result = low.major == nil ? [] : [atLeast(low)]
        if high.major == nil { return result }
        if high.patch != nil {
            result.append(comparator(.lessOrEqual, high))
        } else {
            guard let end = endOfBlock(high) else { return nil }
            result.append(below(end))
        }
        return result
    }

    private static func simple(_ word: Substring) -> [Comparator]? {
        let sign = Substring(word.utf8.prefix(while: isOperator))
        let rest = word.utf8[sign.endIndex...].drop { $0 == UInt8(ascii: " ") }
        guard let version = partial(Substring(rest)) else { return nil }
        guard version.major != nil else {
            // `*` under any operator that allows equality is everything; `<*` is nonsense.
            return sign == "<" || sign == ">" ? nil : []
        }
        switch sign {
        case "", "=": return block(version)
        case "^": return caret(version)
        case "~": return tilde(version)
        case ">=": return [atLeast(version)]
        case "<": return [version.patch == nil ? below(version.lowest) : comparator(.less, version)]
        case ">":
            if version.patch != nil { return [comparator(.greater, version)] }
            return endOfBlock(version).map { [Comparator(released: .greaterOrEqual, $0)] }
        case "<=":
            if version.patch != nil { return [comparator(.lessOrEqual, version)] }
            return endOfBlock(version).map { [below($0)] }
        default: return nil
        }
    }

    private static func block(_ version: Partial) -> [Comparator]? {
        if version.patch != nil { return [comparator(.equal, version)] }
        return endOfBlock(version).map { [atLeast(version), below($0)] }
    }

    /// Up to the next change of the leftmost number that is not zero.
    private static func caret(_ version: Partial) -> [Comparator]? {
        var end = version
        if version.major != 0 || version.minor == nil {
            end.minor = nil
            end.patch = nil
        } else if version.minor != 0 || version.patch == nil {
            end.patch = nil
        }
        return endOfBlock(end).map { [atLeast(version), below($0)] }
    }

    private static func tilde(_ version: Partial) -> [Comparator]? {
        var end = version
        end.patch = nil
        return endOfBlock(end).map { [atLeast(version), below($0)] }
    }

    /// The first version after all those that begin like this one; nil on overflow.
    private static func endOfBlock(_ version: Partial) -> SemanticVersion? {
        func next(_ number: UInt64) -> UInt64? { number == .max ? nil : number + 1 }
        guard let major = version.major else { return nil }
        if let minor = version.minor {
            if let patch = version.patch {
                return next(patch).map { SemanticVersion(major: major, minor: minor, patch: $0) }
            }
            return next(minor).map { SemanticVersion(major: major, minor: $0, patch: 0) }
        }
        return next(major).map { SemanticVersion(major: $0, minor: 0, patch: 0) }
    }

    private static func comparator(_ relation: Comparator.Relation, _ version: Partial) -> Comparator {
        Comparator(
            relation: relation, version: version.lowest, namesPrerelease: !version.prerelease.isEmpty)
    }

    private static func atLeast(_ version: Partial) -> Comparator { comparator(.greaterOrEqual, version) }

    /// Below a release and below its pre-releases too: `^1.4` must not take `2.0.0-alpha`.
    private static func below(_ version: SemanticVersion) -> Comparator {
        var version = version
        version.prerelease = [.number(0)]
        return Comparator(released: .less, version)
    }

    private static func partial(_ text: Substring) -> Partial? {
        let parts = VersionText.split(text)
        guard (1...3).contains(parts.numbers.count) else { return nil }
        if let build = parts.build, !VersionText.isBuild(build) { return nil }
        var numbers: [UInt64?] = []
        for part in parts.numbers {
            if part == "x" || part == "X" || part == "*" {
                numbers.append(nil)
            } else {
                // Nothing may follow an `x`: `1.x.3` describes no block of versions.
                guard let number = VersionText.number(part), !numbers.contains(nil) else { return nil }
                numbers.append(number)
            }
        }
        while numbers.count < 3 { numbers.append(nil) }
        var result = Partial(major: numbers[0], minor: numbers[1], patch: numbers[2])
        if let prerelease = parts.prerelease {
            guard result.patch != nil, let read = VersionText.prerelease(prerelease) else { return nil }
            result.prerelease = read
        }
        return result
    }
}

extension VersionRange.Comparator {
    fileprivate init(released relation: Relation, _ version: SemanticVersion) {
        self.init(relation: relation, version: version, namesPrerelease: false)
    }
}
