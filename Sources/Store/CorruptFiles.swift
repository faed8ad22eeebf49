import Glibc

/// Databases that could not be used are kept for whoever wants to look, the newest few of them.
struct CorruptFiles {
    let directory: String
    /// The database's file name.
    let name: String

    private static let companions = ["", "-wal", "-shm"]

    /// Renames the database and what belongs to it to `plumb.db.corrupt-<time>`; says where it is now, nil if
    /// there was nothing but leftovers.
    func setAside() throws(StoreError) -> String? {
        let target = freeName()
        var found: String?
        for companion in Self.companions {
            let old = directory + "/" + name + companion
            let new = directory + "/" + target + companion
            if rename(old, new) == 0 {
                if companion.isEmpty { found = new }
            } else if errno != ENOENT {
                let problem = String(cString: strerror(errno))
                throw .unusable(path: old, problem: "it is damaged and cannot be renamed: \(problem)")
            }
        }
        removeOldest()
        syncDirectory()
        return found
    }

    private var prefix: String { name + ".corrupt-" }

    /// Two within one microsecond cannot be; a name that is taken all the same waits for the next.
    private func freeName() -> String {
        while true {
            let candidate = prefix + timeText()
            if access(directory + "/" + candidate, F_OK) != 0 { return candidate }
        }
    }

    /// `20261121T093343.012345Z`: sorts by time, and needs no quoting in a shell.
    private func timeText() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        gmtime_r(&now.tv_sec, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%Y%m%dT%H%M%S", &parts)
        let seconds = String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let micros = String(1_000_000 + now.tv_nsec / 1000).dropFirst()
        return "\(seconds).\(micros)Z"
    }

    private func removeOldest() {
        let all = names().filter { $0.hasPrefix(prefix) && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        for old in all.sorted().dropLast(StoreLimits.setAsideMax) {
            for companion in Self.companions { unlink(directory + "/" + old + companion) }
        }
    }

    private func names() -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
                        String(cString: $0)
                    }
                })
        }
        return names
    }

    private func syncDirectory() {
        let fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard fd >= 0 else { return }
        fsync(fd)
        close(fd)
    }
}
