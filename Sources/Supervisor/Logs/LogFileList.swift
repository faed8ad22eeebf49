import Glibc
import KeeperProtocol

/// The files of one stream as they are named at a moment, the newest first. None of them is open.
struct LogFileList {
    struct Item: Equatable {
        var number: Int
        var inode: UInt64
        var modified: UInt64
        var bytes: Int64
    }

    let directory: String
    let stream: String
    let items: [Item]

    private static let filesMax = 2000
    private static let attemptsMax = 5

    /// Looked at again where a rotation came in between.
    init(directory: String, stream: String) {
        self.directory = directory
        self.stream = stream
        var found = Self.look(directory, stream)
        for _ in 1..<Self.attemptsMax {
            let again = Self.look(directory, stream)
            if again.map(\.inode) == found.map(\.inode) { break }
            found = again
        }
        items = found
    }

    private static func look(_ directory: String, _ stream: String) -> [Item] {
        var items: [Item] = []
        var seen: Set<UInt64> = []
        var missing = 0
        for number in 0..<filesMax {
            var facts = stat()
            guard lstat("\(directory)/\(LogFiles.name(stream, number: number))", &facts) == 0 else {
                // A rotation moves one after the other, so one number may have no file at the moment.
                missing += 1
                if missing > 1 { break }
                continue
            }
            missing = 0
            guard facts.st_mode & S_IFMT == S_IFREG, seen.insert(UInt64(facts.st_ino)).inserted else {
                continue
            }
            items.append(
                Item(
                    number: number, inode: UInt64(facts.st_ino),
                    modified: LogFiles.nanoseconds(facts.st_mtim),
                    bytes: Int64(facts.st_size)))
        }
        return items
    }

    /// Opens the oldest that is still there; rotations may take away one after the other meanwhile. With a
    /// time the oldest that was written then or later, or else the newest.
    func oldest(writtenSince wall: UInt64 = 0) -> LogFile? {
        for item in items.reversed() where item.modified >= wall || item == items.first {
            if let file = open(item) { return file }
        }
        return nil
    }

    /// Opens one of them, wherever it is by now; nil where it is gone.
    func open(_ item: Item) -> LogFile? {
        for number in item.number..<(item.number + Self.attemptsMax) {
            let file = LogFile(directory: directory, stream: stream, number: number)
            if let file, file.inode == item.inode { return file }
        }
        return nil
    }
}
