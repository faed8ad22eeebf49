/// Which ref of which repository is followed, and how it is read.
package struct WatchSettings: Sendable {
    /// A work tree, a linked work tree, or a bare repository.
    package var repository: String
    /// A branch name, a full ref (`refs/…`), or `HEAD`; nil: the branch that HEAD names when it is first
    /// seen.
    package var ref: String?
    /// Instead of a ref, one of the tags; or one commit, and nothing else ever.
    package var tags: TagChoice?
    package var commit: ObjectID?
    /// A user name or number that may own the repository, beside root and the user that Plumb runs as.
    package var allowedOwner: String?
    package var reader: ReaderMode
    /// How long one request to the reader may take.
    package var deadline: Duration
    /// How long the reader may say nothing before that is told.
    package var silenceMax: Duration
    /// How often the ref is read where the kernel cannot tell of changes.
    package var fallbackInterval: Duration
    /// The first and the longest wait before something that failed is read again.
    package var retryInitial: Duration
    package var retryMax: Duration
    /// How long events must be quiet before the ref is read.
    package var settle: Duration
    /// The most inotify watches that one repository may take.
    package var watchesMax: Int

    package init(repository: String, ref: String? = nil, reader: ReaderMode = .child()) {
        self.repository = repository
        self.ref = ref
        self.reader = reader
        deadline = ReaderLimits.deadlineDefault
        silenceMax = ReaderLimits.silenceMax
        fallbackInterval = .seconds(30)
        retryInitial = .seconds(1)
        retryMax = .seconds(30)
        settle = .milliseconds(2)
        watchesMax = 512
    }

    /// Nobody has said what to follow but the repository's own HEAD.
    var followsHead: Bool { ref == nil && tags == nil && commit == nil }
}

/// Which of the tags is followed. What they are called decides it; the choice is made elsewhere.
package struct TagChoice: Sendable {
    /// For messages: `semver >=1.2 <2`.
    package let description: String
    /// One of the names that are given, or nil where none is wanted.
    package let choose: @Sendable ([String]) -> String?

    package init(description: String, choose: @escaping @Sendable ([String]) -> String?) {
        self.description = description
        self.choose = choose
    }
}

/// Where libgit2 runs.
package enum ReaderMode: Sendable {
    /// In a child with this command line, which must end in `GitReader.main`; killed when it misses its
    /// deadline.
    case child(command: [String] = ["/proc/self/exe", "git-reader"])
    /// On a thread of this process. For tests: a thread that hangs can only be abandoned.
    case thread
}
