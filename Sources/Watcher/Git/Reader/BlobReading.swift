/// Contents of files.
struct BlobReading {
    private let repository: OpenRepository

    init(_ repository: OpenRepository) { self.repository = repository }

    /// Answers one id of a request for blobs. Reading comes first and the size is looked at afterwards,
    /// because asking for the size takes as long as reading; what would not fit into the reader's memory
    /// fails there, and is asked.
    func send(_ id: ObjectID, max: Int, to answer: ReaderAnswer) throws {
        // Whoever wants a few bytes must not wait for a blob of a gigabyte to be unpacked.
        if max < Self.smallMax {
            let size = try repository.objects.blobSize(id, path: "")
            if size > max { return try Self.decline(id, size, answer) }
        }
        do {
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
        } catch let error as GitError where error.kind == .tooLarge {
            let size = try repository.objects.blobSize(id, path: "")
            guard size > max else { throw error }
            try Self.decline(id, size, answer)
        }
    }

    private static let smallMax = 64 << 10

    private static func decline(_ id: ObjectID, _ size: Int, _ answer: ReaderAnswer) throws {
        try answer.record {
            $0.put(id)
            $0.put(false)
            $0.put(Int64(size))
        }
    }
}
