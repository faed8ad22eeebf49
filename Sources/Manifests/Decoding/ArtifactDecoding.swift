/// `spec.artifact` of a Unit: where the files are, how they are packed, and what must be known of them.
struct ArtifactDecoding {
    private let source: String
    private let declared: Artifact.Format?
    private let sha256: String?
    private let hasDigest: Bool

    /// nil where there is no artifact, or none that could be looked at.
    init?(_ object: CheckedObject?) {
        guard let object, let source = object.string("source"), !object.isInvalid("format") else {
            return nil
        }
        self.source = source
        declared = object.choice("format")
        hasDigest = object.has("sha256")
        sha256 = object.string("sha256")?.lowercased()
    }

    /// nil where it is wrong; that is reported then.
    func artifact(_ decoder: inout SchemaDecoder) -> Artifact? {
        let place = decoder.mark(of: "spec.artifact.source")
        guard let scheme = Self.scheme(of: source) else { return inRepository(place, &decoder) }
        do throws(Problem) {
            let (origin, name) = try Self.elsewhere(source, scheme: scheme)
            guard let format = declared ?? Artifact.Format(ofName: name) else {
                throw Problem(
                    "the name of '\(source)' does not say how it is packed",
                    help: "add 'format: tar.gz' or 'format: zip'")
            }
            guard format != .dir else {
                throw Problem(
                    "a directory can only be taken from the repository",
                    help: "commit it, or pack it and write 'format: tar.gz' or 'format: zip'")
            }
            guard hasDigest else {
                decoder.report(
                    .artifactDigest, place, "nothing says what '\(source)' has to be: sha256 is missing",
                    help: "add the output of sha256sum as 'sha256:'")
                return nil
            }
            return sha256.map { Artifact(origin: origin, format: format, sha256: $0) }
        } catch {
            decoder.report(.invalidArtifact, place, error.message, help: error.help)
            return nil
        }
    }

    private func inRepository(_ place: Mark, _ decoder: inout SchemaDecoder) -> Artifact? {
        guard let path = SourcePath.normalised(source) else {
            decoder.report(.invalidPath, place, "'\(source)' is no path within the source")
            return nil
        }
        let format = declared ?? Artifact.Format(ofName: path) ?? .dir
        if format == .dir, hasDigest {
            decoder.report(
                .artifactDigest, decoder.mark(of: "spec.artifact.sha256"),
                "a directory has no digest: git verifies what is in it", help: "remove sha256")
            return nil
        }
        if hasDigest, sha256 == nil { return nil }
        return Artifact(origin: .repository(path: path), format: format, sha256: sha256)
    }

    struct Problem: Error {
        var message: String
        var help: String

        init(_ message: String, help: String) {
            self.message = message
            self.help = help
        }
    }

    /// `https` of `https://…`; nil where there is none.
    private static func scheme(of source: String) -> String? {
        guard let colon = source.firstIndex(of: ":"), !source[..<colon].contains("/") else { return nil }
        return source[..<colon].lowercased()
    }

    /// Where it is, and the part of it that names the file.
    private static func elsewhere(
        _ source: String, scheme: String
    ) throws(Problem) -> (origin: Artifact.Origin, name: Substring) {
        let rest = source.dropFirst(scheme.utf8.count + 1)
        switch scheme {
        case "https", "http":
            guard let address = WebAddress(scheme: scheme, rest: rest) else {
                throw Problem(
                    "'\(source)' is no address of a file",
                    help: "write it as https://host/path, without user, password and '#'")
            }
            guard scheme == "https" || address.isLoopback else {
                throw Problem(
                    "'\(source)' is fetched without TLS: everybody on the way would see what is asked for",
                    help: "write https; http is for servers on this very host alone")
            }
            return (.web(url: source), address.path)
        case "file":
            guard let path = hostPath(rest) else {
                throw Problem(
                    "'\(source)' is no absolute path of the host", help: "write it as file:///absolute/path")
            }
            return (.host(path: path), path[...])
        default:
            throw Problem(
                "an artifact cannot be fetched by '\(scheme):'",
                help: "write a path of the repository, file:///path or https://host/path")
        }
    }

    /// The path of `///srv/web.zip`, `//localhost/srv/web.zip` or `/srv/web.zip`.
    private static func hostPath(_ rest: Substring) -> String? {
        var path = rest
        if path.hasPrefix("//") {
            path = path.dropFirst(2)
            if path.hasPrefix("localhost/") { path = path.dropFirst("localhost".count) }
        }
        guard StringRule.hostPath.accepts(String(path)), !path.hasSuffix("/"), !path.contains("%"),
            WebAddress.isPlain(path)
        else { return nil }
        return "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}

/// An address as far as a declaration has to be understood.
struct WebAddress {
    let host: Substring
    /// Without what follows `?`.
    let path: Substring

    init?(scheme: String, rest: Substring) {
        guard rest.hasPrefix("//"), Self.isPlain(rest), !rest.contains("#"), !rest.contains("\\") else {
            return nil
        }
        let whole = rest.dropFirst(2)
        guard let slash = whole.firstIndex(of: "/") else { return nil }
        let authority = whole[..<slash]
        guard !authority.contains("@") else { return nil }
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
            guard NumericAddress.accepts(String(host)) else { return nil }
        } else {
            let parts = authority.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts[0]
            port = parts.count > 1 ? parts[1] : nil
            guard StringRule.hostAddress.accepts(String(host)) else { return nil }
        }
        if let port, UInt16(port).map({ $0 == 0 }) ?? true { return nil }
        let file = whole[slash...].prefix { $0 != "?" }
        guard file.count > 1 else { return nil }
        path = file
    }

    var isLoopback: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }

    /// Printable ASCII without blanks: nothing in it could be taken for something else.
    static func isPlain(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
