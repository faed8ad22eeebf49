import Glibc
import KeeperProtocol

/// One log file and its index, held open, so that a rotation takes neither away. Of the index only a window
/// is in memory: it may be as large as the log.
final class LogFile {
    let inode: UInt64
    /// The number that it had when it was last looked for; 0 is the one being written.
    var number: Int
    private let data: Descriptor
    /// -1 where there is no index.
    private let index: Int32
    private(set) var entryCount = 0
    private var window: [LogIndexEntry] = []
    private var windowStart = 0

    private static let openAttemptsMax = 5
    private static let entryWaitsMax = 5
    private static let entryWaitMicroseconds: UInt32 = 500
    /// Reads of a keeper within this time share an entry.
    private static let grainNanoseconds: UInt64 = 1_000_000
    static let chunkBytes = 64 << 10
    static let windowEntries = 2048

    /// nil where there is no such file.
    init?(directory: String, stream: String, number: Int) {
        let path = "\(directory)/\(LogFiles.name(stream, number: number))"
        for attempt in 1...Self.openAttemptsMax {
            guard let data = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
                let facts = try? data.status(path), facts.st_mode & S_IFMT == S_IFREG
            else { return nil }
            let index = Self.openIndex(path + LogFiles.indexSuffix)
            // A rotation between the two would have joined one file with the index of another.
            guard Self.inode(of: path) == UInt64(facts.st_ino) else {
                if index >= 0 { close(index) }
                continue
            }
            // The index follows its log a moment later, in a rotation and when both are made.
            if index < 0, attempt < Self.openAttemptsMax {
                usleep(Self.entryWaitMicroseconds)
                continue
            }
            self.data = data
            self.index = index
            self.number = number
            inode = UInt64(facts.st_ino)
            countEntries()
            return
        }
        return nil
    }

    deinit {
        if index >= 0 { close(index) }
    }

    private static func openIndex(_ path: String) -> Int32 {
        guard let index = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
            let facts = try? index.status(path), facts.st_mode & S_IFMT == S_IFREG
        else { return -1 }
        return index.release()
    }

    static func inode(of path: String) -> UInt64? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? UInt64(facts.st_ino) : nil
    }

    var size: Int64 { Int64((try? data.status(""))?.st_size ?? 0) }

    /// Whether it has no name any more.
    var isRemoved: Bool { (try? data.status(""))?.st_nlink == 0 }

    /// When it was last written: the time of lines whose index is lost.
    var modified: UInt64 { (try? data.status("")).map { LogFiles.nanoseconds($0.st_mtim) } ?? 0 }

    /// Fills the buffer from an offset; the bytes that were there.
    func read(at offset: Int64, into buffer: inout [UInt8]) -> Int {
        buffer.withUnsafeMutableBytes { max(pread(data.raw, $0.baseAddress, $0.count, off_t(offset)), 0) }
    }

    func byte(at offset: Int64) -> UInt8? {
        var byte: UInt8 = 0
        return offset >= 0 && pread(data.raw, &byte, 1, off_t(offset)) == 1 ? byte : nil
    }

    // The index --------------------------------------------------------------------------------------

    /// Takes in what the index has got since. A torn entry at its end is not counted.
    func countEntries() {
        var facts = stat()
        guard index >= 0, fstat(index, &facts) == 0 else { return }
        let count = Int(facts.st_size) / LogIndexEntry.size
        // It was cut back: what is in memory may be there no longer.
        if count < entryCount { window = [] }
        entryCount = count
    }

    /// The entry of this number; nil behind the last one.
    func entry(_ number: Int) -> LogIndexEntry? {
        if let found = window[checked: number - windowStart] { return found }
        guard number >= 0, number < entryCount else { return nil }
        window = entries(from: number, count: Self.windowEntries)
        windowStart = number
        return window.first
    }

    /// Entries as they stand in the index, without the window.
    func entries(from number: Int, count: Int) -> [LogIndexEntry] {
        let wanted = min(count, entryCount - number)
        guard index >= 0, number >= 0, wanted > 0 else { return [] }
        return withUnsafeTemporaryAllocation(byteCount: wanted * LogIndexEntry.size, alignment: 8) { buffer in
            let got = pread(index, buffer.baseAddress, buffer.count, off_t(number * LogIndexEntry.size))
            let bytes = UnsafeRawBufferPointer(buffer)
            return (0..<max(got, 0) / LogIndexEntry.size).compactMap {
                LogIndexEntry(bytes, at: $0 * LogIndexEntry.size)
            }
        }
    }

    /// The keeper writes bytes first and their entry right after, so an entry that the file's time shows to
    /// be due is waited for, a moment.
    func awaitEntries(upTo offset: Int64) {
        for _ in 0..<Self.entryWaitsMax {
            countEntries()
            guard let last = entries(from: entryCount - 1, count: 1).first else { return }
            let modified = modified
            guard modified > last.wall, modified - last.wall > Self.grainNanoseconds, offset > last.offset
            else { return }
            usleep(Self.entryWaitMicroseconds)
        }
    }

    /// The offset after the newline that has `count` newlines after it, counting down what is found; nil
    /// where the file has fewer.
    func offsetOfLast(_ count: inout Int) -> Int64? {
        var end = size
        var buffer = [UInt8](repeating: 0, count: Self.chunkBytes)
        while end > 0 {
            let start = max(end - Int64(Self.chunkBytes), 0)
            let length = min(read(at: start, into: &buffer), Int(end - start))
            let found = buffer.withUnsafeBufferPointer { bytes -> Int? in
                var position = length - 1
                while position >= 0 {
                    if bytes[position] == UInt8(ascii: "\n") {
                        if count == 0 { return position + 1 }
                        count -= 1
                    }
                    position -= 1
                }
                return nil
            }
            if let found { return start + Int64(found) }
            end = start
        }
        return nil
    }
}

extension Array {
    subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
