import Glibc

/// Real servers of git repositories, as Debian ships them. Each serves the directory `root`; what they need
/// they keep in `home`.
package enum GitServers {
    package static let git = "/usr/lib/git-core"
    static let lighttpd = "/usr/sbin/lighttpd"
    private static let sshd = "/usr/sbin/sshd"

    package static let hasDaemon = access(git + "/git-daemon", X_OK) == 0
    package static let hasWeb =
        access(lighttpd, X_OK) == 0 && access("/usr/lib/lighttpd/mod_openssl.so", R_OK) == 0
        && access("/usr/bin/openssl", X_OK) == 0
    /// sshd wants to become the user who logs in.
    package static let hasSSH = geteuid() == 0 && access(sshd, X_OK) == 0 && access("/usr/bin/ssh", X_OK) == 0

    /// git daemon, for `git://`.
    package static func daemon(root: String, home: String) throws -> ServerProcess {
        try ServerProcess.start(log: home + "/daemon.log") { port in
            [
                git + "/git-daemon", "--reuseaddr", "--listen=127.0.0.1", "--port=\(port)",
                "--base-path=\(root)",
                "--export-all", root,
            ]
        }
    }

    /// git http-backend behind lighttpd, with TLS 1.3 alone and basic authentication. Its certificate, which
    /// is its own authority, is `home/ca.pem`. A request waits while the file `home/hold` is there.
    package static func web(root: String, home: String, user: String, password: String) throws
        -> ServerProcess
    {
        try certificate(home)
        try write(home + "/users", "\(user):\(password)\n", mode: 0o600)
        try write(
            home + "/backend",
            """
            #!/bin/sh
            while [ -e '\(home)/hold' ]; do sleep 0.05; done
            exec '\(git)/git-http-backend'

            """, mode: 0o755)
        return try ServerProcess.start(log: home + "/web.log") { port in
            try write(home + "/lighttpd.conf", configuration(root: root, home: home, port: port))
            return [lighttpd, "-D", "-f", home + "/lighttpd.conf"]
        }
    }

    private static func configuration(root: String, home: String, port: UInt16) -> String {
        """
        server.document-root = "\(root)"
        server.bind = "127.0.0.1"
        server.port = \(port)
        server.modules = ("mod_auth", "mod_authn_file", "mod_alias", "mod_setenv", "mod_cgi", "mod_openssl")
        ssl.engine = "enable"
        ssl.pemfile = "\(home)/server.pem"
        ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.3")
        auth.backend = "plain"
        auth.backend.plain.userfile = "\(home)/users"
        auth.require = ("/" => ("method" => "basic", "realm" => "git", "require" => "valid-user"))
        alias.url = ("/git" => "\(home)/backend")
        cgi.assign = ("" => "")
        setenv.add-environment = ("GIT_PROJECT_ROOT" => "\(root)", "GIT_HTTP_EXPORT_ALL" => "1")

        """
    }

    static func certificate(_ home: String) throws {
        try Program.check(
            [
                "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes", "-keyout", home + "/key.pem", "-out", home + "/ca.pem", "-days", "2", "-subj",
                "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
        try Program.check(["/bin/sh", "-c", "cat '\(home)/key.pem' '\(home)/ca.pem' > '\(home)/server.pem'"])
    }

    /// sshd with the configuration that Debian ships, but for its place and keys. The key that it lets in is
    /// `home/key`, and what a client is to believe is `home/known_hosts`.
    package static func ssh(home: String) throws -> ServerProcess {
        // Its directory for the part without rights, which a service manager makes otherwise.
        mkdir("/run/sshd", 0o755)
        for name in ["host", "key", "stranger"] {
            try Program.check([
                "/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(home)/\(name)",
            ])
        }
        let server = try ServerProcess.start(log: home + "/sshd.log") { port in
            let options = [
                "Port=\(port)", "ListenAddress=127.0.0.1", "HostKey=\(home)/host", "PidFile=none",
                "AuthorizedKeysFile=\(home)/key.pub", "StrictModes=no", "PermitRootLogin=prohibit-password",
            ]
            return [sshd, "-D", "-e"] + options.flatMap { ["-o", $0] }
        }
        try Program.check([
            "/usr/bin/env", "-C", home, "/bin/sh", "-c",
            "echo \"[127.0.0.1]:\(server.port) $(cut -d' ' -f1-2 host.pub)\" > known_hosts",
        ])
        return server
    }

    static func write(_ path: String, _ text: String, mode: mode_t = 0o644) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw ServerProcess.Failure(description: "\(path): errno \(errno)") }
        defer { close(descriptor) }
        var text = text
        _ = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
