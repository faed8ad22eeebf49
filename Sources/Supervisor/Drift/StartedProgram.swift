import Glibc
import Manifests
import Reconciler

/// What was about to be executed, and as whom, when a run was started: what is found later is compared with
/// it. Times of files prove nothing: they can be set, and the clock that they are read from can be, too.
struct StartedProgram: Sendable {
    /// The inode that the command led to, as `device:inode`.
    var command: String?
    /// Of a script's text; nil where the command is no script, or too large.
    var script: String?
    var user: UInt32

    /// - Parameter executable: what the command led to. Nothing of it is noted where it stands in the store
    ///   of packages, which never changes.
    init(executable: String, packages: String, user: RunUser) {
        self.user = user.switches ? user.uid : geteuid()
        guard !executable.hasPrefix(packages + "/"), let facts = FileFacts(of: executable) else { return }
        command = facts.name
        if FileFacts.isScript(executable) { script = FileFacts.digest(of: executable) }
    }
}
