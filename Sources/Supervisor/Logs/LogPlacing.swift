import KeeperProtocol
import Reconciler

/// Where the reading of a stream begins, so that little more is read than what is shown.
extension LogCursor {
    /// Before the newest `count` lines, or a few lines more.
    func placeBeforeLast(_ count: Int, _ files: [LogFile]) {
        var left = count
        for (number, file) in files.enumerated() {
            if let offset = file.offsetOfLast(&left) {
                return place(files, number, offset: offset, skipsToLine: false)
            }
        }
        placeAtBegin(files)
    }

    func placeAtBegin(_ files: [LogFile]) {
        place(files.last, offset: 0, run: nil, skipsToLine: false)
    }

    /// At the first line that was written at `wall` or later, or a few before.
    func place(atTime wall: UInt64, _ files: [LogFile]) {
        for (number, file) in files.enumerated() {
            // The newest entry that is older than what is wanted: all before it is older still.
            guard let entry = file.entries.last(where: { $0.wall < wall }) else { continue }
            return place(files, number, offset: Int64(entry.offset), skipsToLine: entry.kind == .data)
        }
        placeAtBegin(files)
    }

    /// At the begin of a run; at the begin of everything where that is not there any more.
    func place(atRun wall: UInt64, _ files: [LogFile]) {
        for (number, file) in files.enumerated() {
            if let entry = file.entries.first(where: { $0.kind == .runStarted && $0.wall == wall }) {
                return place(files, number, offset: Int64(entry.offset), skipsToLine: false)
            }
        }
        placeAtBegin(files)
    }

    private func place(_ files: [LogFile], _ number: Int, offset: Int64, skipsToLine: Bool) {
        let here = files[number].entries.last { $0.kind == .runStarted && Int64($0.offset) < offset }
        let before = files[(number + 1)...].lazy.compactMap { file in
            file.entries.last { $0.kind == .runStarted }
        }
        place(files[number], offset: offset, run: (here ?? before.first)?.wall, skipsToLine: skipsToLine)
    }
}
