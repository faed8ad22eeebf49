import Glibc
import KeeperProtocol

/// One log file and its index, held open, so that a rotation takes neither away.
final class LogFile {
    let inode: UInt64
    private(set) var entries: [LogIndexEntry] = []
    private let data: Descriptor
    /// -1 where there is no index.
    private let index: Int32
    private var indexOffset: Int64 = 0

    private static let openAttemptsMax = 5
    private static let indexRetriesMax = 5
    private static let indexRetryMicroseconds: UInt32 = 500
    /// Reads of a keeper within this time share an entry.
    private static let grainNanoseconds: UInt64 = 1_000_000

    /// nil where there is no such file. `number` 0 is the one that is being written.
    init?(directory: String, stream: String, number: Int) {
        let path = "\(directory)/\(LogFiles.name(stream, number: number))"
        for _ in 0..<Self.openAttemptsMax {
            guard let data = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
                let facts = try? data.status(path), facts.st_mode & S_IFMT == S_IFREG
            else { return nil }
            let index = Self.openIndex(path + LogFiles.indexSuffix)
            // A rotation between the two would have joined one file with the index of another.
            guard Self.inode(of: path) == UInt64(facts.st_ino) else {
                if index >= 0 { close(index) }
                continue
            }
            self.data = data
            self.index = index
            inode = UInt64(facts.st_ino)
            loadEntries()
            return
        }
        return nil
    }

    deinit {
        if index >= 0 { close(index) }
    }

    private static func openIndex(_ path: String) -> Int32 {
        guard let index = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return -1 }
        return index.release()
    }

    static func inode(of path: String) -> UInt64? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? UInt64(facts.st_ino) : nil
    }

    var size: Int64 { Int64((try? data.status(""))?.st_size ?? 0) }

    /// Bytes at an offset, at most `count`; none at the end.
    func bytes(at offset: Int64, count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let got = pread(data.raw, buffer.baseAddress, count, off_t(offset))
            filled = max(got, 0)
        }
    }

    /// Takes in what the index has got since. The keeper writes the bytes first and the entry right after, so
    /// an entry that the file's time shows to be due is waited for, a moment.
    func loadEntries() {
        for _ in 0..<Self.indexRetriesMax {
            readEntries()
            guard let last = entries.last, let facts = try? data.status("") else { return }
            let changed = UInt64(facts.st_mtim.tv_sec) * 1_000_000_000 + UInt64(facts.st_mtim.tv_nsec)
            guard changed > last.wall + Self.grainNanoseconds, facts.st_size > last.offset else { return }
            usleep(Self.indexRetryMicroseconds)
        }
    }

    private func readEntries() {
        guard index >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096 * LogIndexEntry.size)
        while true {
            let got = pread(index, &buffer, buffer.count, off_t(indexOffset))
            // An entry that is half there is taken with the next reading.
            let whole = max(got, 0) / LogIndexEntry.size
            guard whole > 0 else { return }
            buffer.withUnsafeBytes { bytes in
                for number in 0..<whole {
                    if let entry = LogIndexEntry(bytes, at: number * LogIndexEntry.size) {
                        entries.append(entry)
                    }
                }
            }
            indexOffset += Int64(whole * LogIndexEntry.size)
        }
    }

    /// The offset after the newline that has `count` newlines after it, counting down what is found; nil
    /// where the file has fewer.
    func offsetOfLast(_ count: inout Int) -> Int64? {
        var end = size
        while end > 0 {
            let start = max(end - Int64(Self.chunkBytes), 0)
            let chunk = bytes(at: start, count: Int(end - start))
            for position in chunk.indices.reversed() where chunk[position] == UInt8(ascii: "\n") {
                if count == 0 { return start + Int64(position) + 1 }
                count -= 1
            }
            end = start
        }
        return nil
    }

    static let chunkBytes = 64 << 10

    /// Every file of the stream that is there, newest first. A rotation meanwhile may show a file twice,
    /// which is left out, and hides none.
    static func all(directory: String, stream: String) -> [LogFile] {
        var files: [LogFile] = []
        var seen: Set<UInt64> = []
        var number = 0
        while let file = LogFile(directory: directory, stream: stream, number: number), number <= filesMax {
            if seen.insert(file.inode).inserted { files.append(file) }
            number += 1
        }
        // Just rotated, and the new file is not there yet.
        if number == 0, let file = LogFile(directory: directory, stream: stream, number: 1) {
            return [file] + older(than: 1, directory, stream)
        }
        return files
    }

    private static func older(than number: Int, _ directory: String, _ stream: String) -> [LogFile] {
        guard number < filesMax, let file = LogFile(directory: directory, stream: stream, number: number + 1)
        else { return [] }
        return [file] + older(than: number + 1, directory, stream)
    }

    private static let filesMax = 1000
}
