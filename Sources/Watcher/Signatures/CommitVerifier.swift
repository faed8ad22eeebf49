/// Says of commits whether they may be believed.
package actor CommitVerifier {
    private let settings: TrustSettings
    private let reader: RepositoryReader
    private let keep: @Sendable (TrustFrontier) async -> Void
    private var frontier: TrustFrontier?

    package enum Verdict: Sendable {
        case trusted(CommitSigner?)
        case untrusted(Untrusted)
        /// The keys cannot be used, so that nothing is known of any commit.
        case undecided(TrustFailure)
        /// The repository could not be read.
        case unreadable(GitError)
    }

    /// A commit that is not trusted: the one that was asked about, or one that leads to it.
    package struct Untrusted: Error, Sendable, Hashable {
        package let commit: ObjectID
        /// `Ann <ann@example.org>`, by the commit's own word.
        package let author: String
        package let reason: Distrust
    }

    /// - Parameters:
    ///   - frontier: up to where an earlier agent has verified everything.
    ///   - keep: remembers how far everything is verified now.
    package init(
        settings: TrustSettings, reader: RepositoryReader, frontier: TrustFrontier? = nil,
        keep: @escaping @Sendable (TrustFrontier) async -> Void = { _ in }
    ) {
        self.settings = settings
        self.reader = reader
        self.frontier = frontier
        self.keep = keep
    }

    /// Reads the keys anew, and then the commits that have to be verified.
    package func judge(_ commit: ObjectID) async -> Verdict {
        guard settings.require != .none else { return .trusted(nil) }
        do {
            let keys = try TrustKeys.load(settings)
            let examiner = try CommitExaminer(keys: keys, directory: settings.directory)
            return settings.require == .every
                ? try await judgeEvery(commit, keys, examiner) : try await judgeHead(commit, examiner)
        } catch let untrusted as Untrusted {
            return .untrusted(untrusted)
        } catch let error as GitError {
            return .unreadable(error)
        } catch let error as TrustFailure {
            return .undecided(error)
        } catch {
            return .undecided(TrustFailure(code: "Cancelled", message: "\(error)", advice: ""))
        }
    }

    /// Who signed each of these, of those that are trusted by themselves. What cannot be read or judged has
    /// no signer here.
    package func signers(of commits: [ObjectID]) async -> [ObjectID: CommitSigner] {
        guard settings.require != .none, !commits.isEmpty, let keys = try? TrustKeys.load(settings),
            let examiner = try? CommitExaminer(keys: keys, directory: settings.directory)
        else { return [:] }
        var found: [ObjectID: CommitSigner] = [:]
        for id in commits {
            guard let object = try? await reader.commitObjects([id]).first,
                case .success(let examined)? = try? await examiner.examine(id, object.bytes)
            else { continue }
            found[id] = examined.signer
        }
        return found
    }

    private func judgeHead(_ id: ObjectID, _ examiner: CommitExaminer) async throws -> Verdict {
        for (id, bytes) in try await objects([id]) {
            switch try await examiner.examine(id, bytes) {
            case .success(let found): return .trusted(found.signer)
            case .failure(let untrusted): return .untrusted(untrusted)
            }
        }
        throw GitError(.objectMissing, "commit \(id) is missing from the repository")
    }

    private func judgeEvery(
        _ tip: ObjectID, _ keys: TrustKeys, _ examiner: CommitExaminer
    ) async throws -> Verdict {
        if let since = settings.since, since != tip,
            try await !reader.isAncestor(since, of: tip)
        {
            return .untrusted(try await notDescended(tip, from: since))
        }
        var signer: CommitSigner?
        let known = standing(keys)
        var evidence = known.map { $0.evidence } ?? TrustEvidence(rules: keys.rules)
        var rest = try await unverified(tip, known)[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(ReaderLimits.commitsPerRequestMax))
            rest = rest.dropFirst(batch.count)
            for (id, bytes) in try await objects(batch) {
                switch try await examiner.examine(id, bytes) {
                case .success(let found):
                    if id == tip { signer = found.signer }
                    if evidence?.add(found) == false { evidence = nil }
                case .failure(let untrusted): return .untrusted(untrusted)
                }
            }
        }
        let reached = TrustFrontier(policy: keys.digest, tip: tip, evidence: evidence)
        if reached != frontier {
            frontier = reached
            await keep(reached)
        }
        if let signer { return .trusted(signer) }
        // Verified before, or the pinned commit itself, which need not be signed.
        if case .trusted(let found) = try await judgeHead(tip, examiner) { return .trusted(found) }
        return .trusted(nil)
    }

    /// Commits as they are stored. One that nobody could look at whole will never be any better: it is not
    /// trusted, rather than waited for.
    private func objects(_ ids: [ObjectID]) async throws -> [(id: ObjectID, bytes: [UInt8])] {
        let all = await stored(ids)
        guard case .failure(let error) = all, error.kind == .badlyMade else { return try all.get() }
        for id in ids {
            guard case .failure(let own) = await stored([id]), own.kind == .badlyMade else { continue }
            throw Untrusted(
                commit: id, author: "somebody",
                reason: Distrust(.malformed, own.message, advice: own.advice))
        }
        throw error
    }

    private func stored(_ ids: [ObjectID]) async -> Result<[(id: ObjectID, bytes: [UInt8])], GitError> {
        do throws(GitError) {
            return .success(try await reader.commitObjects(ids))
        } catch {
            return .failure(error)
        }
    }

    /// What was verified before, where it counts with these keys.
    private func standing(_ keys: TrustKeys) -> TrustFrontier? {
        guard let frontier else { return nil }
        return frontier.policy == keys.digest || frontier.evidence?.holds(with: keys) == true ? frontier : nil
    }

    /// Parents first, so that the commit with which it began is the one that is named.
    private func unverified(_ tip: ObjectID, _ known: TrustFrontier?) async throws(GitError) -> [ObjectID] {
        let pinned = settings.since.map { [$0] } ?? []
        guard let known else { return try await reader.history(of: tip, excluding: pinned) }
        do {
            return try await reader.history(of: tip, excluding: pinned + [known.tip])
        } catch  where error.kind == .objectMissing {
            // What was verified is gone since it was taken back; all is looked at once more.
            self.frontier = nil
            return try await reader.history(of: tip, excluding: pinned)
        }
    }

    private func notDescended(_ tip: ObjectID, from since: ObjectID) async throws(GitError) -> Untrusted {
        let author = try await reader.commit(tip).author
        return Untrusted(
            commit: tip, author: "\(author.name) <\(author.email)>",
            reason: Distrust(
                .notDescended, "it does not descend from trust.commits.since (\(since.short))",
                advice: "push a commit that does, or pin another one in agent.yaml"))
    }
}
