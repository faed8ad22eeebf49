import Glibc

/// The host's secrets: one file each, its whole contents but one newline at the end.
struct SecretDirectory: Sendable {
    let path: String

    /// The value. No message of a failure holds any of it.
    func read(file name: String, for variable: String) throws(PreparationFailure) -> String {
        guard !name.isEmpty, !name.contains("/"), name != ".", name != "..", !name.utf8.contains(0) else {
            throw failure(
                "secret-name", "'\(name)' of \(variable) is not the name of a file",
                "name a file of the secrets directory, without '/'")
        }
        let subject = "\(path)/\(name)"
        do {
            let file = try Descriptor(subject, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            try check(file.status(subject), subject)
            let bytes = try file.readAll(bytesMax: SupervisorLimits.secretBytesMax, subject)
            return try value(bytes, subject)
        } catch let error as PreparationFailure {
            throw error
        } catch let error as SystemError {
            throw unreadable(error, subject, variable)
        } catch {
            throw failure("secret-unreadable", "\(subject): \(error)", "see the message")
        }
    }

    private func check(_ facts: stat, _ subject: String) throws(PreparationFailure) {
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw failure("secret-kind", "\(subject) is not a regular file", "put a regular file there")
        }
        guard facts.st_uid == 0 || facts.st_uid == geteuid() else {
            throw failure(
                "secret-owner", "\(subject) belongs to uid \(facts.st_uid)",
                "chown it to root or to the agent's user")
        }
        guard facts.st_mode & 0o177 == 0 else {
            throw failure(
                "secret-mode",
                "\(subject) has mode 0\(String(facts.st_mode & 0o7777, radix: 8)), which others may read",
                "chmod 0600 \(subject)")
        }
    }

    private func value(_ bytes: [UInt8], _ subject: String) throws(PreparationFailure) -> String {
        let bytes = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw failure(
                "secret-value", "\(subject) holds bytes that an environment variable cannot",
                "use UTF-8 text without zero bytes, for example base64")
        }
        return text
    }

    private func unreadable(_ error: SystemError, _ subject: String, _ variable: String) -> PreparationFailure
    {
        switch error.number {
        case ENOENT:
            failure(
                "secret-missing", "\(subject), for \(variable), does not exist", "create it with mode 0600")
        case ELOOP:
            failure("secret-kind", "\(subject) is a symbolic link", "put a regular file there")
        case EFBIG:
            failure(
                "secret-size", "\(subject) is larger than \(SupervisorLimits.secretBytesMax) bytes",
                "shorten it, or let the program read a file")
        default:
            PreparationFailure(
                code: "secret-unreadable", message: "\(error)", remedy: "let the agent's user read it",
                isTransient: error.isTransient)
        }
    }

    private func failure(_ code: String, _ message: String, _ remedy: String) -> PreparationFailure {
        PreparationFailure(code: code, message: message, remedy: remedy)
    }
}
