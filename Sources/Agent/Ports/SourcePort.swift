package import Manifests
package import Reconciler

/// What the loop asks of whoever reads the repository. No failure ever means that something is absent.
package protocol SourcePort: Sendable {
    /// Every file under the source path at a revision.
    func listing(of revision: RevisionID) async throws(SourceFailure) -> SourceListing
    /// What differs in that from one revision to another. May fail where `listing` does not: the old revision
    /// may be gone.
    func changes(from old: RevisionID, to new: RevisionID) async throws(SourceFailure) -> SourceChanges
    /// The id of the tree at a directory, relative to the source path; "" is the source path itself.
    func tree(of revision: RevisionID, path: String) async throws(SourceFailure) -> String
    /// The bytes of blobs, by id; all that were asked for, or a failure.
    func blobs(_ ids: [String]) async throws(SourceFailure) -> [String: [UInt8]]
    /// Which of these blobs are Git LFS pointers; none of them is read whole that is larger than one.
    func pointers(among ids: [String]) async throws(SourceFailure) -> Set<String>
    /// Whether the accepted revision is in the history of another one.
    func ancestry(of accepted: RevisionID, in candidate: RevisionID) async throws(SourceFailure) -> Ancestry
    /// Commits up to a revision, itself left out, that follow the held one and name plans that they approve;
    /// the oldest first. Only so many of the newest are looked at.
    func approvals(
        after held: RevisionID, upTo revision: Revision
    ) async throws(SourceFailure) -> [Revision]
    /// What came with a revision since an older one, itself left out; no more than so many of the newest.
    func commits(after old: RevisionID, upTo new: RevisionID) async throws(SourceFailure) -> [RevisionID]
    /// A revision that was told of could not be read whole: it is to be told of again, after a growing wait.
    func couldNotRead(_ revision: RevisionID, because failure: SourceFailure)
    /// A revision is the desired state from now on, and is asked about again.
    func accepted(_ revision: RevisionID)
}

/// Why the repository could not be read.
package struct SourceFailure: Error, Sendable, Hashable {
    /// One word, CamelCase: `NotARepository`, `ReaderTimedOut`, …
    package var code: String
    package var message: String
    /// What to do about it.
    package var advice: String

    package init(code: String, message: String, advice: String) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// It says something of whoever reads, not of what is read.
    var isOfReader: Bool { code.hasPrefix("Reader") }
}
