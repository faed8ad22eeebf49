/// The end of what there was when a question was asked. A run that writes faster than its log is read would
/// never be read to its end without one.
struct LogBound {
    /// The file that was the newest; nil: there was none, or all of them are gone.
    var inode: UInt64?
    var bytes: Int64
    /// How often the end may still be taken anew, because rotations removed the file before it was reached.
    var renewals = 3
}

extension LogCursor {
    /// From now on it ends where the log ends at this moment.
    func endHere() {
        let newest = LogFileList(directory: directory, stream: name).items.first
        bound = LogBound(inode: newest?.inode, bytes: newest?.bytes ?? 0)
    }

    var isAtBound: Bool {
        guard let bound else { return false }
        guard let inode = bound.inode else { return true }
        return file?.inode == inode && offset >= bound.bytes
    }

    /// Where to go on when files were removed before they were read. A log that outruns its reader for good
    /// is answered with the newest file that is whole: once it is open no rotation takes it away.
    func successor(in list: LogFileList) -> LogFile? {
        if let bound, bound.renewals <= 0, !list.items.contains(where: { $0.inode == bound.inode }) {
            return list.items.prefix(2).last.flatMap(list.open)
        }
        return list.oldest(writtenSince: time)
    }

    /// After files were skipped. Where the bound was among them, what is newest now takes its place, so that
    /// a busy log shows something of its end, but not for ever.
    func renewBound(in list: LogFileList) {
        guard var bound, !list.items.contains(where: { $0.inode == bound.inode }) else { return }
        if bound.renewals > 0 {
            let newest = list.items.first
            (bound.inode, bound.bytes) = (newest?.inode, newest?.bytes ?? 0)
        } else {
            (bound.inode, bound.bytes) = (file?.inode, file?.size ?? 0)
        }
        bound.renewals -= 1
        self.bound = bound
    }
}
