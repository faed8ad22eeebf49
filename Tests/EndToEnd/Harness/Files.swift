import Glibc

/// Files as a test looks at them: absent is nil, never an error.
enum Files {
    static func bytes(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    static func lines(_ path: String) -> [String] {
        (text(path) ?? "").split(separator: "\n").map(String.init)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func write(_ path: String, _ text: String, mode: mode_t = 0o644) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard file >= 0 else { return }
        defer { close(file) }
        fchmod(file, mode)
        _ = Glibc.write(file, text, text.utf8.count)
    }

    static func mode(_ path: String) -> mode_t? {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_mode & 0o7777 : nil
    }

    static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink(link, &buffer, buffer.count)
        guard length >= 0 else { return nil }
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func names(in directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Every regular file below a directory.
    static func tree(_ directory: String) -> [String] {
        names(in: directory).flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            var facts = stat()
            guard lstat(path, &facts) == 0 else { return [] }
            switch facts.st_mode & S_IFMT {
            case S_IFDIR: return tree(path)
            case S_IFREG: return [path]
            default: return []
            }
        }
    }

    static func remove(_ path: String) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        if facts.st_mode & S_IFMT == S_IFDIR {
            chmod(path, 0o700)
            for name in names(in: path) { remove("\(path)/\(name)") }
        }
        _ = Glibc.remove(path)
    }

    /// Gives a whole tree to a user.
    static func give(_ path: String, to user: uid_t, _ group: gid_t) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { return }
        lchown(path, user, group)
        if facts.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) { give("\(path)/\(name)", to: user, group) }
        }
    }
}
