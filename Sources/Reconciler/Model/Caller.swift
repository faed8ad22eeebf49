/// A process on this host that asked for something, as the kernel vouches for it.
package struct Caller: Sendable, Hashable, Codable {
    package var uid: UInt32
    /// The user's name; `user 1234` where there is none.
    package var user: String
    package var pid: Int32

    package init(uid: UInt32, user: String, pid: Int32) {
        self.uid = uid
        self.user = user
        self.pid = pid
    }

    /// `ann (uid 1000, pid 4242)`.
    package var text: String { "\(user) (uid \(uid), pid \(pid))" }
}
