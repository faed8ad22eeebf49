import Agent
import Reconciler
import Store
import Watcher

/// Joins the verifier to the loop.
struct TrustAdapter: TrustPort {
    private let verifier: CommitVerifier
    private let source: SourceAdapter

    init(settings: TrustSettings, source: SourceAdapter, store: Store, frontier: String?) {
        self.source = source
        verifier = CommitVerifier(
            settings: settings, reader: source.reader, frontier: frontier.flatMap(TrustFrontier.init(text:))
        ) { reached in
            var batch = StoreBatch()
            batch.settings[StoreAdapter.frontierKey] = reached.text
            // Not remembered, it is only verified once more.
            try? await store.commit(batch)
        }
    }

    func signers(of commits: [RevisionID]) async -> [RevisionID: Signer] {
        let found = await verifier.signers(of: commits.compactMap { ObjectID($0.hex) })
        return Dictionary(
            uniqueKeysWithValues: found.map { id, signer in
                (RevisionID(hex: id.description), Signer(principal: signer.principal, key: signer.key))
            })
    }

    func judge(_ revision: Revision) async -> TrustVerdict {
        guard let commit = ObjectID(revision.id.hex) else {
            let failure = SourceFailure(code: "Other", message: "\(revision.id.hex) is no commit", advice: "")
            return .unreadable(failure)
        }
        switch await verifier.judge(commit) {
        case .trusted(let signer):
            return .trusted(signer.map { Signer(principal: $0.principal, key: $0.key) })
        case .untrusted(let found):
            return .untrusted(
                Untrusted(
                    reason: found.reason.kind.rawValue, commit: RevisionID(hex: found.commit.description),
                    author: found.author, message: found.reason.message, advice: found.reason.advice))
        case .undecided(let failure):
            return .undecided(
                SourceFailure(code: failure.code, message: failure.message, advice: failure.advice))
        case .unreadable(let error):
            let failure = SourceFailure(error)
            source.couldNotRead(revision.id, because: failure)
            return .unreadable(failure)
        }
    }
}
