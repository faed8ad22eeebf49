import Glibc
import TestKit
import Watcher

/// Real keys, made by ssh-keygen in a directory that goes with this, and ssh-keygen as the one to ask.
final class SigningKeys: Sendable {
    let root: String

    static let hasGnuPG = access("/usr/bin/gpg", X_OK) == 0

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/plumb-keys-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Shell.Failure(line: "mkdtemp") }
        root = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? Shell.run("rm -rf '\(root)'") }

    @discardableResult
    func sh(_ line: String) throws -> String { try Shell.run("cd '\(root)' && \(line)") }

    /// Makes a key pair, and returns the two words of its public half.
    @discardableResult
    func make(_ name: String, _ kind: String = "-t ed25519") throws -> String {
        try sh("ssh-keygen -q \(kind) -N '' -C '' -f \(name) && cut -d' ' -f1,2 \(name).pub").trimmed
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    /// Writes a file that only its owner may write.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        guard let file = fopen(path(name), "w") else { throw Shell.Failure(line: name) }
        defer { fclose(file) }
        fputs(text, file)
        fchmod(fileno(file), 0o644)
        return path(name)
    }

    func bytes(_ name: String) throws -> [UInt8] {
        guard let file = fopen(path(name), "r") else { throw Shell.Failure(line: name) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return bytes
    }

    /// Signs a text, and returns the armoured signature.
    func sign(_ text: String, with key: String, for namespace: String = "git") throws -> [UInt8] {
        try write("message", text)
        try sh("rm -f message.sig; ssh-keygen -q -Y sign -n '\(namespace)' -f \(key) message 2>/dev/null")
        return try bytes("message.sig")
    }

    /// What ssh-keygen says of a signature.
    func oracle(
        _ text: String, _ signature: [UInt8], allowed: String, as principal: String = "ann@example.org",
        at time: String = "20260601000000Z", revoked: String? = nil
    ) throws -> Bool {
        try write("oracle.message", text)
        try write("oracle.sig", String(decoding: signature, as: UTF8.self))
        try write("oracle.allowed", allowed)
        if let revoked { try write("oracle.revoked", revoked) }
        let more = revoked == nil ? "" : "-r oracle.revoked"
        let line =
            "ssh-keygen -Y verify -n git -f oracle.allowed -I '\(principal)' -s oracle.sig "
            + "-Overify-time=\(time) \(more) < oracle.message >/dev/null 2>&1 && echo yes || echo no"
        return try sh(line).trimmed == "yes"
    }

    /// What Plumb says of it.
    static func verdict(
        _ text: String, _ signature: [UInt8], allowed: String, as principal: String = "ann@example.org",
        at time: Int64 = 1_780_272_000, revoked: String = ""
    ) -> Bool {
        guard let parsed = try? SSHSignature(armoured: signature), parsed.namespace == "git",
            let list = try? AllowedSigners(parsing: Array(allowed.utf8)),
            let revoked = try? RevokedKeys(parsing: Array(revoked.utf8)),
            !revoked.contains(parsed.key.fingerprint), parsed.isValid(for: Array(text.utf8)),
            case .success = list.judge(parsed.key, namespace: "git", at: time, as: principal)
        else { return false }
        return true
    }
}

extension String {
    var trimmed: String {
        var text = self[...]
        while text.last == "\n" { text = text.dropLast() }
        return String(text)
    }
}
