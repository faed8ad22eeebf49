import CLinux
import Glibc
import KeeperProtocol
import Reconciler

/// One slot's directory on disk.
struct Slot: Sendable {
    let id: SlotID
    let path: String

    init(_ id: SlotID, _ layout: StateLayout) {
        self.id = id
        path = layout.slot(id)
    }

    enum LockState { case free, held }

    /// Asks whether a keeper holds the slot, and takes nothing. Where somebody removed the lock the keeper
    /// that the slot names holds it for as long as it lives.
    func lockState() throws(SystemError) -> LockState {
        let lock: Descriptor
        do throws(SystemError) {
            lock = try Descriptor("\(path)/\(StateLayout.lockName)", O_RDWR | O_NOFOLLOW)
        } catch {
            guard error.number == ENOENT else { throw error }
            guard let identity = identity(), identity.bootID == BootID.current else { return .free }
            return LiveKeeper.isAlive(identity.keeper) ? .held : .free
        }
        let locked = clinux_ofd_is_locked(lock.raw)
        guard locked >= 0 else { throw SystemError("fcntl(F_OFD_GETLK)", path) }
        return locked == 1 ? .held : .free
    }

    /// Takes the lock; nil where a keeper still has it. The lock lives as long as any copy of the descriptor.
    func takeLock(in directory: borrowing Descriptor) throws(SystemError) -> Descriptor? {
        let lock = try Descriptor(
            StateLayout.lockName, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, in: directory.raw)
        if clinux_ofd_lock(lock.raw) == 0 { return lock }
        guard errno == EAGAIN || errno == EACCES else { throw SystemError("fcntl(F_OFD_SETLK)", path) }
        return nil
    }

    func openDirectory() throws(SystemError) -> Descriptor {
        try Descriptor(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }

    /// Opens the slot's `output`, made with all above it where that is missing.
    func openOutput() throws(SystemError) -> Descriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        let output = "\(path)/\(StateLayout.outputName)"
        do throws(SystemError) {
            return try Descriptor(output, flags)
        } catch {
            guard error.number == ENOENT else { throw error }
            try OwnedDirectory.make(output, mode: 0o700)
            return try Descriptor(output, flags)
        }
    }

    func writeRecord(_ record: SlotRecord, in directory: borrowing Descriptor) throws(SystemError) {
        let file = try Descriptor(
            StateLayout.specName, O_WRONLY | O_CREAT | O_NOFOLLOW, mode: 0o600, in: directory.raw)
        // Not truncated: ext4 is quicker with files that keep their blocks, and the record knows its length.
        try file.writeAll(record.encoded(), "\(path)/\(StateLayout.specName)")
    }

    /// Puts another record of the same run in the place of the one that is there: one or the other is read,
    /// whatever happens.
    func replaceRecord(_ record: SlotRecord) throws(SystemError) {
        let (name, fresh) = ("\(path)/\(StateLayout.specName)", "\(path)/\(StateLayout.specName).new")
        do throws(SystemError) {
            try Descriptor(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
                .writeAll(record.encoded(), fresh)
            guard rename(fresh, name) == 0 else { throw SystemError("rename", fresh) }
        } catch {
            unlink(fresh)
            throw error
        }
    }

    func record() -> SlotRecord? {
        guard
            let bytes = try? contents(
                of: "\(path)/\(StateLayout.specName)", bytesMax: SlotRecord.fileBytesMax)
        else { return nil }
        return SlotRecord(bytes)
    }

    /// The exit record, if it speaks of this run.
    func exitRecord(of run: RunID) -> ExitRecord? {
        guard
            let bytes = try? contents(of: "\(path)/\(StateLayout.exitName)", bytesMax: Self.recordBytesMax),
            let record = try? ExitRecord(record: bytes), record.runID == run.text
        else { return nil }
        return record
    }

    /// The identity record, whichever run it speaks of.
    func identity() -> KeeperProtocol.RunIdentity? {
        guard
            let bytes = try? contents(
                of: "\(path)/\(StateLayout.identityName)", bytesMax: Self.recordBytesMax)
        else { return nil }
        return try? KeeperProtocol.RunIdentity(record: bytes)
    }

    private static let recordBytesMax = 64 << 10

    /// Every slot that has a directory. A directory that cannot be read is not an empty one.
    static func all(_ layout: StateLayout) throws(SystemError) -> [Slot] {
        var slots: [Slot] = []
        for instance in try names(in: layout.slots, absent: [ENOENT]) {
            // Where it is gone meanwhile, or no directory at all, there is no slot.
            for name in try names(in: "\(layout.slots)/\(instance)", absent: [ENOENT, ENOTDIR]) {
                guard let id = SlotID(instance: instance, directoryName: name) else { continue }
                slots.append(Slot(id, layout))
            }
        }
        return slots
    }

    private static func names(in path: String, absent: [Int32]) throws(SystemError) -> [String] {
        do throws(SystemError) {
            return try namesInDirectory(path)
        } catch {
            if absent.contains(error.number) { return [] }
            throw error
        }
    }
}

/// The names in a directory, sorted, without those that begin with a dot; none where it cannot be read. Where
/// that decides what is there and what is not, ask `namesInDirectory`.
func directoryNames(_ path: String) -> [String] { (try? namesInDirectory(path)) ?? [] }

/// The names in a directory, sorted, without those that begin with a dot.
func namesInDirectory(_ path: String) throws(SystemError) -> [String] {
    guard let stream = opendir(path) else { throw SystemError("opendir", path) }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
        errno = 0
        guard let entry = readdir(stream) else {
            guard errno == 0 else { throw SystemError("readdir", path) }
            return names.sorted()
        }
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
}
