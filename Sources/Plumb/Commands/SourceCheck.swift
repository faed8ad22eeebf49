import Manifests

/// A directory, read and checked as a revision would be.
struct SourceCheck {
    /// As the user wrote it.
    let path: String
    /// The same below the top of its repository; nil where there is none.
    let pathInRepository: String?
    let assembly: Assembly
    let leftOut: [LeftOut]
    /// Files that were read as declarations.
    let fileCount: Int
    /// What was read, by path: for the excerpts beneath diagnostics.
    private let contents: [String: [UInt8]]

    /// The files as they lie there, those among them that git would not take.
    init(directory path: String) throws {
        let source = try DirectorySource(path: path)
        var reading = SourceReading(listing: source.listing)
        while case let missing = reading.missing(), !missing.isEmpty {
            for entry in missing { reading.supply(try source.contents(of: entry.path), of: entry.path) }
        }
        for archive in reading.pinnedArchives {
            let bytes = try source.contents(of: archive.path, bytesMax: SourceReading.digestedBytesMax)
            reading.supply(archive: bytes, of: archive.path)
        }
        self.init(path: path, pathInRepository: nil, reading, leftOut: source.leftOut)
    }

    /// What a commit of it would hold.
    init(directory path: String, git: GitSource, content: GitSource.Content) async throws {
        var reading = try await git.open(content)
        while case let missing = reading.missing(), !missing.isEmpty {
            for (path, bytes) in try await git.read(missing) { reading.supply(bytes, of: path) }
        }
        for archive in reading.pinnedArchives {
            guard let bytes = try await git.whole(archive) else { continue }
            reading.supply(archive: bytes, of: archive.path)
        }
        self.init(path: path, pathInRepository: git.path, reading, leftOut: [])
    }

    private init(path: String, pathInRepository: String?, _ reading: SourceReading, leftOut more: [LeftOut]) {
        (assembly, fileCount) = reading.assembly()
        leftOut = (assembly.leftOut + more).sorted()
        contents = reading.contents
        self.path = path
        self.pathInRepository = pathInRepository
    }

    /// The lines of the files that diagnostics name, under the names that they are shown with.
    func lines(shownAs name: (String) -> String) -> SourceLines {
        var lines = SourceLines()
        for path in Set(assembly.diagnostics.map(\.location.file)) {
            if let bytes = contents[path] { lines.add(path: name(path), bytes: bytes) }
        }
        return lines
    }
}
