import Glibc

/// The bare repository that a remote is fetched into. It appears whole, by a rename, once everything is
/// there; a damaged one is set aside in the same way, so whoever reads has the old one or the new one.
struct Mirror {
    let path: String

    /// Where a first or a new copy grows.
    var fresh: String { path + ".fresh" }
    /// The last one that was damaged, for whoever wants to know why.
    var damaged: String { path + ".damaged" }

    var exists: Bool { FileFacts(of: path)?.isDirectory == true }

    /// Removes what a git that was killed left in a repository that nobody else writes: locks, which would
    /// stop every later one, and halves of packs, which would fill the disk.
    static func sweep(_ directory: String) {
        let packs = directory + "/objects/pack"
        for name in FileTree.names(in: packs) where name.hasPrefix("tmp_") || name.hasPrefix(".tmp-") {
            unlink("\(packs)/\(name)")
        }
        for name in FileTree.names(in: directory + "/objects") where name.hasPrefix("tmp_") {
            FileTree.remove("\(directory)/objects/\(name)")
        }
        removeLocks(directory, depth: 0)
    }

    private static func removeLocks(_ directory: String, depth: Int) {
        guard depth < 16 else { return }
        for name in FileTree.names(in: directory) {
            let path = "\(directory)/\(name)"
            if FileFacts(of: path, followingLinks: false)?.isDirectory == true {
                // Objects have no locks, and are many.
                if depth > 0 || name != "objects" { removeLocks(path, depth: depth + 1) }
            } else if name.hasSuffix(".lock") {
                unlink(path)
            }
        }
    }

    /// Of all objects, as they are stored.
    static func objectBytes(_ directory: String) -> UInt64 {
        let objects = directory + "/objects"
        var sum: UInt64 = 0
        for name in FileTree.names(in: objects) {
            for file in FileTree.names(in: "\(objects)/\(name)") {
                let facts = FileFacts(of: "\(objects)/\(name)/\(file)", followingLinks: false)
                sum += UInt64(clamping: facts?.size ?? 0)
            }
        }
        return sum
    }

    /// Whether something was written up to its bound and no further.
    static func holdsHalf(of bytes: UInt64, in directory: String) -> Bool {
        let packs = directory + "/objects/pack"
        return FileTree.names(in: packs).contains { name in
            name.hasPrefix("tmp_")
                && FileFacts(of: "\(packs)/\(name)", followingLinks: false).map { UInt64($0.size) } == bytes
        }
    }

    var packCount: Int {
        FileTree.names(in: path + "/objects/pack").count { $0.hasSuffix(".pack") }
    }

    /// Puts the new copy in place; the old one, if there is one, is set aside.
    func install() -> Int32? {
        if exists {
            FileTree.remove(damaged)
            guard rename(path, damaged) == 0 else { return errno }
        }
        guard rename(fresh, path) == 0 else { return errno }
        return nil
    }

    /// What a ref of the mirror names, where its file or the list of packed ones says so.
    func ref(_ name: String) -> ObjectID? {
        if let text = SmallFile.text(at: "\(path)/\(name)") { return ObjectID(text) }
        var found: ObjectID?
        eachPackedRef { packed, id in if packed == name { found = id } }
        return found
    }

    private func eachPackedRef(_ body: (_ name: String, _ id: ObjectID?) -> Void) {
        guard let packed = fopen(path + "/packed-refs", "re") else { return }
        defer { fclose(packed) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, packed) > 0 {
            let words = line.map { String(cString: $0) }?.split(whereSeparator: \.isWhitespace) ?? []
            if words.count == 2 { body(String(words[1]), ObjectID(words[0])) }
        }
    }

    /// Refs that git cannot have beside this one: `refs/heads/a` and `refs/heads/a/b` are a file and a
    /// directory of one name. They are left of what was followed before, or what the remote had before.
    func refsInTheWay(of name: String) -> [String] {
        var found: Set<String> = []
        let parts = name.split(separator: "/")
        for count in stride(from: 3, to: parts.count, by: 1) {
            let shorter = parts.prefix(count).joined(separator: "/")
            if ref(shorter) != nil { found.insert(shorter) }
        }
        collectRefs(below: name, depth: 0, into: &found)
        eachPackedRef { packed, _ in if packed.hasPrefix(name + "/") { found.insert(packed) } }
        return found.sorted()
    }

    private func collectRefs(below name: String, depth: Int, into found: inout Set<String>) {
        guard depth < 16, FileFacts(of: "\(path)/\(name)", followingLinks: false)?.isDirectory == true else {
            return
        }
        for entry in FileTree.names(in: "\(path)/\(name)") {
            let inner = "\(name)/\(entry)"
            if FileFacts(of: "\(path)/\(inner)", followingLinks: false)?.isDirectory == true {
                collectRefs(below: inner, depth: depth + 1, into: &found)
            } else {
                found.insert(inner)
            }
        }
    }

    /// The branch that HEAD of the mirror names.
    func head(of directory: String) -> String? {
        let prefix = "ref: refs/heads/"
        guard let text = SmallFile.text(at: directory + "/HEAD"), text.hasPrefix(prefix) else { return nil }
        return String(text.dropFirst(prefix.count))
    }
}

/// Directories on the disk.
enum FileTree {
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file or a directory with all that is in it; follows no link.
    static func remove(_ path: String) {
        if FileFacts(of: path, followingLinks: false)?.isDirectory == true {
            for name in names(in: path) { remove("\(path)/\(name)") }
        }
        _ = Glibc.remove(path)
    }
}
