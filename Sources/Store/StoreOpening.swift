import GRDB
import Glibc

/// From a directory to a database that is whole: opens or makes it, checks it, brings its schema up to date.
/// One that is damaged is set aside, and a new one made.
struct StoreOpening {
    let directory: String
    let limits: StoreLimits

    static let fileName = "plumb.db"
    /// The smallest size of a page; every other is a multiple of it.
    private static let pageBytesMin = 512

    var path: String { directory + "/" + Self.fileName }

    func open() throws(StoreError) -> (DatabasePool, Opened) {
        if let damage = WriteAheadLogFile(database: path).damage ?? stump {
            return try openAnew(after: damage)
        }
        switch try attempt() {
        case .whole(let pool, let created): return (pool, Opened(created: created))
        case .damaged(let reason): return try openAnew(after: reason)
        }
    }

    private func openAnew(after damage: String) throws(StoreError) -> (DatabasePool, Opened) {
        let setAside = try CorruptFiles(directory: directory, name: Self.fileName).setAside()
        switch try attempt() {
        case .whole(let pool, let created):
            let rebuilt = Opened.Rebuilt(reason: damage, setAside: setAside)
            return (pool, Opened(created: created, rebuilt: rebuilt))
        case .damaged(let reason):
            throw .unusable(path: path, problem: "a new database is damaged at once: \(reason)")
        }
    }

    /// SQLite takes a file of one byte for an empty database, and fills up a last page that was cut with
    /// zeros. Only a checkpoint that was interrupted leaves such a page, and then the log still has all of
    /// it.
    private var stump: String? {
        guard let size = fileSize(path), size > 0 else { return nil }
        let hasLog = (fileSize(path + "-wal") ?? 0) > 0
        guard size < Self.pageBytesMin || (!hasLog && size % Self.pageBytesMin != 0) else { return nil }
        return "the file is cut off after \(size) bytes"
    }

    private enum Attempt {
        case whole(DatabasePool, created: Bool)
        case damaged(reason: String)
    }

    private func attempt() throws(StoreError) -> Attempt {
        try makeFile()
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            let verdict = try pool.writeWithoutTransaction {
                try String.fetchAll($0, sql: "PRAGMA quick_check(1)")
            }
            if verdict != ["ok"] {
                try pool.close()
                return .damaged(reason: "the check of the file says: \(verdict.joined(separator: "; "))")
            }
            let created = try pool.read { try !$0.tableExists("grdb_migrations") }
            try SchemaHistory.migrator.migrate(pool)
            return .whole(pool, created: created)
        } catch let error as DatabaseError {
            if error.meansDamage { return .damaged(reason: error.plainMessage) }
            throw StoreError.opening(error, path: path, limits: limits)
        } catch {
            throw .unusable(path: path, problem: "\(error)")
        }
    }

    /// Made by us rather than by SQLite: readable by the agent's user alone (the log and the index file take
    /// over the mode), and with an errno that says what is wrong.
    private func makeFile() throws(StoreError) {
        let fd = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard fd >= 0 else {
            throw .unusable(path: path, problem: String(cString: strerror(errno)))
        }
        Glibc.close(fd)
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "store"
        configuration.busyMode = .timeout(limits.lockWaitMax / .seconds(1))
        configuration.maximumReaderCount = StoreLimits.readersMax
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(StoreLimits.checkpointPagesForced)")
        }
        return configuration
    }
}
