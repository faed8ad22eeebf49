/// What can go wrong with the Store. Each message names the file and what to do.
package enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or its directory cannot be read or written.
    case unusable(path: String, problem: String)
    /// Another process holds the database.
    case locked(path: String, waitedSeconds: Double)
    /// Nothing of the group was written: disk full, an I/O error, damage found while writing.
    case writeFailed(path: String, problem: String)
    case readFailed(path: String, problem: String)
    /// A value that has no JSON form, such as a number that is not finite. Only its own batch is refused.
    case unencodable(problem: String)
    /// More batches wait than the bound allows: the disk does not keep up.
    case overloaded(pendingMax: Int)
    case closed

    package var description: String {
        switch self {
        case .unusable(let path, let problem):
            return "the database \(path) cannot be used: \(problem)"
        case .locked(let path, let seconds):
            return "the database \(path) is locked by another process (waited \(seconds) s); "
                + "end what holds it, such as an open sqlite3 shell"
        case .writeFailed(let path, let problem):
            return "writing to the database \(path) failed: \(problem)"
        case .readFailed(let path, let problem):
            return "reading the database \(path) failed: \(problem)"
        case .unencodable(let problem):
            return "a record cannot be stored: \(problem)"
        case .overloaded(let max):
            return "\(max) batches wait for the disk already; it does not keep up"
        case .closed:
            return "the database is closed"
        }
    }
}
