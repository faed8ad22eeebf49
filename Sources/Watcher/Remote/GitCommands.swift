import Glibc

/// The commands of the system's git that a mirror takes, each under an environment that nobody else has a say
/// in: no configuration of a user or of the system, no hooks, no prompts, one transport, and known hosts
/// alone.
struct GitCommands {
    let settings: RemoteSettings
    /// An absolute path.
    let git: String

    /// Where git is looked for; nil if there is none.
    static func find(in directories: [String] = searchPath) -> String? {
        directories.map { $0 + "/git" }.first { access($0, X_OK) == 0 }
    }

    static let searchPath = ["/usr/local/bin", "/usr/bin", "/bin"]

    func initialize(_ directory: String) -> GuardedCommand {
        local(["init", "-q", "--bare", "--template=", "--object-format=sha1", "-b", "main", directory])
    }

    /// - Parameters:
    ///   - branch: the one that HEAD of the remote names, where `target` is `head`.
    ///   - bytesMax: what comes is one pack, which may not be larger.
    func fetch(into directory: String, branch: String?, bytesMax: UInt64) -> GuardedCommand {
        var arguments = [
            "--git-dir=\(directory)", "fetch", "--progress", "--no-tags", "--no-auto-maintenance",
            "--no-write-fetch-head", "--no-recurse-submodules", "--no-show-forced-updates",
        ]
        let refs: [String]
        switch settings.target {
        case .head: refs = ["+refs/heads/\(branch ?? "main"):refs/heads/\(branch ?? "main")"]
        case .ref(let name): refs = ["+\(RefName.full(name)):\(RefName.full(name))"]
        case .tags:
            arguments.append("--prune")
            refs = ["+refs/tags/*:refs/tags/*"]
        case .commit(let id): refs = ["+\(id):\(Self.pinnedRef)"]
        }
        var command = remote(arguments + ["--", settings.address.text] + refs)
        command.fileBytesMax = bytesMax
        return command
    }

    /// What the refs that are followed name on the remote now; nothing is fetched.
    func look(branch: String?) -> GuardedCommand {
        let pattern =
            switch settings.target {
            case .head: "refs/heads/\(branch ?? "main")"
            case .ref(let name): RefName.full(name)
            case .tags: "refs/tags/*"
            case .commit: "HEAD"
            }
        return remote(["ls-remote", "--", settings.address.text, pattern])
    }

    /// A directory that is there and empty.
    var noAuthorities: String { settings.mirror + ".authorities" }

    /// Holds the one commit that is wanted.
    static let pinnedRef = "refs/plumb/commit"
    /// Holds the accepted commit, so that no collection takes it while a rewind waits.
    static let acceptedRef = "refs/plumb/accepted"

    /// Which branch HEAD of the remote names.
    func findHead() -> GuardedCommand {
        remote(["ls-remote", "--symref", "--", settings.address.text, "HEAD"])
    }

    func setHead(_ branch: String, in directory: String) -> GuardedCommand {
        local(["--git-dir=\(directory)", "symbolic-ref", "HEAD", "refs/heads/\(branch)"])
    }

    func keep(_ commit: ObjectID, in directory: String) -> GuardedCommand {
        local(["--git-dir=\(directory)", "update-ref", Self.acceptedRef, commit.description])
    }

    func forget(_ ref: String, in directory: String) -> GuardedCommand {
        local(["--git-dir=\(directory)", "update-ref", "--no-deref", "-d", ref])
    }

    /// - Parameter isUrgent: what no ref leads to goes at once, rather than after two weeks.
    func collect(_ directory: String, isUrgent: Bool = false) -> GuardedCommand {
        local(["--git-dir=\(directory)", "gc", "-q"] + (isUrgent ? ["--prune=now"] : []))
    }

    /// Reads every object and checks its hash.
    func check(_ directory: String) -> GuardedCommand {
        local(["--git-dir=\(directory)", "fsck", "--no-dangling", "--no-progress"])
    }

    private func remote(_ arguments: [String]) -> GuardedCommand {
        GuardedCommand(
            arguments: [git] + arguments,
            environment: environment(remoteConfiguration, transport: settings.address.transport.rawValue),
            timeout: settings.timeout, silence: settings.silence)
    }

    private func local(_ arguments: [String]) -> GuardedCommand {
        GuardedCommand(
            arguments: [git] + arguments, environment: environment(baseConfiguration, transport: "none"),
            timeout: settings.timeout, silence: settings.timeout)
    }

    private func environment(_ configuration: [(String, String)], transport: String) -> [String: String] {
        var all = [
            "PATH": Self.searchPath.joined(separator: ":"), "HOME": "/nonexistent", "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": transport, "GIT_PROTOCOL_FROM_USER": "0", "SSH_ASKPASS_REQUIRE": "never",
            "GIT_CONFIG_COUNT": "\(configuration.count)",
        ]
        for (index, (key, value)) in configuration.enumerated() {
            all["GIT_CONFIG_KEY_\(index)"] = key
            all["GIT_CONFIG_VALUE_\(index)"] = value
        }
        return all
    }

    private var baseConfiguration: [(String, String)] {
        [
            ("core.hooksPath", "/dev/null"), ("gc.auto", "0"), ("maintenance.auto", "false"),
            ("gc.autoDetach", "false"), ("core.fsync", "committed,loose-object"),
            // What arrives stays in packs, which are few, and written to the disk before a ref names them.
            ("fetch.unpackLimit", "1"), ("transfer.unpackLimit", "1"),
            ("submodule.recurse", "false"), ("core.askPass", "/bin/false"),
        ]
    }

    private var remoteConfiguration: [(String, String)] {
        var all = baseConfiguration + [("protocol.version", "2"), ("credential.helper", "")]
        switch settings.address.transport {
        case .git: break
        case .https:
            all += [
                ("http.followRedirects", "false"), ("http.sslVerify", "true"),
                ("credential.useHttpPath", "false"),
            ]
            if let proxy = settings.proxy { all.append(("http.proxy", proxy)) }
            if let file = settings.credentials.caFile {
                // Without the second the system's directory of authorities would be believed beside the file.
                all += [("http.sslCAInfo", file), ("http.sslCAPath", noAuthorities)]
            }
            if let file = settings.credentials.passwordFile {
                let user =
                    settings.credentials.username ?? settings.address.user
                    ?? RemoteCredentials.tokenUsername
                let words = [
                    settings.executable, CredentialHelper.name, settings.address.authority, user, file,
                ]
                all.append(("credential.helper", "!" + words.map(Self.quoted).joined(separator: " ")))
            }
        case .ssh: all += [("core.sshCommand", sshCommand), ("ssh.variant", "ssh")]
        }
        return all
    }

    /// OpenSSH without any configuration, agent or question; a host whose key is not in the file is refused.
    private var sshCommand: String {
        var words = ["ssh", "-F", "/dev/null", "-T"]
        var options = [
            "BatchMode=yes", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null",
            "UpdateHostKeys=no", "IdentityAgent=none", "IdentitiesOnly=yes",
            "PreferredAuthentications=publickey",
            "ControlMaster=no", "ControlPath=none", "ForwardAgent=no", "ClearAllForwardings=yes",
            "PermitLocalCommand=no", "ConnectTimeout=\(max(1, settings.silence.components.seconds))",
            "ServerAliveInterval=10", "ServerAliveCountMax=3",
        ]
        if let file = settings.credentials.knownHostsFile {
            options.append("UserKnownHostsFile=\(Self.sshText(file))")
        }
        if let file = settings.credentials.sshKeyFile { options.append("IdentityFile=\(Self.sshText(file))") }
        for option in options { words += ["-o", option] }
        return words.map(Self.quoted).joined(separator: " ")
    }

    /// A path as ssh reads the value of an option: `%` begins a token, and a space would end it.
    private static func sshText(_ path: String) -> String {
        "\"" + path.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%") + "\""
    }

    /// For the shell that git gives commands to.
    private static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
