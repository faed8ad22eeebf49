import Glibc
import Manifests
import Reconciler

/// Brings the bytes of one archive, and checks that they are the declared ones before anybody looks into
/// them.
struct ArchiveFetch: Sendable {
    let archive: ArchiveReference
    let settings: ArtifactSettings
    let source: any PackageSource
    /// Where its file is for as long as it is needed.
    let directory: String
    let name: String

    func run() async throws(PreparationFailure) -> ArtifactFile {
        let file: ArtifactFile
        let progress: ArtifactFile.Progress
        do {
            try OwnedDirectory.make(directory, mode: 0o700)
            file = try ArtifactFile(in: directory, name: name, bytesMax: settings.bytesMax)
            progress = try await fill(file)
        } catch let failure as PreparationFailure {
            throw failure
        } catch is ArtifactFile.TooLarge {
            throw tooLarge
        } catch let error as SystemError {
            throw PreparationFailure.disk(error, directory)
        } catch {
            throw PreparationFailure(
                code: "artifact-unreadable", message: "\(archive.source) cannot be read: \(error)",
                remedy: "check the repository", isTransient: true)
        }
        let found = progress.hex
        if let expected = archive.sha256, expected != found {
            throw PreparationFailure(
                code: "package-digest",
                message: "\(archive.source) is not what is declared: sha256 \(expected) was expected,"
                    + " \(found) was found (\(progress.count) bytes)",
                remedy: "correct sha256, or put the right file there")
        }
        return file
    }

    private func fill(_ file: ArtifactFile) async throws -> ArtifactFile.Progress {
        if let url = archive.url {
            return try await WebDownload(settings: settings, url: url).run(into: file)
        }
        if let path = archive.file { return try copy(path, to: file) }
        guard let blob = archive.blob else {
            throw PreparationFailure(
                code: "artifact-unknown", message: "nothing says where \(archive.source) is",
                remedy: "an older version of plumb may have stored this: commit it anew", isTransient: true)
        }
        try await source.write(blob: blob, to: file.raw)
        return try file.readBack()
    }

    private func copy(_ path: String, to file: ArtifactFile) throws -> ArtifactFile.Progress {
        let original: Descriptor
        do throws(SystemError) {
            original = try Descriptor(path, O_RDONLY | O_NONBLOCK)
        } catch {
            let isMissing = error.number == ENOENT || error.number == ENOTDIR
            throw PreparationFailure(
                code: isMissing ? "artifact-missing" : "artifact-unreadable",
                message: isMissing ? "the file \(path) is not on this host" : "\(error)",
                remedy: isMissing ? "put it there" : "let the agent's user read it", isTransient: true)
        }
        let facts = try original.status(path)
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw PreparationFailure(
                code: "artifact-kind", message: "\(path) is not a plain file",
                remedy: "put the archive there",
                isTransient: true)
        }
        guard facts.st_size <= settings.bytesMax else { throw ArtifactFile.TooLarge() }
        var progress = ArtifactFile.Progress()
        var chunk = [UInt8](repeating: 0, count: ArtifactFile.chunkBytes)
        while true {
            let count = read(original.raw, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw PreparationFailure(
                    code: "artifact-unreadable", message: "\(SystemError("read", path))",
                    remedy: "check the file", isTransient: true)
            }
            if count == 0 { return progress }
            try file.append(Array(chunk[..<count]), to: &progress)
        }
    }

    /// The host may allow more tomorrow: no fault of the revision.
    private var tooLarge: PreparationFailure {
        PreparationFailure(
            code: "artifact-size",
            message: "\(archive.source) has more than \(Quantities.text(size: settings.bytesMax))",
            remedy: "raise artifacts.maxBytes in the settings of this host, or make it smaller",
            isTransient: true)
    }
}

extension PreparationFailure {
    /// A disk that does not take what is written.
    static func disk(_ error: SystemError, _ directory: String) -> PreparationFailure {
        let isFull = error.number == ENOSPC || error.number == EDQUOT
        return PreparationFailure(
            code: isFull ? "disk-full" : "disk",
            message: isFull ? "no room is left for a package in \(directory)" : "\(error)",
            remedy: isFull
                ? "make room there; it is tried again by itself"
                : "mend \(directory); it is tried again by itself", isTransient: true)
    }
}
