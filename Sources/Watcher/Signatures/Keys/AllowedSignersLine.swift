/// One line of an allowed-signers file: `principals [options] keytype base64 [comment]`.
///
/// Bytes are looked at, not characters: what a person sees as one character may be several to ssh-keygen.
struct AllowedSignersLine {
    private var rest: ArraySlice<UInt8>

    static let bytesMax = 16 << 10
    private static let quote = UInt8(ascii: "\"")
    private static let comma = UInt8(ascii: ",")
    private static let backslash = UInt8(ascii: "\\")

    init(_ line: ArraySlice<UInt8>) throws(SignatureFormatError) {
        guard line.count <= Self.bytesMax else { throw SignatureFormatError("the line is too long") }
        rest = line
    }

    /// Nil for an empty line and a comment.
    func entry(number: Int) throws(SignatureFormatError) -> AllowedSigners.Entry? {
        var line = self
        line.skipBlanks()
        guard let first = line.rest.first, first != UInt8(ascii: "#") else { return nil }
        let principals = PatternList(try line.principals())
        guard principals.isUsable else {
            throw SignatureFormatError("the principals \(principals) can match nobody")
        }
        line.skipBlanks()
        var options: [Option] = []
        if !Self.keyTypes.contains(line.nextWord) {
            // What stands there is options, or the type of a key that nothing is known of.
            let word = line.nextWord
            guard word.contains("=") || word.lowercased().hasPrefix("cert-authority") else {
                throw SignatureFormatError(word.isEmpty ? "no key follows" : Self.unknown(word))
            }
            options = try line.options()
            line.skipBlanks()
        }
        let (type, base64) = (line.takeWord(), line.takeWord())
        guard !type.isEmpty, !base64.isEmpty else { throw SignatureFormatError("no key follows") }
        let key = try SSHPublicKey(type: type, base64: base64)
        return try Self.entry(number, principals, key, options)
    }

    private static func unknown(_ word: String) -> String {
        word.contains("-cert-v01@")
            ? "\(word) is a certificate, and certificates are not supported"
            : "\(word) is neither an option nor a type of key that is supported"
    }

    private enum Option {
        case namespaces(PatternList)
        case validAfter(Int64)
        case validBefore(Int64)

        var name: String {
            switch self {
            case .namespaces: "namespaces"
            case .validAfter: "valid-after"
            case .validBefore: "valid-before"
            }
        }
    }

    private static func entry(
        _ number: Int, _ principals: PatternList, _ key: SSHPublicKey, _ options: [Option]
    ) throws(SignatureFormatError) -> AllowedSigners.Entry {
        var entry = AllowedSigners.Entry(line: number, principals: principals, key: key)
        var seen: Set<String> = []
        for option in options {
            guard seen.insert(option.name).inserted else {
                throw SignatureFormatError("\(option.name) is given twice")
            }
            switch option {
            case .namespaces(let list): entry.namespaces = list
            case .validAfter(let time): entry.validAfter = time
            case .validBefore(let time): entry.validBefore = time
            }
        }
        if let after = entry.validAfter, let before = entry.validBefore, after > before {
            throw SignatureFormatError("valid-before is earlier than valid-after, so the key is never valid")
        }
        return entry
    }

    // Words -------------------------------------------------------------------------------------------

    private var nextWord: String { String(decoding: rest.prefix { !Self.isBlank($0) }, as: UTF8.self) }

    /// The next word, and what stands behind the blanks that follow it is next.
    private mutating func takeWord() -> String {
        let word = rest.prefix { !Self.isBlank($0) }
        rest = rest.dropFirst(word.count)
        skipBlanks()
        return String(decoding: word, as: UTF8.self)
    }

    /// The first word; one with blanks in it stands in quotes.
    private mutating func principals() throws(SignatureFormatError) -> String {
        guard rest.first == Self.quote else { return takeWord() }
        rest.removeFirst()
        guard let end = rest.firstIndex(of: Self.quote) else {
            throw SignatureFormatError("the quotes around the principals are not closed")
        }
        let word = String(decoding: rest[..<end], as: UTF8.self)
        rest = rest[(end + 1)...]
        guard rest.first.map(Self.isBlank) ?? true else {
            throw SignatureFormatError("something stands right behind the quoted principals")
        }
        return word
    }

    /// Options between commas, without blanks outside quotes.
    private mutating func options() throws(SignatureFormatError) -> [Option] {
        var options: [Option] = []
        while true {
            let bytes = rest.prefix { $0 != UInt8(ascii: "=") && $0 != Self.comma && !Self.isBlank($0) }
            rest = rest.dropFirst(bytes.count)
            options.append(try option(String(decoding: bytes, as: UTF8.self)))
            guard rest.first == Self.comma else { break }
            rest.removeFirst()
        }
        guard rest.first.map(Self.isBlank) ?? true else {
            throw SignatureFormatError("options are separated by commas")
        }
        return options
    }

    private mutating func option(_ name: String) throws(SignatureFormatError) -> Option {
        switch name.lowercased() {
        case "cert-authority":
            throw SignatureFormatError(
                "cert-authority is not supported: list the keys themselves, one a line")
        case "namespaces":
            let list = PatternList(try value(of: name))
            guard list.isUsable else { throw SignatureFormatError("namespaces names none") }
            return .namespaces(list)
        case "valid-after": return .validAfter(try time(of: name))
        case "valid-before": return .validBefore(try time(of: name))
        default: throw SignatureFormatError("unknown option \(name.prefix(64))")
        }
    }

    private mutating func time(of name: String) throws(SignatureFormatError) -> Int64 {
        let text = try value(of: name)
        guard let seconds = SignatureTime.seconds(of: text) else {
            throw SignatureFormatError(
                "\(name)=\"\(text.prefix(64))\" is no time; write it as 20270101 or 202701011200Z")
        }
        return seconds
    }

    /// What stands in quotes behind the equals sign; a backslash takes the meaning from a quote.
    private mutating func value(of name: String) throws(SignatureFormatError) -> String {
        guard rest.starts(with: [UInt8(ascii: "="), Self.quote]) else {
            throw SignatureFormatError("the value of \(name) stands in quotes: \(name)=\"…\"")
        }
        rest = rest.dropFirst(2)
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == Self.quote { return String(decoding: value, as: UTF8.self) }
            if byte == Self.backslash, rest.first == Self.quote {
                rest.removeFirst()
                value.append(Self.quote)
            } else {
                value.append(byte)
            }
        }
        throw SignatureFormatError("the quotes of \(name) are not closed")
    }

    private mutating func skipBlanks() { rest = rest.drop(while: Self.isBlank) }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }

    static let keyTypes = [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]
}
