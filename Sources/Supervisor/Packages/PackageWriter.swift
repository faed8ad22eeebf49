import Glibc
import Manifests
import Reconciler

/// Writes one package: into a temporary directory, to the disk, then in place by one rename.
struct PackageWriter {
    var final: String
    var temporary: String
    var marker: String

    func write(tree: String, from source: any PackageSource) async throws {
        let entries = try await source.entries(tree: tree)
        var targets: [String: String] = [:]
        for entry in entries where entry.kind == .symbolicLink {
            targets[entry.path] = String(decoding: try await source.blob(entry.id), as: UTF8.self)
        }
        let contents = try PackageContents(entries, targets: targets)
        try begin()
        try await writeNodes(contents, from: source)
        try seal(contents)
        try commit()
    }

    /// The same with what an archive holds. Waits for the program that reads it, on this thread.
    func write(archive: ArtifactFile, format: Artifact.Format, unpacker: String, bytesMax: UInt64) throws {
        try begin()
        let file = try archive.reopened()
        let process = try ArchiveProcess(
            executable: unpacker, format: format, archive: file.raw,
            deadline: Instant.current + SupervisorLimits.archiveUnpackMax)
        let contents = try ArchiveExtraction(root: temporary, bytesMax: bytesMax).run(process)
        try seal(contents)
        try commit()
    }

    private func begin() throws(SystemError) {
        DirectoryTree.remove(temporary)
        DirectoryTree.remove(final)
        try OwnedDirectory.make(temporary, mode: 0o755)
    }

    private func writeNodes(_ contents: PackageContents, from source: any PackageSource) async throws {
        var total: UInt64 = 0
        // Sorted, a directory comes before what is in it.
        for (path, node) in contents.nodes.sorted(by: { $0.key < $1.key }) {
            let subject = "\(temporary)/\(path)"
            switch node {
            case .directory:
                guard mkdir(subject, 0o755) == 0 else { throw SystemError("mkdir", subject) }
            case .link(let target):
                guard symlink(target, subject) == 0 else { throw SystemError("symlink", subject) }
            case .file(let id, let isExecutable):
                let bytes = try await source.blob(id)
                total += UInt64(bytes.count)
                try check(bytes, path: path, total: total)
                let file = try Descriptor(subject, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
                try file.writeAll(bytes, subject)
                guard fchmod(file.raw, isExecutable ? 0o555 : 0o444) == 0 else {
                    throw SystemError("chmod", subject)
                }
            }
        }
    }

    private func check(_ bytes: [UInt8], path: String, total: UInt64) throws(PackageContents.Problem) {
        if PackageContents.isLargeFilePointer(bytes) {
            throw PackageContents.Problem(
                code: "package-lfs", message: "'\(path)' is a git-lfs pointer, not the file itself")
        }
        if total > SupervisorLimits.packageBytesMax {
            throw PackageContents.Problem(
                code: "package-size", message: "it has more than \(SupervisorLimits.packageBytesMax) bytes")
        }
    }

    /// Brings everything to the disk and takes the right to write away. A second pass, so that the disk can
    /// write while files are still being made.
    private func seal(_ contents: PackageContents) throws(SystemError) {
        for (path, node) in contents.nodes.sorted(by: { $0.key > $1.key }) {
            let subject = "\(temporary)/\(path)"
            switch node {
            case .link: continue
            case .file: try Descriptor(subject, O_RDONLY | O_NOFOLLOW).sync(subject)
            case .directory: try sealDirectory(subject)
            }
        }
        try sealDirectory(temporary)
    }

    private func sealDirectory(_ path: String) throws(SystemError) {
        let directory = try Descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        guard fchmod(directory.raw, 0o555) == 0 else { throw SystemError("chmod", path) }
        try directory.sync(path)
    }

    private func commit() throws(SystemError) {
        guard rename(temporary, final) == 0 else { throw SystemError("rename", final) }
        let parent = try Descriptor(String(final[..<(final.lastIndex(of: "/") ?? final.endIndex)]), O_RDONLY)
        try parent.sync(final)
        let file = try Descriptor(marker, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o444)
        try file.sync(marker)
        try parent.sync(marker)
    }
}
