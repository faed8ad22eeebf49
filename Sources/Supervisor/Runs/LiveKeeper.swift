import Glibc
import KeeperProtocol
import Reconciler

/// A process that keeps a run now, told by what it holds: the lock of its slot, from the start of the run to
/// its end.
struct LiveKeeper: Equatable, Sendable {
    var process: ProcessIdentity
    /// By the path of its lock, whose directory may have been moved or removed.
    var slot: SlotID

    /// nil: this process keeps no run.
    init?(_ pid: Int32) {
        guard let process = ProcessIdentity(of: pid), Self.isAlive(process) else { return nil }
        let open = directoryNames("/proc/\(pid)/fd").lazy.compactMap {
            PathTrail.target(of: "/proc/\(pid)/fd/\($0)")
        }
        guard let slot = open.compactMap(Self.slot(ofLock:)).first else { return nil }
        self.process = process
        self.slot = slot
    }

    /// `…/slots/web/0/lock`, and ` (deleted)` behind it where that is so.
    private static func slot(ofLock path: String) -> SlotID? {
        let parts = path.split(separator: "/")
        guard parts.count >= 4, parts[parts.count - 4] == "slots",
            ["lock", "lock (deleted)"].contains(parts[parts.count - 1])
        else { return nil }
        return SlotID(instance: String(parts[parts.count - 3]), directoryName: parts[parts.count - 2])
    }

    /// Neither gone nor a zombie.
    static func isAlive(_ process: ProcessIdentity) -> Bool {
        guard let stat = ProcessStat(pid: process.pid) else { return false }
        return stat.startTicks == process.startTicks && !stat.isZombie
    }

    /// Whether the path of our state directory means for this keeper what it means for us. An agent of
    /// another mount namespace may have the same path for another directory.
    func shares(_ stateDir: String) -> Bool {
        var (own, theirs) = (stat(), stat())
        guard stat(stateDir, &own) == 0, stat("/proc/\(process.pid)/root\(stateDir)", &theirs) == 0 else {
            return false
        }
        return own.st_dev == theirs.st_dev && own.st_ino == theirs.st_ino
    }
}

/// Whether somebody keeps the processes of a run.
enum KeeperSign: Equatable {
    case none
    case keeper(LiveKeeper)
    /// It cannot be told.
    case doubt

    /// Whatever is not below another of its own is below its keeper, which is a subreaper. Once that is dead
    /// it is below the zygote or the host's first process.
    init(parentsOf members: [Int32]) {
        let own = Set(members)
        var isHidden = false
        for parent in Set(members.compactMap { ProcessStat(pid: $0)?.parent }).subtracting(own).sorted() {
            if parent == 0 {
                isHidden = true
            } else if let keeper = LiveKeeper(parent) {
                self = .keeper(keeper)
                return
            } else if Self.isUnreadable(parent) {
                isHidden = true
            }
        }
        self = isHidden ? .doubt : .none
    }

    /// A keeper of another user's agent. All of them have the zygote's name.
    private static func isUnreadable(_ pid: Int32) -> Bool {
        guard access("/proc/\(pid)/fd", R_OK) != 0, errno == EACCES || errno == EPERM,
            let name = try? contents(of: "/proc/\(pid)/comm", bytesMax: 64)
        else { return false }
        return String(decoding: name, as: UTF8.self).hasPrefix("plumb-")
    }
}
