import Watcher

/// `trust` of the settings file: whose commits this host believes.
struct TrustBlock {
    static let keys: Set<String> = [
        "trust", "trust.commits", "trust.commits.require", "trust.commits.keys", "trust.commits.revoked",
        "trust.commits.since",
    ]
    /// What the design has and this version does not act on yet.
    static let reserved: Set<String> = []

    var require = TrustSettings.Requirement.none
    var files: [String] = []
    var revoked: String?
    var since: ObjectID?

    init(_ file: AgentFile) throws {
        if let word = try file.text("trust.commits.require") {
            guard let known = TrustSettings.Requirement(rawValue: word) else {
                throw file.fault(
                    "trust.commits.require", "trust.commits.require is none, head or every, and not \(word)")
            }
            require = known
        }
        files = try file.texts("trust.commits.keys")
        revoked = try file.text("trust.commits.revoked")
        for path in files where !path.hasPrefix("/") {
            throw file.fault(
                "trust.commits.keys", "the path of a keys file begins with /, and \(path) does not")
        }
        if let revoked, !revoked.hasPrefix("/") {
            throw file.fault(
                "trust.commits.revoked", "the path of a keys file begins with /, and \(revoked) does not")
        }
        if require != .none && files.isEmpty {
            throw file.fault(
                "trust.commits.require",
                "trust.commits.require: \(require.rawValue) needs trust.commits.keys: without keys no commit "
                    + "is trusted")
        }
        try readSince(file)
    }

    private mutating func readSince(_ file: AgentFile) throws {
        guard let text = try file.text("trust.commits.since") else { return }
        guard let id = ObjectID(text) else {
            throw file.fault(
                "trust.commits.since",
                "trust.commits.since is the full id of a commit, 40 hexadecimal digits (git rev-parse HEAD)")
        }
        guard require == .every else {
            throw file.fault(
                "trust.commits.since", "trust.commits.since has a meaning with require: every alone")
        }
        since = id
    }

    /// Nil where nothing is to be verified.
    /// - Parameter repositories: where whoever may commit can put files.
    func settings(repositories: [String], stateDir: String) -> TrustSettings? {
        guard require != .none else { return nil }
        return TrustSettings(
            require: require, keys: files, revoked: revoked, since: since, repositories: repositories,
            directory: stateDir + "/trust")
    }
}
