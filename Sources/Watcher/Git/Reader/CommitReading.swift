/// Commits as they are stored, and which there are.
struct CommitReading {
    private let repository: OpenRepository
    private let answer: ReaderAnswer

    init(_ repository: OpenRepository, _ answer: ReaderAnswer) {
        self.repository = repository
        self.answer = answer
    }

    func send(_ ids: [ObjectID]) throws {
        for id in ids {
            try repository.objects.withCommit(id) { bytes throws(GitError) in
                guard bytes.count <= ReaderLimits.commitBytesMax else {
                    throw GitError(
                        .badlyMade,
                        "the commit itself has \(bytes.count) bytes, and \(ReaderLimits.commitBytesMax) are "
                            + "the most", advice: "commit it anew with a shorter message")
                }
                return Result {
                    try answer.record(extraBytes: bytes.count) {
                        $0.put(id)
                        $0.put(raw: bytes)
                    }
                }
            }.get()
        }
    }

    func sendHistory(of tip: ObjectID, excluding excluded: [ObjectID]) throws {
        try requireWholeHistory(tip)
        for id in try history(of: tip, excluding: excluded) { try answer.record { $0.put(id) } }
    }

    private func history(of tip: ObjectID, excluding excluded: [ObjectID]) throws(GitError) -> [ObjectID] {
        do throws(GitError) {
            return try walked(to: tip, excluding: excluded)
        } catch  where error.kind == .badlyMade || error.kind == .objectCorrupt {
            // Whoever asks sees each of them, and can name the one that is not as it should be.
            return try CommitGraph(repository).history(of: tip, excluding: excluded)
        }
    }

    private func walked(to tip: ObjectID, excluding excluded: [ObjectID]) throws(GitError) -> [ObjectID] {
        let walk = try GitHistoryWalk(to: tip, in: repository.handle)
        try walk.begin(without: excluded)
        var found: [ObjectID] = []
        while let id = try walk.next() {
            found.append(id)
            guard found.count <= ReaderLimits.historyMax else {
                throw GitError(
                    .tooLarge, "more than \(ReaderLimits.historyMax) commits lead to \(tip.short)",
                    advice: "pin a later commit with trust.commits.since")
            }
        }
        return found
    }

    /// Nothing but the commits themselves may say what came before them.
    private func requireWholeHistory(_ tip: ObjectID) throws(GitError) {
        let layout = repository.layout
        if repository.handle.isShallow {
            throw GitError(
                .shallow, "\(layout.path) is a shallow clone: the history of \(tip.short) ends early",
                advice: "git fetch --unshallow")
        }
        let grafts = AbsolutePath.join(layout.commonDirectory, "info/grafts")
        if FileFacts(of: grafts, followingLinks: false) != nil {
            throw GitError(
                .unsupportedFormat, "\(grafts) tells of parents that commits do not have themselves",
                advice: "remove it, or use a clone without it")
        }
    }
}
