import Glibc

/// A token in a file, read anew for each request, so that another one counts at once. It is in nothing that
/// is printed.
enum SecretText {
    struct Problem: Error { let message: String }

    static func read(_ path: String) throws(Problem) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw Problem(message: "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw Problem(message: "\(path) is no file")
        }
        guard facts.st_mode & 0o077 == 0 else {
            throw Problem(message: "\(path) can be read by others: chmod 600 \(path)")
        }
        var bytes = [UInt8](repeating: 0, count: NotifyLimits.tokenBytesMax)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace)
        guard count < bytes.count, text.count == 1, let word = text.first else {
            throw Problem(message: "\(path) holds no token: one word is expected")
        }
        return String(word)
    }
}
