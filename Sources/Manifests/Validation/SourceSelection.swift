/// A file that is not read as a declaration, and why: nothing is left out in silence.
package struct LeftOut: Sendable, Hashable, Comparable {
    package var path: String
    package var reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package static func < (a: LeftOut, b: LeftOut) -> Bool { (a.path, a.reason) < (b.path, b.reason) }
}

/// Which files of a listing are to be read as declarations.
package struct SourceSelection: Sendable {
    /// Gitignore syntax, at the top of the source path.
    package static let ignoreFileName = ".plumbignore"

    /// In the listing's order.
    package private(set) var candidates: [SourceListing.Entry] = []
    package private(set) var leftOut: [LeftOut] = []
    package private(set) var diagnostics: [Diagnostic] = []
    private let rules: IgnoreRules
    /// There are more than are read; which, is forgotten.
    private var isBounded = false

    /// `ignoreFile` is what `.plumbignore` holds, if it is there.
    package init(listing: SourceListing, ignoreFile: [UInt8]? = nil) {
        rules = IgnoreRules(ignoreFile ?? [])
        for entry in listing.entries { if isCandidate(entry) { candidates.append(entry) } }
        boundFiles()
    }

    /// A commit of a few kilobytes can name one file a million times. None of them is read then.
    private mutating func boundFiles() {
        let most = DecodingLimits.documentsMax
        guard candidates.count > most else { return }
        diagnostics.append(
            Diagnostic(
                .tooManyDocuments, at: Location(file: candidates[most].path, line: 1, column: 1),
                "there are \(candidates.count) files of declarations, and \(most) are the most"))
        candidates = []
        isBounded = true
    }

    /// Whether so many files may come to it and all still be told apart.
    package func hasRoom(for count: Int) -> Bool {
        !isBounded && candidates.count + count <= DecodingLimits.documentsMax
    }

    /// Another listing has this entry too. The place where it is a candidate now; nil: it is none.
    ///
    /// - Precondition: the listing was in the order of its paths' bytes, and has nothing at this path.
    package mutating func insert(_ entry: SourceListing.Entry) -> Int? {
        guard isCandidate(entry) else { return nil }
        let place = candidates.place(of: entry.path)
        candidates.insert(entry, at: place)
        return place
    }

    /// Another listing has nothing at this path. The place where it was a candidate; nil: it was none.
    package mutating func remove(_ path: String) -> Int? {
        leftOut.removeAll { $0.path == path }
        diagnostics.removeAll { $0.location.file == path }
        guard let place = candidates.index(of: path) else { return nil }
        candidates.remove(at: place)
        return place
    }

    /// Notes what is left out, and why.
    private mutating func isCandidate(_ entry: SourceListing.Entry) -> Bool {
        let isYAML = Self.isYAML(entry.path)
        switch entry.kind {
        case .directory: return false
        case .file, .executable:
            guard isYAML else { return false }
        case .symbolicLink, .submodule: break
        }
        if Self.isHidden(entry.path) {
            if isYAML { leaveOut(entry, "its path has a component that begins with a dot") }
        } else if let rule = rules.match(entry.path) {
            leaveOut(entry, "\(Self.ignoreFileName):\(rule.line): \(rule.text)")
        } else {
            switch entry.kind {
            case .file, .executable: return true
            case .directory: break
            case .submodule: leaveOut(entry, "a submodule; its files are not fetched")
            case .symbolicLink(let target): addLink(entry, to: target, isYAML: isYAML)
            }
        }
        return false
    }

    private mutating func addLink(_ entry: SourceListing.Entry, to target: String, isYAML: Bool) {
        if isYAML, SourcePath.resolve(target, from: SourcePath.parent(of: entry.path)) == nil {
            let place = Location(file: entry.path, line: 1, column: 1)
            diagnostics.append(
                Diagnostic(.symbolicLink, at: place, "the symbolic link to '\(target)' leaves the source"))
        } else {
            leaveOut(entry, "a symbolic link to \(target); links are not followed")
        }
    }

    private mutating func leaveOut(_ entry: SourceListing.Entry, _ reason: String) {
        leftOut.append(LeftOut(path: entry.path, reason: reason))
    }

    static func isYAML(_ path: String) -> Bool {
        let bytes = path.utf8
        guard bytes.count > 4, let last = bytes.last, last == UInt8(ascii: "l") else { return false }
        return path.hasSuffix(".yaml") || path.hasSuffix(".yml")
    }

    static func isHidden(_ path: String) -> Bool {
        var atStart = true
        for byte in path.utf8 {
            if atStart, byte == UInt8(ascii: ".") { return true }
            atStart = byte == UInt8(ascii: "/")
        }
        return false
    }
}
