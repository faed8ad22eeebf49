import ArgumentParser
import Foundation
import Manifests

/// `plumb init`: a repository to start from, with what editors and reviews need.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a repository to start from: a Unit, an Instance, the schema for editors, and CI.",
        discussion: """
            Nothing that is there is written over: if one of the files exists, none is written. A git \
            repository is made where there is none; nothing is committed.
            """)

    enum Forge: String, ExpressibleByArgument, CaseIterable, Sendable { case github, gitlab, gitea, none }

    @Argument(help: "The directory; it is made if it is not there.")
    var directory = "."
    @Option(help: "Whose workflow file is written: github, gitlab, gitea or none.")
    var ci: Forge = .github
    @Flag(help: "Install the hook that checks every commit before it is made.")
    var hook = false

    func validate() throws {
        if hook, Self.hasRepository(above: URL(fileURLWithPath: directory).standardizedFileURL.path),
            !FileManager.default.fileExists(atPath: directory + "/.git")
        {
            throw ValidationError("--hook is for the top of a repository: install it there by hand")
        }
    }

    func run() throws {
        let root = URL(fileURLWithPath: directory).standardizedFileURL.path
        let starter = StarterFiles(ci: ci)
        let isRepository = Self.hasRepository(above: root)
        var files = starter.files
        if hook { files.append((Self.hookPath, starter.hook)) }
        try refuseExisting(files.map(\.path), in: root)
        if !isRepository { try git(["init", "--quiet", "--initial-branch=main", root]) }
        for (path, bytes) in files { try Self.write(bytes, to: path, in: root) }
        if hook { try Self.makeExecutable(root + "/" + Self.hookPath) }
        Output.lines(["In \(root):"] + files.map { "  " + $0.path } + ["", "Next:"] + next)
    }

    private var next: [String] {
        let here = directory == "." ? "" : "cd \(directory) && "
        return [
            "  \(here)plumb validate .",
            "  git add -A && git commit -m 'Say hello'",
            "  plumb agent --repo . --state-dir /tmp/fleet/state --runtime-dir /tmp/fleet/run --node edge-1",
        ]
    }

    private func refuseExisting(_ paths: [String], in root: String) throws {
        let there = paths.filter { FileManager.default.fileExists(atPath: root + "/" + $0) }
        guard there.isEmpty else {
            throw CommandFailure(
                message: "\(there.joined(separator: ", ")) \(there.count == 1 ? "is" : "are") there already",
                remedy: "nothing was written: choose another directory, or move what is there away")
        }
    }

    private func git(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure(
                message: "git init failed in \(directory)",
                remedy: "nothing was written: make the repository by hand, then try again")
        }
    }

    private static func hasRepository(above path: String) -> Bool {
        var folder = URL(fileURLWithPath: path)
        while true {
            if FileManager.default.fileExists(atPath: folder.path + "/.git") { return true }
            guard folder.path != "/" else { return false }
            folder = folder.deletingLastPathComponent().standardizedFileURL
        }
    }

    private static let hookPath = ".git/hooks/pre-commit"

    private static func write(_ bytes: [UInt8], to path: String, in root: String) throws {
        let full = URL(fileURLWithPath: root + "/" + path)
        do {
            try FileManager.default.createDirectory(
                at: full.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: full, options: .withoutOverwriting)
        } catch {
            throw CommandFailure(message: "cannot write \(full.path): \(error.localizedDescription)")
        }
    }

    private static func makeExecutable(_ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
}
