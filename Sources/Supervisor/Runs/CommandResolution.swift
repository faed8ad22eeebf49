import Glibc

/// Finds the file that a declared command means.
struct CommandResolution {
    /// The directory of the package, if the unit has one.
    var packageDirectory: String?
    /// The PATH of the run, for names without a slash.
    var searchPath: String

    /// The absolute path of an executable file, and what the program is told as its name.
    func resolve(_ command: String) throws(PreparationFailure) -> (executable: String, name: String) {
        if command.hasPrefix("/") {
            try check(command, as: command)
            return (command, command)
        }
        if command.contains("/") {
            guard let packageDirectory else {
                throw PreparationFailure(
                    code: "command-relative",
                    message:
                        "the command '\(command)' is relative, and its unit has no artifact",
                    remedy: "write an absolute path, or add an artifact")
            }
            let path = Self.join(packageDirectory, command)
            try check(path, as: command)
            return (path, path)
        }
        for directory in searchPath.split(separator: ":") where directory.hasPrefix("/") {
            let path = "\(directory)/\(command)"
            if Self.isExecutable(path) == nil { return (path, command) }
        }
        throw PreparationFailure(
            code: "command-missing", message: "there is no command '\(command)' in PATH (\(searchPath))",
            remedy: "install it, write an absolute path, or ./\(command) if it stands in the artifact")
    }

    private func check(_ path: String, as command: String) throws(PreparationFailure) {
        guard let reason = Self.isExecutable(path) else { return }
        let missing = reason == SystemError.text(ENOENT)
        throw PreparationFailure(
            code: missing ? "command-missing" : "command-not-executable",
            message: "the command '\(command)' cannot be executed: \(path): \(reason)",
            remedy: missing
                ? "check the path" : "give the file its executable bit (git update-index --chmod=+x)")
    }

    /// Why it is not an executable file; nil if it is one.
    private static func isExecutable(_ path: String) -> String? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return SystemError.text(errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { return "is not a regular file" }
        return facts.st_mode & 0o111 == 0 ? "has no executable bit" : nil
    }

    /// Joins without the `./` that people write.
    static func join(_ directory: String, _ relative: String) -> String {
        let parts = relative.split(separator: "/").filter { $0 != "." }
        return parts.isEmpty ? directory : "\(directory)/\(parts.joined(separator: "/"))"
    }
}
