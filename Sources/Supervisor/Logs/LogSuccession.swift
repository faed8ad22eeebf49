import Glibc
import KeeperProtocol

/// From file to file, while the keeper puts them aside: each moves up by one, the highest first, and a new
/// one is begun. So a file that stays where it is between two looks has its successor right below.
extension LogCursor {
    private enum Step {
        case gone
        case atEnd
        case removed
        /// A rotation is half done.
        case unclear
    }

    private static let attemptsMax = 400
    private static let pauseMicroseconds: UInt32 = 500
    private static let filesMax = 2000

    /// Goes on with the file after this one. False where this one is still the newest.
    func advance() -> Bool {
        if isAtBound { return false }
        for attempt in 0..<Self.attemptsMax {
            if attempt > 0 { usleep(Self.pauseMicroseconds) }
            switch step() {
            case .gone: return true
            case .atEnd: return false
            case .removed: return leap()
            case .unclear: continue
            }
        }
        return leap()
    }

    private var list: LogFileList { LogFileList(directory: directory, stream: name) }

    private func step() -> Step {
        guard let file else {
            let list = list
            if list.items.isEmpty { return .atEnd }
            guard let first = list.oldest() else { return .unclear }
            go(to: first)
            return .gone
        }
        let number = file.isRemoved ? nil : number(of: file)
        if number == 0 { return .atEnd }
        // It was put aside, so all of it is there now; what came since the last look is read first.
        if offset < file.size { return .gone }
        guard let number else { return file.isRemoved ? .removed : .unclear }
        guard let next = LogFile(directory: directory, stream: name, number: number - 1),
            isThere(file, number)
        else { return .unclear }
        go(to: next)
        return .gone
    }

    /// Which number it has by now; nil where it is none of the log's files any more.
    private func number(of file: LogFile) -> Int? {
        // Whoever goes up as they do meets each of them.
        let found = (file.number..<file.number + Self.filesMax).first { isThere(file, $0) }
        if let found { file.number = found }
        return found
    }

    private func isThere(_ file: LogFile, _ number: Int) -> Bool {
        LogFile.inode(of: "\(directory)/\(LogFiles.name(name, number: number))") == file.inode
    }

    /// A keeper that was killed may have left a rotation half done, and a busy one removes files before they
    /// are read: goes on with what there is.
    private func leap() -> Bool {
        guard let file else { return false }
        let list = list
        guard let number = file.isRemoved ? nil : number(of: file) else {
            // What was last written before the last that was read has been read.
            guard let next = successor(in: list) else { return false }
            leap(to: next)
            renewBound(in: list)
            return true
        }
        if number > 0, offset < file.size { return true }
        guard let next = list.items.last(where: { $0.number < number }).flatMap(list.open) else {
            return false
        }
        let isHole = LogFile.inode(of: "\(directory)/\(LogFiles.name(name, number: number - 1))") == nil
        if isHole { go(to: next) } else { leap(to: next) }
        return true
    }
}
