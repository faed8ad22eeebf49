import CLinux
import Glibc

/// A git repository in a temporary directory, made with the system's git under a closed configuration. Its
/// directory goes with it.
package final class TemporaryRepository: Sendable {
    /// The directory that holds everything; removed in the end.
    package let root: String
    /// The work tree, or the bare repository itself.
    package let path: String

    /// What git said when it failed.
    package struct GitFailure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Parameter objectFormat: `sha1` or `sha256`; nil is git's default.
    package init(bare: Bool = false, branch: String = "main", objectFormat: String? = nil) throws {
        root = try Self.makeRoot()
        path = "\(root)/repository"
        let options =
            ["init", "-q", "-b", branch] + (bare ? ["--bare"] : [])
            + (objectFormat.map { ["--object-format=\($0)"] } ?? [])
        try Self.run(options + [path], in: root)
    }

    /// A clone of another repository.
    package init(cloning other: String, options: [String] = []) throws {
        root = try Self.makeRoot()
        path = "\(root)/repository"
        try Self.run(["clone", "-q"] + options + [other, path], in: root)
    }

    deinit { Directory.remove(root) }

    /// Runs git in the repository; returns its output without the last newline.
    @discardableResult
    package func git(_ arguments: String..., environment: [String: String] = [:]) throws -> String {
        try Self.run(arguments, in: path, environment: environment)
    }

    /// The same with what git reads from its input.
    @discardableResult
    package func git(_ arguments: [String], input: String) throws -> String {
        try Self.run(arguments, in: path, input: input)
    }

    /// Writes a file of the work tree, with the directories above it.
    package func write(_ name: String, _ text: String, executable: Bool = false) throws {
        let file = "\(path)/\(name)"
        Directory.make(above: file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw GitFailure(description: "\(file): errno \(errno)") }
        defer { close(descriptor) }
        var text = text
        let isWhole = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) == $0.count }
        guard isWhole else { throw GitFailure(description: "\(file): errno \(errno)") }
        if executable { fchmod(descriptor, 0o755) }
    }

    package func link(_ name: String, to target: String) throws {
        Directory.make(above: "\(path)/\(name)")
        guard symlink(target, "\(path)/\(name)") == 0 else {
            throw GitFailure(description: "\(name): errno \(errno)")
        }
    }

    package func remove(_ name: String) { Directory.remove("\(path)/\(name)") }

    /// Moves a file of the work tree.
    package func move(_ name: String, to newName: String) throws {
        Directory.make(above: "\(path)/\(newName)")
        guard rename("\(path)/\(name)", "\(path)/\(newName)") == 0 else {
            throw GitFailure(description: "\(name): errno \(errno)")
        }
    }

    /// Commits the work tree as it stands, also when nothing changed.
    /// - Parameters:
    ///   - author: as git writes it, `Name <address>`.
    ///   - date: seconds since 1970; nil is now.
    /// - Returns: the id of the commit.
    @discardableResult
    package func commit(
        _ message: String, author: String = "Ann <ann@example.org>", date: Int? = nil
    ) throws -> String {
        try git("add", "-A")
        let dates =
            date.map { ["GIT_AUTHOR_DATE": "\($0) +0000", "GIT_COMMITTER_DATE": "\($0) +0000"] } ?? [:]
        try git("commit", "-q", "--allow-empty", "-m", message, "--author", author, environment: dates)
        return try head()
    }

    /// The id that a name stands for.
    package func head(of name: String = "HEAD") throws -> String { try git("rev-parse", name) }

    /// Makes a branch at HEAD and checks it out.
    package func branch(_ name: String) throws { try git("checkout", "-q", "-b", name) }

    /// A linked work tree beside the repository, on a branch of its own. Returns its path.
    package func worktree(_ name: String, branch: String) throws -> String {
        let place = "\(root)/\(name)"
        try git("worktree", "add", "-q", "-b", branch, place)
        return place
    }

    private static func makeRoot() throws -> String {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/plumb-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw GitFailure(description: "mkdtemp: errno \(errno)") }
        return String(cString: made)
    }

    @discardableResult
    private static func run(
        _ arguments: [String], in directory: String, environment: [String: String] = [:], input: String = ""
    ) throws -> String {
        var all = closedEnvironment
        all.merge(environment) { _, new in new }
        let command = ["git", "-C", directory] + arguments
        let result = try Program.run(command, environment: all, input: input)
        guard result.status == 0 else {
            throw GitFailure(description: "\(command.joined(separator: " ")): \(result.output)")
        }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Nobody's configuration, and one identity for every commit.
    private static let closedEnvironment = [
        "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin",
        "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C",
        "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org",
        "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org",
        // Tests change owners on purpose; git itself is not what they test.
        "GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        "GIT_CONFIG_KEY_1": "gc.auto", "GIT_CONFIG_VALUE_1": "0",
    ]
}

/// Directories on the disk.
private enum Directory {
    static func make(above file: String) {
        var path = ""
        for component in file.split(separator: "/").dropLast() {
            path += "/\(component)"
            mkdir(path, 0o755)
        }
    }

    static func remove(_ path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        if facts.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { remove("\(path)/\(name)") }
        }
        _ = Glibc.remove(path)
    }

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
}

/// A program that is run to its end.
enum Program {
    /// Runs it with what a program needs, and throws what it said where it fails.
    static func check(_ command: [String]) throws {
        let result = try run(command, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"], input: "")
        guard result.status == 0 else {
            throw TemporaryRepository.GitFailure(
                description: "\(command.joined(separator: " ")): \(result.output)")
        }
    }

    /// Runs it with its output and errors together in one text. Files stand in for pipes, so that neither
    /// side waits.
    static func run(
        _ command: [String], environment: [String: String], input: String
    ) throws -> (status: Int32, output: String) {
        let (source, sink) = (memfd("input"), memfd("output"))
        defer {
            close(source)
            close(sink)
        }
        var input = input
        input.withUTF8 { _ = write(source, $0.baseAddress, $0.count) }
        lseek(source, 0, SEEK_SET)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, sink, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, sink, STDERR_FILENO)
        var arguments = command.map { (word: String) in strdup(word) } + [nil]
        var variables = environment.map { strdup($0.key + "=" + $0.value) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, nil, &arguments, &variables)
        guard code == 0 else { return (code, "cannot be started: errno \(code)") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return (status, contents(of: sink))
    }

    private static func memfd(_ name: String) -> Int32 { clinux_memfd(name) }

    private static func contents(of descriptor: Int32) -> String {
        let count = Int(lseek(descriptor, 0, SEEK_END))
        guard count > 0 else { return "" }
        return String(unsafeUninitializedCapacity: count) { buffer in
            max(0, pread(descriptor, buffer.baseAddress, count, 0))
        }
    }
}
