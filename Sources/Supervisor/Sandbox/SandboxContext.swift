import Glibc
import KeeperProtocol
import Manifests

/// What the steps of one run's sandbox depend on, beside its rules.
struct SandboxContext: Sendable {
    /// The agent is root. An ordinary user has rights over mounts only within a user namespace of his own.
    var isRoot: Bool
    var uid: UInt32
    var gid: UInt32
    /// The run changes to `uid`, so capabilities have to be kept on purpose.
    var switchesUser: Bool
    /// Directories that the run writes to.
    var own: [String] = []
    /// Where the run says how it is, if it is listened to.
    var notifySocket: String?
    /// What the run executes from: its package, and the file of its command.
    var package: String?
    var executable: String?
    /// Directories and files of Plumb that no run may see.
    var hidden: [String]
    /// The version of Landlock; 0 where there is none.
    var landlockVersion: Int

    /// Whoever may write to control groups could leave his own, and the filters on it with it.
    func hidesGroups(_ rules: SandboxRules) -> Bool {
        rules.network == .local && (uid == 0 || rules.grantsCapabilities)
    }

    static let groups = "/sys/fs/cgroup"
    static let temporary = ["/tmp", "/var/tmp"]

    /// What is the run's own and empty at its start: all that the host has below is hidden with it.
    static func emptied(by rules: SandboxRules) -> [String] {
        (rules.privateTmp ? temporary : [])
            + (rules.privateDevices || rules.privateIPC ? ["/dev/shm"] : [])
    }

    /// Where symbolic links lead; the path itself where it is not there.
    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// Whether `path` is `directory` or below it.
    static func isWithin(_ path: String, _ directory: String) -> Bool {
        path == directory || path.hasPrefix(directory.hasSuffix("/") ? directory : directory + "/")
    }
}
