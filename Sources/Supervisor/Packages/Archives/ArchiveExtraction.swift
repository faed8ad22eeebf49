import Glibc
import Manifests

/// Writes an archive's files below a new directory. Until the last of them stands there is no link below it,
/// so that nothing can be written through one; links are made once all of them are known and checked.
struct ArchiveExtraction {
    let root: String
    let bytesMax: UInt64
    private var contents = PackageContents()
    private var total: UInt64 = 0
    private var pendingLinks: [(path: String, target: String)] = []

    init(root: String, bytesMax: UInt64) {
        self.root = root
        self.bytesMax = bytesMax
    }

    /// What is there now, once all of it is.
    func run(_ process: consuming ArchiveProcess) throws -> PackageContents {
        var own = self
        return try own.write(&process)
    }

    private mutating func write(_ process: inout ArchiveProcess) throws -> PackageContents {
        var frame = try next(&process)
        while true {
            switch frame {
            case .entry(let entry):
                frame = try add(entry, &process)
                continue
            case .end: break
            case .data: throw Self.broken
            case .failure(let message):
                throw PackageContents.Problem(
                    code: "package-archive", message: "it cannot be unpacked: \(message)")
            case .refusal(let message): throw Refusal(message: message)
            }
            break
        }
        guard !contents.nodes.isEmpty else {
            throw PackageContents.Problem(code: "package-archive", message: "there is nothing in it")
        }
        try contents.checkLinks()
        for link in pendingLinks {
            guard symlink(link.target, "\(root)/\(link.path)") == 0 else {
                throw SystemError("symlink", link.path)
            }
        }
        return contents
    }

    /// The host cannot unpack anything.
    struct Refusal: Error { var message: String }

    private static let broken = PackageContents.Problem(
        code: "package-archive", message: "it cannot be unpacked: the process that reads it has ended",
        isFinal: false)

    private func next(_ process: inout ArchiveProcess) throws -> ArchiveFrame {
        do throws(ArchiveProcess.Trouble) {
            return try process.next()
        } catch {
            guard case .late = error else { throw Self.broken }
            throw Refusal(
                message: "unpacking took longer than \(Quantities.text(SupervisorLimits.archiveUnpackMax))")
        }
    }

    private var tooLarge: PackageContents.Problem {
        PackageContents.Problem(
            code: "package-size", message: "unpacked it has more than \(Quantities.text(size: bytesMax))")
    }

    /// Returns the frame that follows the entry.
    private mutating func add(_ entry: ArchiveEntry, _ process: inout ArchiveProcess) throws -> ArchiveFrame {
        guard let path = try PackageContents.normalised(entry.path) else {
            guard entry.kind == .directory else {
                throw PackageContents.Problem(
                    code: "package-path", message: "'\(entry.path.printable)' is not a path within a package")
            }
            return try next(&process)
        }
        // Before the disk is filled to find out the same.
        if entry.size > bytesMax - min(total, bytesMax) { throw tooLarge }
        let new = try contents.add(entry, at: path)
        for directory in new {
            guard mkdir("\(root)/\(directory)", 0o755) == 0 else { throw SystemError("mkdir", directory) }
        }
        switch entry.kind {
        case .file: return try writeFile(path, isExecutable: entry.mode & 0o111 != 0, &process)
        case .symbolicLink: pendingLinks.append((path, entry.target))
        case .hardLink:
            let target = try PackageContents.normalised(entry.target) ?? ""
            guard link("\(root)/\(target)", "\(root)/\(path)") == 0 else { throw SystemError("link", path) }
        case .directory, .other: break
        }
        return try next(&process)
    }

    private mutating func writeFile(
        _ path: String, isExecutable: Bool, _ process: inout ArchiveProcess
    ) throws -> ArchiveFrame {
        let subject = "\(root)/\(path)"
        let file = try Descriptor(subject, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        while true {
            let frame = try next(&process)
            guard case .data(let bytes) = frame else {
                guard fchmod(file.raw, isExecutable ? 0o555 : 0o444) == 0 else {
                    throw SystemError("chmod", subject)
                }
                return frame
            }
            total += UInt64(bytes.count)
            guard total <= bytesMax else { throw tooLarge }
            try file.writeAll(Array(bytes), subject)
        }
    }
}
