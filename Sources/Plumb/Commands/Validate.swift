import ArgumentParser
import Glibc
import Manifests
import Reconciler
import Watcher

struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check manifests without an agent.",
        discussion: """
            Each directory is read as a source of its own. Within a git work tree that is what committing \
            the files as they stand would commit, so .gitignore is obeyed; with --staged it is what is \
            staged. A file is checked with the whole source that it belongs to, and only what concerns that \
            file is shown. Exit code 3: something is invalid.
            """)

    /// For people and forges; programs take `-o`.
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, github, gitlab }

    @Argument(help: "Directories, or single files. With --staged by default the working directory.")
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "The source that a file belongs to. Default: its git work tree.", valueName: "directory"))
    var source: String?

    @Flag(help: "Check what is staged, as a commit hook has to.")
    var staged = false

    @Option(
        help: ArgumentHelp(
            "A file of all nodes: names, labels, users and names of secrets are checked against it.",
            valueName: "file"))
    var nodeFile: String?

    @Option(help: "text; github for annotations of a workflow; gitlab for a code quality report.")
    var format: Format = .text

    @Flag(name: .shortAndLong, help: "List what was left out, and why.")
    var verbose = false

    @OptionGroup var options: OutputOptions

    func validate() throws {
        if paths.isEmpty && !staged { throw ValidationError("name a directory, or a file") }
        if format != .text && options.output != .text {
            throw ValidationError("--format \(format.rawValue) and -o \(options.output.rawValue): use one")
        }
    }

    func run() async throws {
        let hosts = try nodeFile.map { try NodeFile(path: $0).hosts }
        var reports: [ValidationReport] = []
        for path in paths.isEmpty ? ["."] : paths { reports.append(try await report(path, hosts)) }
        switch (options.output, format) {
        case (.text, .text):
            let paint = options.color.paint
            for report in reports { Output.lines(report.lines(verbose: verbose, paint: paint)) }
        case (.text, .github):
            Output.lines(reports.flatMap(\.annotations).map(\.workflowCommand))
            for report in reports { Output.lines([report.summary(paint: .none)]) }
        case (.text, .gitlab):
            Output.line(JSONText.pretty(Annotation.codeQuality(reports.flatMap(\.annotations))))
            for report in reports { Output.error(report.summary(paint: .none)) }
        default: options.write(ValidationReport.value(of: reports))
        }
        if reports.contains(where: { !$0.isValid }) { throw ExitStatus.invalid }
    }

    private func report(_ path: String, _ hosts: [ReviewHost]?) async throws -> ValidationReport {
        var entry = stat()
        guard stat(path, &entry) == 0 else {
            throw CommandFailure(message: "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        if entry.st_mode & S_IFMT == S_IFDIR {
            return ValidationReport(check: try await check(path), hosts: hosts)
        }
        let (directory, file) = try SourceOfFile.find(path, source: source)
        return ValidationReport(check: try await check(directory), file: file, hosts: hosts)
    }

    private func check(_ directory: String) async throws -> SourceCheck {
        guard let git = try GitSource(directory: directory) else {
            guard !staged else {
                throw CommandFailure(
                    message: "\(directory) is in no git work tree: nothing can be staged there",
                    remedy: "leave out --staged")
            }
            return try SourceCheck(directory: directory)
        }
        defer { git.stop() }
        do {
            return try await SourceCheck(
                directory: directory, git: git, content: staged ? .staged : .worktree)
        } catch let error as GitError where !staged && error.kind == .sourcePathMissing {
            // Nothing of it would be committed; whoever names it wants to know all the same.
            return try SourceCheck(directory: directory)
        } catch let error as GitError {
            guard !staged else { throw CommandFailure(message: error.message, remedy: error.advice) }
            Output.error("note: \(directory) is read without git, .gitignore is not obeyed: \(error.message)")
            return try SourceCheck(directory: directory)
        }
    }
}
