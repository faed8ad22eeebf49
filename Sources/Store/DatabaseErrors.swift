import GRDB

extension DatabaseError {
    /// The file is not (or no longer) a database of ours. A plain SQL error while opening says so too: our
    /// tables are not what they have to be.
    var meansDamage: Bool {
        switch resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR: true
        default: false
        }
    }

    var isLock: Bool { resultCode == .SQLITE_BUSY || resultCode == .SQLITE_LOCKED }

    /// SQLite's words, without the statement.
    var plainMessage: String {
        message ?? "SQLite error \(resultCode.rawValue)"
    }
}

extension StoreError {
    static func opening(_ error: DatabaseError, path: String, limits: StoreLimits) -> StoreError {
        if error.isLock {
            return .locked(path: path, waitedSeconds: limits.lockWaitMax / .seconds(1))
        }
        return .unusable(path: path, problem: error.plainMessage)
    }

    static func writing(_ error: any Error, path: String) -> StoreError {
        .writeFailed(path: path, problem: (error as? DatabaseError)?.plainMessage ?? "\(error)")
    }

    static func reading(_ error: any Error, path: String) -> StoreError {
        .readFailed(path: path, problem: (error as? DatabaseError)?.plainMessage ?? "\(error)")
    }
}
