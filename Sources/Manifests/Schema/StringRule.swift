/// What a string must look like, by what it is for.
enum StringRule: Sendable, Hashable, CaseIterable {
    case any
    case nonEmpty
    /// A DNS-1123 label: names of declarations, endpoints and nodes.
    case name
    case nodeName
    case labelKey
    case labelValue
    case variable
    case configField
    /// A file or directory of the source.
    case sourcePath
    /// A program: absolute, relative to the package, or found in PATH.
    case command
    /// A path that a program sees, absolute or relative.
    case runPath
    /// A plain file name without `/`.
    case fileName
    /// An absolute path of the host.
    case hostPath
    case capability
    case systemCall
    case account
    case variablePrefix
    case httpPath
    /// IPv4 or IPv6, numeric.
    case address
    case statusRange
    case headerName
    case headerValue
    /// An address, or a host's name.
    case hostAddress
    case pattern
    /// A POSIX extended regular expression that is quick whatever it is held against.
    case extendedPattern
    case requirement
    /// 64 hexadecimal digits.
    case sha256
    /// A name of the IANA database.
    case timeZone
    /// An absolute path of the host, with `*`, `?` and `[…]` within its components.
    case hostGlob

    /// Bytes of any string but names.
    static let lengthMax = 4_096
    static let nameLengthMax = 63

    var label: String {
        switch self {
        case .name, .nodeName: "name"
        case .sourcePath, .command, .runPath, .httpPath, .hostPath: "path"
        case .capability: "capability"
        case .systemCall: "system call"
        case .fileName: "file name"
        case .variable: "variable"
        case .account: "account"
        case .labelKey, .labelValue: "label"
        case .pattern, .extendedPattern: "regular expression"
        case .statusRange: "status"
        case .headerName: "header"
        case .hostAddress: "address"
        case .sha256: "digest"
        case .timeZone: "time zone"
        case .hostGlob: "pattern of paths"
        default: "string"
        }
    }

    /// As a regular expression of JSON Schema; nil where there is none.
    var jsonPattern: String? {
        switch self {
        case .name: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
        case .nodeName: "^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
        case .labelKey: "^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
        case .labelValue: "^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$"
        case .variable: "^[A-Za-z_][A-Za-z0-9_]*$"
        case .variablePrefix: "^([A-Za-z_][A-Za-z0-9_]*)?$"
        case .configField: "^[A-Za-z][A-Za-z0-9_-]{0,62}$"
        case .fileName: "^[^/]+$"
        case .account: "^([a-z_][a-z0-9_-]*[$]?|[0-9]+)$"
        case .httpPath, .hostPath, .hostGlob: "^/"
        case .timeZone: "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$"
        case .address: "^[0-9a-fA-F:.]+$"
        case .statusRange: "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$"
        case .headerName: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
        case .headerValue: "^[^\\r\\n]*$"
        case .hostAddress: "^[A-Za-z0-9.:_-]+$"
        case .capability: "^[A-Z_]+$"
        case .systemCall: "^[a-z0-9_]+$"
        case .sha256: "^[0-9A-Fa-f]{64}$"
        case .nonEmpty, .command, .runPath, .sourcePath, .pattern, .extendedPattern, .requirement: "."
        case .any: nil
        }
    }

    var code: DiagnosticCode {
        switch self {
        case .name, .nodeName: .invalidName
        case .sourcePath, .fileName, .runPath, .command, .hostPath, .hostGlob: .invalidPath
        case .pattern, .extendedPattern: .invalidPattern
        default: .invalidValue
        }
    }

    /// What a value must be, for the remedy; "" where anything goes.
    var remedy: String {
        switch self {
        case .any: ""
        case .nonEmpty: "a text that is not empty"
        case .name:
            "lower-case letters, digits and '-', beginning and ending with a letter or digit, at most 63"
        case .nodeName: "lower-case letters, digits, '-' and '.', as a host name"
        case .labelKey:
            "a name of letters, digits, '-', '_' and '.', if wanted after a prefix as in example.org/team"
        case .labelValue: "letters, digits, '-', '_' and '.', at most 63, or nothing"
        case .variable: "letters, digits and '_', not beginning with a digit"
        case .variablePrefix: "letters, digits and '_', not beginning with a digit, or nothing"
        case .configField: "letters, digits, '-' and '_', beginning with a letter, at most 63"
        case .sourcePath: "a path relative to the source path, without '..' that leaves it"
        case .command: "a path, or the name of a program in PATH"
        case .runPath: "a path without '..'"
        case .fileName: "the name of a file, without '/'"
        case .hostPath: "an absolute path of the host, without '..'"
        case .capability: "a capability of Linux, as in NET_BIND_SERVICE"
        case .systemCall: "a system call of Linux by name, as in ptrace"
        case .account: "a name of the host's user or group database, or a number"
        case .httpPath: "a path that begins with '/'"
        case .address: "a numeric IPv4 or IPv6 address, as in 127.0.0.1 or ::1"
        case .statusRange: "a status or a range of them, as in 200 or 200-399"
        case .headerName: "the name of a header, as in X-Probe"
        case .headerValue: "one line of printable ASCII"
        case .hostAddress: "an address or a host's name"
        case .pattern: "a regular expression"
        case .extendedPattern:
            "a POSIX extended regular expression of at most 256 bytes, without '{' and back references"
        case .requirement: "plumb and a range of versions, as in plumb >= 1.2"
        case .sha256: "64 hexadecimal digits, as sha256sum prints them"
        case .timeZone: "a name of the IANA database, as in Europe/Berlin or UTC"
        case .hostGlob:
            "an absolute path, in whose components '*', '?' and '[...]' may stand; without '..' and '**'"
        }
    }

    /// Whether the text keeps the rule.
    func accepts(_ text: String) -> Bool {
        let bytes = text.utf8
        guard bytes.count <= Self.lengthMax, !bytes.contains(0) else { return false }
        switch self {
        case .any: return true
        case .nonEmpty, .command, .requirement: return !text.isEmpty
        case .name: return Self.isLabel(bytes, max: Self.nameLengthMax, dots: false)
        case .nodeName: return Self.isLabel(bytes, max: 253, dots: true)
        case .labelKey: return Self.isLabelKey(text)
        case .labelValue: return text.isEmpty || Self.isLabelName(bytes)
        case .variable: return Self.isVariable(bytes)
        case .variablePrefix: return text.isEmpty || Self.isVariable(bytes)
        case .configField: return Self.isConfigField(bytes)
        case .sourcePath: return SourcePath.normalised(text) != nil
        case .runPath: return !text.isEmpty && !text.split(separator: "/").contains("..")
        case .fileName:
            return !text.isEmpty && text != "." && text != ".." && !bytes.contains(UInt8(ascii: "/"))
        case .hostPath:
            return text.hasPrefix("/") && text != "/" && !text.split(separator: "/").contains("..")
        case .capability:
            return Capabilities.names.contains(text.hasPrefix("CAP_") ? String(text.dropFirst(4)) : text)
        case .systemCall: return SystemCallTable.exists(text)
        case .account: return Self.isAccount(text)
        case .httpPath: return text.hasPrefix("/") && !bytes.contains { $0 <= 0x20 || $0 == 0x7F }
        case .address: return NumericAddress.accepts(text)
        case .statusRange: return StatusRange(text) != nil
        case .headerName: return !text.isEmpty && bytes.allSatisfy(Self.isHeaderByte)
        case .headerValue: return bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        case .hostAddress: return Self.isHostAddress(bytes)
        case .pattern: return (try? Regex(text)) != nil
        case .extendedPattern: return ExtendedPattern(text) != nil
        case .sha256:
            return bytes.count == 64
                && bytes.allSatisfy { Self.isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
        case .timeZone: return TimeZoneName.isWellFormed(text)
        case .hostGlob: return HostGlob.accepts(text)
        }
    }

    private static func isHeaderByte(_ byte: UInt8) -> Bool {
        isLower(byte) || isUpper(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isHostAddress(_ bytes: String.UTF8View) -> Bool {
        !bytes.isEmpty && bytes.count <= 253
            && bytes.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || ".:-_".utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isUpper(_ byte: UInt8) -> Bool { byte >= 0x41 && byte <= 0x5A }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLabel(_ bytes: String.UTF8View, max: Int, dots: Bool) -> Bool {
        guard let first = bytes.first, let last = bytes.last, bytes.count <= max,
            isLower(first) || isDigit(first), isLower(last) || isDigit(last)
        else { return false }
        return bytes.allSatisfy {
            isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") || (dots && $0 == UInt8(ascii: "."))
        }
    }

    private static func isLabelName(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) || isDigit(byte) }
        guard let first = bytes.first, let last = bytes.last, bytes.count <= nameLengthMax,
            isAlphanumeric(first), isAlphanumeric(last)
        else { return false }
        return bytes.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: ".")
        }
    }

    private static func isLabelKey(_ text: String) -> Bool {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return isLabelName(text.utf8) }
        let prefix = String(text[..<slash])
        return isLabel(prefix.utf8, max: 253, dots: true) && isLabelName(text[slash...].utf8.dropFirst())
    }

    private static func isVariable(_ bytes: String.UTF8View) -> Bool {
        guard let first = bytes.first, !isDigit(first) else { return false }
        return bytes.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isConfigField(_ bytes: String.UTF8View) -> Bool {
        guard let first = bytes.first, isLower(first) || isUpper(first), bytes.count <= nameLengthMax else {
            return false
        }
        return bytes.allSatisfy {
            isLower($0) || isUpper($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    private static func isAccount(_ text: String) -> Bool {
        if text.utf8.allSatisfy(isDigit) { return UInt32(text).map { $0 != .max } ?? false }
        guard let first = text.utf8.first, isLower(first) || first == UInt8(ascii: "_"), text.utf8.count <= 32
        else { return false }
        let body = text.hasSuffix("$") ? text.dropLast() : Substring(text)
        return body.utf8.allSatisfy {
            isLower($0) || isDigit($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
}
