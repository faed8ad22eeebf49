import CLinux
import Glibc
import KeeperProtocol

/// `stdout.log` becomes `stdout.log.1`, that becomes `.2`, and so on; the indexes go with them.
enum LogRotation {
    /// False, with errno, if the full file could not be put aside.
    static func rotate(_ name: String, in directory: Int32, filesMax: UInt32) -> Bool {
        removeStale(name, in: directory, filesMax: filesMax)
        if filesMax == 1 { return remove(name, in: directory) }
        for number in stride(from: Int(filesMax) - 1, through: 1, by: -1) {
            guard move(name, number - 1, to: number, in: directory) else { return false }
        }
        return true
    }

    /// Removes files beyond the limit, which may have been lowered.
    static func removeStale(_ name: String, in directory: Int32, filesMax: UInt32) {
        for number in filesMax..<(filesMax + KeeperBounds.staleLogFilesMax) {
            let old = LogFiles.name(name, number: Int(number))
            guard remove(old, in: directory, isThere: true) else { return }
        }
    }

    /// Removes every file that was put aside and last written before `wall`. The older a file, the higher its
    /// number, so all behind the first of them go.
    static func removeOlder(than wall: UInt64, _ name: String, in directory: Int32, filesMax: UInt32) {
        for number in 1..<max(filesMax, 1) + KeeperBounds.staleLogFilesMax {
            let old = LogFiles.name(name, number: Int(number))
            guard let modified = modified(old, in: directory) else { return }
            guard modified < wall else { continue }
            return removeStale(name, in: directory, filesMax: number)
        }
    }

    /// When a file was last written; nil where there is none.
    static func modified(_ name: String, in directory: Int32) -> UInt64? {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return LogFiles.nanoseconds(status.st_mtim)
    }

    /// When the oldest of the files from that number on was last written.
    static func oldestModified(
        _ name: String, in directory: Int32, from first: UInt32, filesMax: UInt32
    ) -> UInt64? {
        var oldest: UInt64?
        for number in first..<max(filesMax, first) {
            guard let found = modified(LogFiles.name(name, number: Int(number)), in: directory) else {
                if number == 0 { continue }
                break
            }
            oldest = min(oldest ?? found, found)
        }
        return oldest
    }

    private static func remove(_ name: String, in directory: Int32, isThere: Bool = false) -> Bool {
        guard unlinkat(directory, name, 0) == 0 || !isThere && errno == ENOENT else { return false }
        unlinkat(directory, name + LogFiles.indexSuffix, 0)
        return true
    }

    /// A file that is not there is no failure; its successor's index must go all the same.
    private static func move(_ name: String, _ from: Int, to: Int, in directory: Int32) -> Bool {
        let source = LogFiles.name(name, number: from)
        let target = LogFiles.name(name, number: to)
        if renameat(directory, source, directory, target) != 0 { return errno == ENOENT }
        let suffix = LogFiles.indexSuffix
        if renameat(directory, source + suffix, directory, target + suffix) != 0 {
            unlinkat(directory, target + suffix, 0)
        }
        return true
    }
}
