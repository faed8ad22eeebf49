/// A version as Semantic Versioning 2.0.0 defines it. Build metadata takes no part in precedence, nor in
/// identity.
package struct SemanticVersion: Sendable, CustomStringConvertible {
    package enum Identifier: Sendable, Hashable {
        case number(UInt64)
        case text(String)
    }
    package var major: UInt64
    package var minor: UInt64
    package var patch: UInt64
    package var prerelease: [Identifier]
    /// Without the `+`; "" if there is none.
    package var build: String

    package init(
        major: UInt64, minor: UInt64, patch: UInt64, prerelease: [Identifier] = [], build: String = ""
    ) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.build = build
    }

    /// Reads `1.4.2`, `1.4.2-rc.1`, `1.4.2-rc.1+linux`; nil for anything that the specification does not
    /// allow, and for numbers beyond 64 bits.
    package init?(_ text: some StringProtocol) {
        let parts = VersionText.split(text)
        guard parts.numbers.count == 3 else { return nil }
        var numbers: [UInt64] = []
        for part in parts.numbers {
            guard let number = VersionText.number(part) else { return nil }
            numbers.append(number)
        }
        guard let prerelease = parts.prerelease.map(VersionText.prerelease) ?? .some([]) else { return nil }
        if let build = parts.build, !VersionText.isBuild(build) { return nil }
        self.init(
            major: numbers[0], minor: numbers[1], patch: numbers[2], prerelease: prerelease,
            build: parts.build.map(String.init) ?? "")
    }

    package var description: String {
        var text = "\(major).\(minor).\(patch)"
        if !prerelease.isEmpty {
            text += "-" + prerelease.map(\.description).joined(separator: ".")
        }
        if !build.isEmpty { text += "+" + build }
        return text
    }

    /// Whether two versions have the same major, minor and patch.
    func sameRelease(as other: SemanticVersion) -> Bool {
        major == other.major && minor == other.minor && patch == other.patch
    }
}

extension SemanticVersion: Hashable, Comparable {
    package static func == (a: SemanticVersion, b: SemanticVersion) -> Bool {
        a.sameRelease(as: b) && a.prerelease == b.prerelease
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(major)
        hasher.combine(minor)
        hasher.combine(patch)
        hasher.combine(prerelease)
    }

    /// Precedence as rule 11 of the specification defines it.
    package static func < (a: SemanticVersion, b: SemanticVersion) -> Bool {
        if !a.sameRelease(as: b) {
            return (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
        }
        // A version without a pre-release comes after every one that has it.
        if a.prerelease.isEmpty || b.prerelease.isEmpty {
            return !a.prerelease.isEmpty && b.prerelease.isEmpty
        }
        return a.prerelease.lexicographicallyPrecedes(b.prerelease)
    }
}

extension SemanticVersion.Identifier: Comparable, CustomStringConvertible {
    /// Numbers come before texts; texts compare by their bytes, whatever the locale.
    package static func < (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.number(let a), .number(let b)): a < b
        case (.number, .text): true
        case (.text, .number): false
        case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        }
    }

    package var description: String {
        switch self {
        case .number(let number): String(number)
        case .text(let text): text
        }
    }
}

/// A version is written as text wherever it is kept.
extension SemanticVersion: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let version = SemanticVersion(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no version: \(text)")
        }
        self = version
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
