import Glibc
import Reconciler

/// One look at all that the pattern of a path trigger leads to.
struct PathScan {
    /// Regular files, links to them among them, by path.
    private(set) var files: [String: FileMark] = [:]
    /// Directories in which something that matters may come or change → the patterns of its names there.
    private(set) var directories: [String: Set<String>] = [:]
    /// Why not everything could be seen: nothing may be concluded from what is not there, then.
    private(set) var refusal: String?
    private var entries = 0

    init(_ glob: String) {
        let components = glob.split(separator: "/").map(String.init)
        var level = ["/"]
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            var next: [String] = []
            for directory in level where refusal == nil {
                look(into: directory, component, isLast, &next)
            }
            level = next
        }
    }

    /// What is at the beginning of a name is a dot only where the pattern has one.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        isWild(pattern) ? fnmatch(pattern, name, FNM_PERIOD | FNM_NOESCAPE) == 0 : name == pattern
    }

    private static func isWild(_ component: String) -> Bool {
        component.utf8.contains { "*?[".utf8.contains($0) }
    }

    private mutating func look(
        into directory: String, _ component: String, _ isLast: Bool, _ next: inout [String]
    ) {
        directories[directory, default: []].insert(component)
        if directories.count > SupervisorLimits.pathDirectoriesMax {
            refusal = "more than \(SupervisorLimits.pathDirectoriesMax) directories fit the pattern"
            return
        }
        for name in Self.isWild(component) ? names(in: directory) : [component] {
            guard Self.matches(name, component) else { continue }
            let path = directory == "/" ? "/" + name : directory + "/" + name
            var facts = stat()
            guard stat(path, &facts) == 0 else {
                // It is not there, or went away since, or is a link to nothing.
                if ![ENOENT, ENOTDIR, ELOOP].contains(errno) { refuse(path) }
                continue
            }
            let kind = facts.st_mode & S_IFMT
            if isLast, kind == S_IFREG { add(path, facts) }
            if !isLast, kind == S_IFDIR { next.append(path) }
        }
    }

    private mutating func add(_ path: String, _ facts: stat) {
        files[path] = FileMark(
            inode: UInt64(facts.st_ino), bytes: Int64(facts.st_size),
            modified: Int64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(facts.st_mtim.tv_nsec))
        if files.count > SupervisorLimits.pathFilesMax {
            refusal = "more than \(SupervisorLimits.pathFilesMax) files fit the pattern"
        }
    }

    private mutating func refuse(_ path: String) {
        refusal = "\(path): \(String(cString: strerror(errno)))"
    }

    private mutating func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else {
            if ![ENOENT, ENOTDIR].contains(errno) { refuse(directory) }
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            entries += 1
            guard entries <= SupervisorLimits.pathEntriesMax else {
                refusal = "\(directory) has more than \(SupervisorLimits.pathEntriesMax) entries"
                return []
            }
            names.append(name)
        }
        return names
    }
}
