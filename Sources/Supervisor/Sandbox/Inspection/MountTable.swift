/// The mounts that a process sees, from its mountinfo.
struct MountTable {
    struct Mount: Sendable, Hashable {
        var id: Int
        var parent: Int
        /// Of the file system: the same wherever it is mounted.
        var device: Substring
        var point: String
        var options: Set<Substring>
        var type: String
        var source: String
        /// Of the file system as a whole.
        var superOptions: Set<Substring>

        var isReadOnly: Bool { options.contains("ro") || superOptions.contains("ro") }
    }

    private let children: [Int: [Mount]]
    private let root: Mount?

    init(_ text: String) {
        let mounts = text.split(separator: "\n").compactMap { Self.mount($0) }
        children = Dictionary(grouping: mounts, by: \.parent)
        let ids = Set(mounts.map(\.id))
        root = mounts.first { $0.point == "/" && (!ids.contains($0.parent) || $0.parent == $0.id) }
    }

    /// The mount in which a path stands. A mount that is covered by a later one of its parents is not seen,
    /// so the longest prefix would be no answer: the way is walked down from the root.
    func mount(of path: String) -> Mount? {
        guard var current = root.map({ top(of: $0, at: "/") }) else { return nil }
        var prefix = ""
        for component in path.split(separator: "/") {
            prefix += "/\(component)"
            current = top(of: current, at: prefix)
        }
        return current
    }

    /// What was mounted upon `mount` at this point, and upon that, and so on.
    private func top(of mount: Mount, at point: String) -> Mount {
        var current = mount
        while let next = children[current.id]?.last(where: { $0.point == point && $0.id != current.id }) {
            current = next
        }
        return current
    }

    /// `36 35 98:0 /root /point rw,noatime shared:1 - ext3 /dev/sda rw,errors=continue`
    private static func mount(_ line: Substring) -> Mount? {
        let words = line.split(separator: " ")
        guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count >= dash + 4,
            let id = Int(words[0]), let parent = Int(words[1])
        else { return nil }
        return Mount(
            id: id, parent: parent, device: words[2], point: unescaped(words[4]),
            options: Set(words[5].split(separator: ",")), type: String(words[dash + 1]),
            source: unescaped(words[dash + 2]), superOptions: Set(words[dash + 3].split(separator: ",")))
    }

    /// Blanks, tabs, line feeds and backslashes are written as `\040`.
    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("\\") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
