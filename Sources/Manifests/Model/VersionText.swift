/// The grammar that versions and the versions within ranges share.
enum VersionText {
    struct Parts {
        /// What stands between the dots before `-` and `+`.
        var numbers: [Substring]
        var prerelease: Substring?
        var build: Substring?
    }

    static func split(_ text: some StringProtocol) -> Parts {
        var rest = Substring(text)
        var build: Substring?
        var prerelease: Substring?
        if let plus = rest.utf8.firstIndex(of: UInt8(ascii: "+")) {
            build = rest[rest.utf8.index(after: plus)...]
            rest = rest[..<plus]
        }
        if let dash = rest.utf8.firstIndex(of: UInt8(ascii: "-")) {
            prerelease = rest[rest.utf8.index(after: dash)...]
            rest = rest[..<dash]
        }
        let numbers = rest.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map(Substring.init)
        return Parts(numbers: numbers, prerelease: prerelease, build: build)
    }

    /// Digits without a leading zero.
    static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
            text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
        else { return nil }
        return UInt64(text)
    }

    static func prerelease(_ text: Substring) -> [SemanticVersion.Identifier]? {
        var identifiers: [SemanticVersion.Identifier] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard isIdentifier(part) else { return nil }
            if part.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) {
                guard let number = number(part) else { return nil }
                identifiers.append(.number(number))
            } else {
                identifiers.append(.text(String(part)))
            }
        }
        return identifiers
    }

    static func isBuild(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isIdentifier)
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
