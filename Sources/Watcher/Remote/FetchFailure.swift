/// Finds out from what git said why a fetch failed, and says it as an operator needs it. Pure.
struct FetchFailure {
    let settings: RemoteSettings

    func error(of result: GuardedResult) -> GitError {
        switch result.end {
        case .timedOut:
            return GitError(
                .fetchTimedOut, "fetching \(place) took longer than \(settings.timeout) and was ended",
                advice: "see whether \(host) answers; for a large repository raise source.timeout")
        case .silent:
            return GitError(
                .fetchTimedOut,
                "\(host) accepted the connection or let it hang, and said nothing for \(settings.silence)",
                advice: "see whether the server is overloaded, or a firewall drops packets on the way")
        case .notStarted(let code):
            return GitError(.fetchFailed, "git cannot be started: \(SystemMessage.of(code))")
        case .lost:
            return GitError(
                .fetchFailed, "the process that guards git ended unexpectedly",
                advice: "it is tried again by itself; if it goes on, see dmesg")
        case .signaled(let signal):
            return GitError(
                .fetchFailed, "git was ended by signal \(signal) while it fetched \(place)",
                advice: "signal 9 is often the kernel, out of memory: see dmesg")
        case .exited: return classified(lines(of: result.errors))
        }
    }

    /// What git itself said, without progress and without what the server had it repeat: that is nobody's
    /// word about this host, and could hold anything.
    private func lines(of text: String) -> [String] {
        text.split(whereSeparator: { $0 == "\n" || $0 == "\r" || $0 == "\r\n" }).map(String.init).filter {
            !$0.hasPrefix("remote:") && !$0.contains("% (")
        }
    }

    private func classified(_ lines: [String]) -> GitError {
        let text = withoutNames(lines.joined(separator: "\n"))
        func says(_ parts: String...) -> Bool { parts.contains { text.contains($0) } }
        if says("No space left on device", "Disk quota exceeded") { return diskFull }
        if says("Permission denied"), !says("Permission denied (") {
            return GitError(
                .fetchFailed, "git may not write to \(settings.mirror): \(quote(lines))",
                advice: "see to whom it and what is in it belong: ls -ld \(settings.mirror)")
        }
        if says("Could not resolve host", "unable to look up", "Name or service not known") {
            return GitError(
                .hostUnknown, "the name \(host) cannot be resolved",
                advice: "check the name in source.repo, and this host's DNS: getent hosts \(host)")
        }
        if let proxy = settings.proxy, says("from proxy", "resolve proxy", "CONNECT tunnel", "CONNECT phase")
        {
            return GitError(
                .unreachable, "the proxy \(proxy) does not lead to \(authority): \(quote(lines))",
                advice: "see whether source.proxy is right, and whether it lets this host through")
        }
        if let error = ssh(says) ?? tls(says) ?? access(says) ?? reference(says) { return error }
        if says("Connection refused", "Couldn't connect to server", "Failed to connect") {
            return GitError(
                .connectionRefused,
                settings.proxy.map { "\($0) (source.proxy), or \(authority) behind it, refuses connections" }
                    ?? "\(authority) refuses connections",
                advice: "see whether the server runs, and whether a firewall lets this host through")
        }
        if says("Network is unreachable", "No route to host") {
            return GitError(
                .unreachable, "there is no route to \(host)", advice: "check this host's network: ip route")
        }
        if says("Connection timed out", "Operation timed out", "Timeout") {
            return GitError(
                .fetchTimedOut, "\(authority) does not answer",
                advice: "see whether the server runs, and whether a firewall drops packets on the way")
        }
        if says(
            "early EOF", "hung up unexpectedly", "Connection reset", "RPC failed", "unexpected disconnect")
        {
            return GitError(
                .connectionLost, "the connection to \(host) broke off: \(quote(lines))",
                advice: "it is tried again by itself; if it goes on, look at the server's log")
        }
        return GitError(
            .fetchFailed, "fetching \(place) failed: \(quote(lines))",
            advice: "try it by hand on this host: git ls-remote \(place)")
    }

    /// Without the address, which git repeats: a repository may be called `TLS-certificates`.
    private func withoutNames(_ text: String) -> String {
        var names = [settings.address.text]
        if let path = settings.address.path { names.append(path) }
        if settings.address.host.contains(".") { names.append(settings.address.host) }
        return names.reduce(text) { $0.replacing($1, with: "…") }
    }

    private func ssh(_ says: (String...) -> Bool) -> GitError? {
        guard settings.address.transport == .ssh else { return nil }
        let file = settings.credentials.knownHostsFile ?? ""
        if says("IDENTIFICATION HAS CHANGED") {
            return GitError(
                .hostKeyChanged, "\(host) shows another host key than \(file) has: it may be an impostor",
                advice:
                    "ask whoever runs \(host); if it was changed on purpose, replace its lines in \(file)"
            )
        }
        if says("Host key verification failed", "host key is known for") {
            return GitError(
                .hostKeyUnknown, "\(file) has no key for \(host)",
                advice: "compare ssh-keyscan \(host) with what its owner publishes, then add it to \(file)")
        }
        if says("UNPROTECTED PRIVATE KEY", "error in libcrypto", "invalid format", "Load key") {
            return GitError(
                .credentialUnusable, "ssh cannot use the key \(settings.credentials.sshKeyFile ?? "")",
                advice: "it must be a private key without a passphrase, mode 600")
        }
        // With what was tried behind it; without, it is a file of this host.
        if says("Permission denied (") {
            return GitError(
                .authenticationFailed,
                "\(host) does not accept the key \(settings.credentials.sshKeyFile ?? "")"
                    + (settings.address.user.map { " for the user \($0)" } ?? ""),
                advice: "add its public half as a deploy key, read-only, and check the user in source.repo")
        }
        return nil
    }

    private func tls(_ says: (String...) -> Bool) -> GitError? {
        guard settings.address.transport == .https else { return nil }
        guard says("certificate", "SSL", "gnutls_handshake", "TLS") else { return nil }
        if says("RPC failed", "recv error", "reset", "unexpected") { return nil }
        return GitError(
            .tlsFailed, "the certificate of \(host) is not trusted, or TLS with it fails",
            advice:
                "for a certificate authority of your own set source.credentials.caFile; else check the date: "
                + "openssl s_client -connect \(authority)")
    }

    private func access(_ says: (String...) -> Bool) -> GitError? {
        if says(
            "Authentication failed", "could not read Username", "could not read Password", "error: 401",
            "error: 403")
        {
            let file = settings.credentials.passwordFile
            return GitError(
                .authenticationFailed,
                file.map { "\(host) refuses the user or the secret of \($0)" }
                    ?? "\(host) wants a user and a password, and source.credentials has none",
                advice: file == nil
                    ? "set source.credentials.tokenFile in agent.yaml"
                    : "see whether the token has expired and may read this repository")
        }
        if says("error: 301", "error: 302", "error: 307", "error: 308") {
            return GitError(
                .fetchFailed,
                "\(place) has moved, and Plumb follows no one to where credentials were not meant to go",
                advice: "put the new address into source.repo")
        }
        if says("not found", "does not appear to be a git repository", "error: 404", "not exported") {
            return GitError(
                .repositoryMissing, "\(host) has no repository at \(place), or shows it to others only",
                advice: "check source.repo; many servers say this when credentials are missing too")
        }
        if says("error: 5") {
            return GitError(
                .serverFailed, "\(host) answers with an error of its own", advice: "look at the server's log")
        }
        return nil
    }

    private func reference(_ says: (String...) -> Bool) -> GitError? {
        if says("couldn't find remote ref", "not our ref", "unadvertised object") {
            let wanted: String
            switch settings.target {
            case .head: wanted = "branch that its HEAD names"
            case .ref(let name): wanted = "branch \(RefName.short(name))"
            case .tags: wanted = "tags"
            case .commit(let id): wanted = "commit \(id.short)"
            }
            return GitError(
                .refMissing, "\(place) has no \(wanted)",
                advice: "correct source.ref (--ref), or push it; what was fetched before stays in force")
        }
        if says("mismatched algorithms", "unsupported object format") {
            return GitError(
                .unsupportedFormat, "\(place) names its objects by SHA-256; Plumb reads SHA-1 repositories",
                advice: "use a repository made with git init --object-format=sha1")
        }
        return nil
    }

    /// Whoever wrote the pack met its limit.
    var tooLarge: GitError {
        GitError(
            .fetchTooLarge,
            "\(place) has more than source.maxBytes allows: the mirror may hold "
                + "\(RemoteLimits.text(settings.bytesMax)), and nothing of this fetch is kept",
            advice: "take out of the repository what does not belong there, or raise source.maxBytes in "
                + "agent.yaml; what was fetched before stays in force")
    }

    private var diskFull: GitError {
        GitError(
            .diskFull, "the disk is full: \(settings.mirror) cannot take what was fetched",
            advice: "make room: df -h \(settings.mirror)")
    }

    /// The last thing that git said, without anything that moves a cursor.
    private func quote(_ lines: [String]) -> String {
        let line =
            lines.last { $0.hasPrefix("fatal:") || $0.hasPrefix("error:") } ?? lines.last ?? "no reason given"
        let plain = String(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f })
        return String(plain.prefix(RemoteLimits.quotedCharactersMax))
    }

    private var host: String { settings.address.host }
    private var authority: String { settings.address.authority }
    private var place: String { settings.address.text }
}
