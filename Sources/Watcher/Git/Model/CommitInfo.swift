/// Who did something, and when by their clock.
package struct Signature: Hashable, Sendable {
    package let name: String
    package let email: String
    /// Seconds since 1970, as the author's machine said.
    package let time: Int64
    /// Minutes east of UTC.
    package let offsetMinutes: Int32

    package init(name: String, email: String, time: Int64, offsetMinutes: Int32) {
        self.name = name
        self.email = email
        self.time = time
        self.offsetMinutes = offsetMinutes
    }
}

/// One commit, without its files.
package struct CommitInfo: Hashable, Sendable {
    package let id: ObjectID
    package let tree: ObjectID
    package let parents: [ObjectID]
    package let author: Signature
    package let committer: Signature
    /// The first paragraph on one line.
    package let subject: String
    /// The whole message, cut at `ReaderLimits.messageBytesMax`.
    package let message: String
}
