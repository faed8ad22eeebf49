/// A real server of plain files, with TLS 1.3 alone, as artifacts are fetched from. Its certificate, which is
/// its own authority, is `home/ca.pem`.
package enum FileServers {
    package static var hasWeb: Bool { GitServers.hasWeb }
    package static let user = "deploy"

    /// Below `/basic/` it wants the user `deploy` and the password, below `/token/` the password as a token
    /// of a bearer. `/away/…` is redirected to `/…`, `/round/…` to itself, `/down/…` to http.
    package static func web(root: String, home: String, password: String) throws -> ServerProcess {
        try GitServers.certificate(home)
        try GitServers.write(home + "/users", "\(user):\(password)\n", mode: 0o600)
        return try ServerProcess.start(log: home + "/web.log") { port in
            let text = configuration(root: root, home: home, port: port, password: password)
            try GitServers.write(home + "/lighttpd.conf", text, mode: 0o600)
            return [GitServers.lighttpd, "-D", "-f", home + "/lighttpd.conf"]
        }
    }

    private static func configuration(root: String, home: String, port: UInt16, password: String) -> String {
        """
        server.document-root = "\(root)"
        server.bind = "127.0.0.1"
        server.port = \(port)
        server.modules = (
            "mod_access", "mod_alias", "mod_auth", "mod_authn_file", "mod_redirect", "mod_openssl",
            "mod_accesslog")
        accesslog.filename = "\(home)/access.log"
        ssl.engine = "enable"
        ssl.pemfile = "\(home)/server.pem"
        ssl.openssl.ssl-conf-cmd = ("MinProtocol" => "TLSv1.3")
        auth.backend = "plain"
        auth.backend.plain.userfile = "\(home)/users"
        auth.require = ("/basic/" => ("method" => "basic", "realm" => "files", "require" => "valid-user"))
        alias.url = ("/basic/" => "\(root)/", "/token/" => "\(root)/")
        url.redirect = (
            "^/away/(.*)" => "/$1", "^/round/(.*)" => "/round/$1",
            "^/down/(.*)" => "http://127.0.0.1:\(port)/$1")
        $HTTP["url"] =~ "^/token/" {
            $REQUEST_HEADER["Authorization"] != "Bearer \(password)" { url.access-deny = ("") }
        }

        """
    }
}

/// Archives as others may make them, well or ill.
package enum Archives {
    /// Runs a script of Python with `tarfile`, `zipfile`, `io` and these at hand: `tgz(entries)` and
    /// `zipped(entries)` write the archive, where an entry is (name, kind, contents or target, mode).
    package static func make(_ script: String, at path: String) throws {
        try Program.check(["/usr/bin/python3", "-c", prelude + script, path])
    }

    /// A package with one program, packed as the name says; `run.sh` does what the script says.
    package static func program(_ script: String, at path: String) throws {
        let entries = "[('run.sh', 'file', \(quoted(script)), 0o755), ('data.txt', 'file', 'data', 0o644)]"
        try make((path.hasSuffix(".zip") ? "zipped" : "tgz") + "(\(entries))\n", at: path)
    }

    package static func sha256(of path: String) throws -> String {
        let said = try Program.run(
            ["/usr/bin/sha256sum", path], environment: ["PATH": "/usr/bin:/bin"], input: "")
        return String(said.output.prefix(64))
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'").replacing("\n", with: "\\n")
            + "'"
    }

    private static let prelude = """
        import io, stat, sys, tarfile, zipfile
        path = sys.argv[1]
        kinds = {'file': tarfile.REGTYPE, 'dir': tarfile.DIRTYPE, 'link': tarfile.SYMTYPE,
                 'hard': tarfile.LNKTYPE, 'device': tarfile.CHRTYPE, 'pipe': tarfile.FIFOTYPE}
        def tgz(entries, mode='w:gz'):
            with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as out:
                for name, kind, text, bits in entries:
                    info = tarfile.TarInfo(name)
                    info.type, info.mode = kinds[kind], bits
                    body = b''
                    if kind in ('link', 'hard'):
                        info.linkname = text
                    else:
                        body = text.encode() if isinstance(text, str) else text
                        info.size = len(body)
                    out.addfile(info, io.BytesIO(body))
        def zipped(entries):
            with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as out:
                for name, kind, text, bits in entries:
                    info = zipfile.ZipInfo(name)
                    info.create_system = 3
                    info.external_attr = ((stat.S_IFLNK if kind == 'link' else stat.S_IFREG) | bits) << 16
                    info.compress_type = zipfile.ZIP_DEFLATED
                    out.writestr(info, text)

        """
}
