import Glibc

/// The names that decide which file a path leads to: its own, and every symbolic link on the way, each in the
/// directory that holds it. Where a component is missing, the place where it would appear.
struct PathTrail: Equatable, Sendable {
    struct Point: Hashable, Sendable {
        var directory: String
        var name: String
    }
    private(set) var points: [Point] = []

    private static let linksMax = 40

    init(of path: String) {
        var rest = Self.components(path)[...]
        var directory = "/"
        var links = 0
        while let component = rest.popFirst() {
            if component == ".." {
                directory = Self.parent(of: directory)
                continue
            }
            let next = directory == "/" ? "/\(component)" : "\(directory)/\(component)"
            var facts = stat()
            guard lstat(next, &facts) == 0 else {
                points.append(Point(directory: directory, name: component))
                return
            }
            if facts.st_mode & S_IFMT == S_IFLNK {
                points.append(Point(directory: directory, name: component))
                links += 1
                guard links <= Self.linksMax, let target = Self.target(of: next) else { return }
                if target.hasPrefix("/") { directory = "/" }
                rest = (Self.components(target) + rest)[...]
            } else if rest.isEmpty {
                points.append(Point(directory: directory, name: component))
            } else {
                directory = next
            }
        }
    }

    static func target(of link: String) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link, &buffer, buffer.count)
        guard count > 0 else { return nil }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func components(_ path: String) -> [String] {
        path.split(separator: "/").filter { $0 != "." }.map(String.init)
    }

    private static func parent(of directory: String) -> String {
        let parts = directory.split(separator: "/").dropLast()
        return "/" + parts.joined(separator: "/")
    }
}
