import Glibc

/// A file with a secret in it, which nobody but its owner may read.
package enum CredentialFile {
    /// What a forge signs with; nil where the file is missing, open to others, or empty.
    package static func webhookSecret(at path: String) -> [UInt8]? {
        (try? secret(at: path)).map { Array($0.utf8) }
    }

    /// Looks at the file without reading it.
    /// - Parameter isSecret: whether others may not read it; a list of known hosts they may.
    static func check(_ path: String, isSecret: Bool = true) throws(GitError) {
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            throw unusable(
                "\(path) cannot be read: \(SystemMessage.of(errno))",
                advice: "make the file, or correct source.credentials in agent.yaml")
        }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw unusable("\(path) is no file", advice: "") }
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else {
            throw unusable(
                "\(path) belongs to \(UserName.describe(facts.st_uid)), who could change it",
                advice: "chown root \(path)")
        }
        let forbidden: mode_t = isSecret ? 0o077 : 0o022
        guard facts.st_mode & forbidden == 0 else {
            throw unusable(
                "\(path) has mode \(String(facts.st_mode & 0o777, radix: 8)): others may "
                    + (isSecret ? "read the secret" : "change it"),
                advice: isSecret ? "chmod 600 \(path)" : "chmod 644 \(path)")
        }
        guard access(path, R_OK) == 0 else {
            throw unusable("\(path) cannot be read: \(SystemMessage.of(errno))", advice: "chmod 600 \(path)")
        }
    }

    /// The first line of a secret.
    static func secret(at path: String) throws(GitError) -> String {
        try check(path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw unusable("\(path) cannot be read: \(SystemMessage.of(errno))", advice: "")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: RemoteLimits.secretBytesMax)
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty, !line.contains(0) else {
            throw unusable(
                "\(path) holds no secret in its first line", advice: "write the password or token into it")
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static func unusable(_ message: String, advice: String) -> GitError {
        GitError(.credentialUnusable, message, advice: advice)
    }
}
