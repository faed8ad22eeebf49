/// Contents of files.
struct BlobReading {
    /// A compressed object up to this size is read without asking for its size first: asking costs as much as
    /// reading, and zlib makes at most about a thousand bytes of one.
    private static let readOutrightBytesMax = 64 << 10

    private let repository: OpenRepository

    init(_ repository: OpenRepository) { self.repository = repository }

    func send(_ id: ObjectID, max: Int, to answer: ReaderAnswer) throws {
        if !isSmallLooseObject(id) {
            let size = try repository.objects.blobSize(id, path: "")
            if size > max { return try Self.decline(id, size, answer) }
        }
        try repository.objects.withBlob(id) { bytes throws(GitError) in
            Result {
                guard bytes.count <= max else { return try Self.decline(id, bytes.count, answer) }
                try answer.record(extraBytes: bytes.count) {
                    $0.put(id)
                    $0.put(true)
                    $0.put(raw: bytes)
                }
            }
        }.get()
    }

    private static func decline(_ id: ObjectID, _ size: Int, _ answer: ReaderAnswer) throws {
        try answer.record {
            $0.put(id)
            $0.put(false)
            $0.put(Int64(size))
        }
    }

    private func isSmallLooseObject(_ id: ObjectID) -> Bool {
        let hex = id.description
        let file = "\(repository.layout.commonDirectory)/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"
        guard let facts = FileFacts(of: file) else { return false }
        return facts.size <= Self.readOutrightBytesMax
    }
}
