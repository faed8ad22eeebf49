import Glibc

/// The system's gpg, with a home directory that holds the trusted keys and nothing else, without anyone's
/// configuration, network or agent.
struct GnuPG: Sendable {
    /// A directory of Plumb's own.
    let directory: String
    let program: String

    /// How long one call may take.
    static let deadline = Duration.seconds(20)

    init(directory: String) throws(TrustFailure) {
        self.directory = directory
        guard let program = Self.places.first(where: { access($0, X_OK) == 0 }) else {
            throw TrustFailure(
                code: "GnuPGMissing", message: "OpenPGP keys are trusted, and there is no gpg on this host",
                advice: "install the package gnupg, or list SSH keys alone")
        }
        self.program = program
    }

    private static let places = ["/usr/bin/gpg", "/usr/local/bin/gpg", "/bin/gpg"]

    // Keys --------------------------------------------------------------------------------------------

    /// The home with these keys: made once, and found again as long as they stay the same.
    func home(of keys: [[UInt8]], digest: String) throws(TrustFailure) -> String {
        let home = "\(directory)/gnupg-\(digest.prefix(16))"
        if access(home, X_OK) == 0 { return home }
        try makeDirectory(directory)
        for name in Self.names(in: directory) where name.hasPrefix("gnupg-") {
            Self.remove("\(directory)/\(name)")
        }
        // Complete under its name, or not there.
        let draft = "\(directory)/gnupg-new"
        try makeDirectory(draft)
        for key in keys { try importKeys(key, into: draft) }
        guard rename(draft, home) == 0 else { throw failed("the keys cannot be kept in \(home)", errno) }
        return home
    }

    private func importKeys(_ keys: [UInt8], into home: String) throws(TrustFailure) {
        let outcome = try run(home, ["--import"], input: keys)
        guard let code = outcome.code else { throw Self.overdue }
        let status = GnuPGStatus(outcome.output)
        guard code == 0, !status.importedFingerprints.isEmpty else {
            throw TrustFailure(
                code: "KeysUnusable", message: "gpg finds no usable public key in a keys file",
                advice: "write it with gpg --armor --export")
        }
    }

    private func makeDirectory(_ path: String) throws(TrustFailure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failed("cannot make \(path)", errno) }
    }

    // Signatures --------------------------------------------------------------------------------------

    func judge(
        _ signature: [UInt8], over payload: [UInt8], home: String
    ) throws(TrustFailure) -> Result<GnuPGStatus.Verified, Distrust> {
        let outcome = try run(
            home, ["--verify", BoundedRun.extraPath, "-"], input: payload, extra: signature)
        guard let code = outcome.code else { throw Self.overdue }
        let verdict = GnuPGStatus(outcome.output).signer
        // Whatever it printed, a gpg that says that it failed has not verified anything.
        if case .success = verdict, code != 0 {
            return .failure(Distrust(.malformed, "gpg refuses its signature (exit code \(code))"))
        }
        return verdict
    }

    private func run(
        _ home: String, _ arguments: [String], input: [UInt8], extra: [UInt8] = []
    ) throws(TrustFailure) -> BoundedRun.Outcome {
        let options = [
            "--homedir", home, "--no-options", "--batch", "--no-tty", "--no-autostart", "--disable-dirmngr",
            "--no-auto-key-retrieve", "--no-auto-check-trustdb", "--trust-model", "always", "--status-fd",
            "1",
        ]
        let run = BoundedRun(
            command: [program] + options + arguments,
            environment: ["LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", "HOME=\(home)"], input: input, extra: extra,
            deadline: Self.deadline)
        do throws(BoundedRun.Refusal) {
            return try run.run()
        } catch {
            throw failed("gpg cannot be started", error.code)
        }
    }

    private static let overdue = TrustFailure(
        code: "GnuPGTimedOut", message: "gpg took longer than \(deadline), and was killed",
        advice: "it is tried again by itself")

    private func failed(_ what: String, _ code: Int32) -> TrustFailure {
        TrustFailure(
            code: "GnuPGFailed", message: "\(what): \(SystemMessage.of(code))",
            advice: "it is tried again by itself")
    }

    // Files -------------------------------------------------------------------------------------------

    private static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// A home of gpg's: files, and directories of files. Links are removed, never followed.
    private static func remove(_ path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        if facts.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { remove("\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
