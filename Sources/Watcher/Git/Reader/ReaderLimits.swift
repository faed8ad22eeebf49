/// The bounds of everything that passes between Plumb and its reader.
package enum ReaderLimits {
    /// How long one request may take before its reader is killed, unless settings say otherwise.
    package static let deadlineDefault = Duration.seconds(30)
    /// How long a reader may say nothing before that is told, and before it is looked at whether it is
    /// stopped.
    package static let silenceMax = Duration.seconds(5)
    /// Requests that may wait for the reader at once; one more is refused.
    package static let requestsWaitingMax = 256
    /// Tags that are looked through for the one to follow.
    package static let tagsMax = 100_000
    /// Files in one tree.
    package static let entriesMax = 1_000_000
    /// A path, a ref name or a symbolic link's target, in bytes.
    package static let pathBytesMax = 4096
    /// A commit message; what is longer is cut.
    package static let messageBytesMax = 64 << 10
    /// One commit as it is stored, signature and message included.
    package static let commitBytesMax = 1 << 20
    /// Commits that one walk through the history may name.
    package static let historyMax = 2_000_000
    /// Commits that are asked for at once, so that an answer stays well within its deadline.
    static let commitsPerRequestMax = 1000
    /// One blob that is answered in one piece.
    package static let blobBytesMax = 32 << 20
    /// All blobs of one call to `blobs`.
    package static let blobsBytesMax = 1 << 30
    /// Ids in one request; longer lists are sent as several requests.
    static let idsPerRequestMax = 50_000
    /// New contents of a work tree, which are held in memory.
    package static let workTreeBytesMax = 512 << 20
    /// One frame: a blob and its head.
    static let frameBytesMax = blobBytesMax + 4096
    /// The reader sends what it has once it has this much.
    static let flushBytes = 256 << 10
    /// Memory of one reader process, mapped files aside.
    static let memoryBytesMax: UInt = 2 << 30
    /// Parsed objects that libgit2 may keep between requests.
    static let cacheBytesMax = 16 << 20
    /// How many entries of a symbolic ref chain, directories of links and the like are followed.
    static let followMax = 10
}
