/// Where a repository is, as `source.repo` says it.
package enum RepositoryAddress: Hashable, Sendable {
    /// On this host: read where it stands.
    case local(path: String)
    /// Elsewhere: fetched into a mirror.
    case remote(RemoteAddress)

    /// Reads `https://…`, `ssh://…`, `user@host:path`, `git://…`, `file:///…` or a path.
    package init(_ text: String) throws(RemoteAddress.Fault) {
        if text.hasPrefix("file://") {
            let path = text.dropFirst("file://".count)
            guard path.hasPrefix("/") else {
                throw RemoteAddress.Fault(
                    problem: "\(text) names no absolute path", remedy: "write it as file:///srv/repo.git")
            }
            self = .local(path: String(path))
        } else if let remote = try RemoteAddress(text) {
            self = .remote(remote)
        } else {
            self = .local(path: text)
        }
    }
}

/// A repository that is asked over a network. It holds no secret: a password in an address is refused.
package struct RemoteAddress: Hashable, Sendable {
    package enum Transport: String, Hashable, Sendable { case https, ssh, git }

    package struct Fault: Error, Hashable, Sendable {
        package let problem: String
        package let remedy: String
    }

    package let transport: Transport
    /// As git is given it.
    package let text: String
    /// Without a port.
    package let host: String
    /// `host` or `host:port`, as git's credential protocol has it.
    package let authority: String
    package let user: String?

    /// Nil where the text is a path, by git's own rule: no scheme, and no colon before the first slash.
    init?(_ text: String) throws(Fault) {
        if let mark = text.firstRange(of: "://") {
            try self.init(
                url: text, scheme: text[..<mark.lowerBound].lowercased(), rest: text[mark.upperBound...])
            return
        }
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return nil }
        if text[colon...].hasPrefix("::") {
            throw Fault(
                problem: "\(text) names a helper program, which no settings file may start",
                remedy: "use https://, ssh://, git://, file:// or a path")
        }
        let (user, host) = try Self.split(authority: text[..<colon], of: text)
        guard !text[text.index(after: colon)...].isEmpty else {
            throw Fault(problem: "\(text) names no repository on \(host)", remedy: "add its path")
        }
        self.init(transport: .ssh, text: text, host: host, authority: host, user: user)
    }

    private init(transport: Transport, text: String, host: String, authority: String, user: String?) {
        self.transport = transport
        self.text = text
        self.host = host
        self.authority = authority
        self.user = user
    }

    private init(url text: String, scheme: String, rest: Substring) throws(Fault) {
        guard let transport = Transport(rawValue: scheme) else {
            let remedy =
                scheme == "http"
                ? "use https: over http anybody on the way can say what runs here"
                : "use https://, ssh://, git://, file:// or a path"
            throw Fault(problem: "\(scheme):// is not a way to reach a repository", remedy: remedy)
        }
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let (user, place) = try Self.split(authority: authority, of: "\(scheme)://…")
        guard path.count > 1 else {
            throw Fault(problem: "\(scheme)://\(place) names no repository", remedy: "add its path")
        }
        self.init(
            transport: transport, text: text, host: Self.withoutPort(place), authority: place, user: user)
    }

    private static func split(
        authority: Substring, of text: String
    ) throws(Fault) -> (user: String?, place: String) {
        let at = authority.lastIndex(of: "@")
        let user = at.map { String(authority[..<$0]) }
        let place = String(at.map { authority[authority.index(after: $0)...] } ?? authority)
        if user?.contains(":") == true {
            throw Fault(
                problem: "the address holds a password, which would stand in arguments and logs",
                remedy: "take it out, and name a file: source.credentials.username and passwordFile")
        }
        // ssh would take such a name for an option.
        guard !place.isEmpty, !place.hasPrefix("-"), user?.hasPrefix("-") != true, user != "" else {
            throw Fault(
                problem: "\(text) names no host", remedy: "write it as https://host/path or user@host:path")
        }
        return (user, place)
    }

    /// Of the repository on its host; nil where it is too short to be told from words around it.
    var path: String? {
        let path: Substring
        if let mark = text.firstRange(of: "://") {
            path = text[mark.upperBound...].drop { $0 != "/" }
        } else {
            path = text.drop { $0 != ":" }.dropFirst()
        }
        return path.count > 3 ? String(path) : nil
    }

    private static func withoutPort(_ place: String) -> String {
        if place.hasPrefix("[") {
            return String(place.dropFirst().prefix { $0 != "]" })
        }
        return String(place.prefix { $0 != ":" })
    }
}
