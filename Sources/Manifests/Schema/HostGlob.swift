/// The pattern of a path trigger. What a component matches is fnmatch's to say; here it is only made sure
/// that it says what its author meant.
enum HostGlob {
    /// Components that hold a wildcard: each multiplies the directories that are watched.
    static let wildcardsMax = 4

    static func accepts(_ text: String) -> Bool {
        guard text.utf8.first == UInt8(ascii: "/"), text != "/" else { return false }
        let components = text.split(separator: "/")
        guard !components.isEmpty, !components.contains(".."), !components.contains("."),
            text.utf8.last != UInt8(ascii: "/"), !text.utf8.contains(UInt8(ascii: "\\"))
        else { return false }
        let wild = components.filter { $0.utf8.contains { "*?[".utf8.contains($0) } }
        return wild.count <= wildcardsMax && wild.allSatisfy(isWhole)
    }

    /// Brackets are closed, and `**` (any depth) does not stand there: it would be read as `*`.
    private static func isWhole(_ component: Substring) -> Bool {
        guard !component.contains("**") else { return false }
        var rest = component.utf8
        while let open = rest.firstIndex(of: UInt8(ascii: "[")) {
            rest = rest[rest.index(after: open)...]
            if let first = rest.first, "!^".utf8.contains(first) { rest = rest.dropFirst() }
            // A bracket in the first place is one of the characters.
            guard let close = rest.dropFirst().firstIndex(of: UInt8(ascii: "]")) else { return false }
            rest = rest[rest.index(after: close)...]
        }
        return true
    }
}
