import Glibc
import Reconciler

/// Gives a replica its directories and its config file before its process begins.
enum ReplicaSetup {
    static func directories(
        _ slot: SlotID, _ layout: StateLayout, user: RunUser
    ) throws(SystemError) {
        let base = try openBase(slot.replica, layout)
        let directories = ReplicaDirectories(layout, slot)
        for member in directories.members {
            _ = try OwnedDirectory.open(
                member.name, in: base, mode: member.mode, uid: user.uid, gid: user.gid,
                subject: "\(directories.base)/\(member.name)")
        }
    }

    /// What a Schedule's run leaves there is kept with the run.
    static func outputDirectory(
        of run: RunID, schedule: String, _ layout: StateLayout, user: RunUser
    ) throws(SystemError) {
        let path = layout.scheduledRun(run, of: schedule)
        try OwnedDirectory.make(path, mode: 0o755)
        let parent = try Descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        _ = try OwnedDirectory.open(
            StateLayout.outputName, in: parent, mode: 0o750, uid: user.uid, gid: user.gid,
            subject: "\(path)/\(StateLayout.outputName)")
    }

    /// `isDurable` for a process that reads the file again while it runs; before a start it is written anew
    /// every time.
    static func configFile(
        _ file: ConfigFileSpec, _ slot: SlotID, _ layout: StateLayout, user: RunUser, isDurable: Bool
    ) throws(SystemError) {
        guard !file.name.contains("/"), !file.name.hasPrefix("."), !file.name.isEmpty else {
            throw SystemError("write the config file", file.name, number: EINVAL)
        }
        let base = try openBase(slot.replica, layout)
        let directories = ReplicaDirectories(layout, slot)
        let subject = directories.config
        let directory = try OwnedDirectory.open(
            directories.configMember, in: base, mode: 0o750, uid: user.uid, gid: user.gid, subject: subject)
        try OwnedDirectory.replaceFile(
            file.name, in: directory, contents: Array(file.contents.utf8), mode: 0o640, uid: user.uid,
            gid: user.gid, isDurable: isDurable, subject: "\(subject)/\(file.name)")
    }

    /// The directory above, which stays ours: who owns it could exchange what is in it for links.
    private static func openBase(_ replica: ReplicaID, _ layout: StateLayout) throws(SystemError)
        -> Descriptor
    {
        let path = layout.replica(replica)
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        do throws(SystemError) {
            return try Descriptor(path, flags)
        } catch {
            guard error.number == ENOENT else { throw error }
            try OwnedDirectory.make(path, mode: 0o755)
            return try Descriptor(path, flags)
        }
    }
}
