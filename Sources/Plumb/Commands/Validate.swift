import ArgumentParser
import Glibc
import Manifests

struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check manifests without an agent.",
        discussion: """
            Each directory is read as a source of its own, as the files stand. A file is checked with the \
            whole source that it belongs to, and only what concerns that file is shown. Exit code 3: \
            something is invalid.
            """)

    @Argument(help: "Directories, or single files.")
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "The source that a file belongs to. Default: its git work tree.", valueName: "directory"))
    var source: String?

    @Flag(name: .shortAndLong, help: "List what was left out, and why.")
    var verbose = false

    @OptionGroup var options: OutputOptions

    func run() throws {
        let reports = try paths.map(report)
        if options.output == .text {
            let paint = options.color.paint
            for report in reports { Output.lines(report.lines(verbose: verbose, paint: paint)) }
        } else {
            options.write(ValidationReport.value(of: reports))
        }
        if reports.contains(where: { !$0.isValid }) { throw ExitStatus.invalid }
    }

    private func report(_ path: String) throws -> ValidationReport {
        var entry = stat()
        guard stat(path, &entry) == 0 else {
            throw CommandFailure(message: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        if entry.st_mode & S_IFMT == S_IFDIR {
            return ValidationReport(check: try SourceCheck(directory: path))
        }
        let (directory, file) = try SourceOfFile.find(path, source: source)
        return ValidationReport(check: try SourceCheck(directory: directory), file: file)
    }
}

/// Which source a single file belongs to.
enum SourceOfFile {
    /// The directory, and the file's path within it.
    static func find(_ path: String, source: String?) throws -> (directory: String, file: String) {
        let file = try resolved(path)
        let top = try source.map(resolved) ?? workTree(of: file)
        guard file.hasPrefix(top + "/") else {
            throw CommandFailure(message: "\(path) is not in \(top)")
        }
        return (shown(top), String(file.dropFirst(top.count + 1)))
    }

    /// As short as the working directory allows.
    private static func shown(_ directory: String) -> String {
        guard let here = try? resolved("."), here != "/" else { return directory }
        if directory == here { return "." }
        return directory.hasPrefix(here + "/") ? String(directory.dropFirst(here.count + 1)) : directory
    }

    /// The nearest directory above that git knows; the file's own directory where there is none.
    private static func workTree(of file: String) -> String {
        let own = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        var folder = Substring(own)
        while !folder.isEmpty {
            if access(folder + "/.git", F_OK) == 0 { return String(folder) }
            folder = folder.lastIndex(of: "/").map { folder[..<$0] } ?? ""
        }
        return own
    }

    private static func resolved(_ path: String) throws -> String {
        guard let pointer = realpath(path, nil) else {
            throw CommandFailure(message: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
