import Glibc

/// One process as /proc shows it.
struct ProcessEntry: Sendable, CustomStringConvertible {
    var pid: pid_t
    var parent: pid_t
    var command: [String]
    var environment: [String: String]

    /// `web/0`, for a process of a run.
    var replica: String? {
        guard let instance = environment["PLUMB_INSTANCE"], let index = environment["PLUMB_REPLICA"] else {
            return nil
        }
        return "\(instance)/\(index)"
    }

    /// The zygote, or a keeper: a fork of it that executes nothing.
    var isZygote: Bool {
        command.first?.hasSuffix("plumb-keeper") == true && command.dropFirst().first == "zygote"
    }

    var description: String { "\(pid) \(command.joined(separator: " "))" }
}

/// What runs on this host, told by /proc alone.
enum ProcessTable {
    static func isAlive(_ pid: pid_t) -> Bool {
        guard let fields = statFields(pid) else { return false }
        return fields.first != "Z" && fields.first != "X"
    }

    /// The processor time that it has used, in ticks of 10 ms.
    static func cpuTicks(_ pid: pid_t) -> Int {
        guard let fields = statFields(pid), fields.count > 12 else { return 0 }
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }

    static func parent(of pid: pid_t) -> pid_t? { statFields(pid)?.dropFirst().first.flatMap { pid_t($0) } }

    /// Every living process that has to do with a directory: it names it in its environment or command line,
    /// or has it, or something in it, as working directory or open.
    static func touching(_ directory: String) -> [ProcessEntry] {
        Files.names(in: "/proc").compactMap { pid_t($0) }.filter { $0 != getpid() && isAlive($0) }
            .compactMap { pid in
                let entry = entry(pid)
                return mentions(entry, directory) || holds(pid, directory) ? entry : nil
            }
    }

    static func entry(_ pid: pid_t) -> ProcessEntry {
        let variables = words("/proc/\(pid)/environ").compactMap { word -> (String, String)? in
            guard let cut = word.firstIndex(of: "=") else { return nil }
            return (String(word[..<cut]), String(word[word.index(after: cut)...]))
        }
        return ProcessEntry(
            pid: pid, parent: parent(of: pid) ?? 0, command: words("/proc/\(pid)/cmdline"),
            environment: Dictionary(variables, uniquingKeysWith: { first, _ in first }))
    }

    private static func mentions(_ entry: ProcessEntry, _ directory: String) -> Bool {
        entry.command.contains { $0.contains(directory) }
            || entry.environment.values.contains { $0.contains(directory) }
    }

    private static func holds(_ pid: pid_t, _ directory: String) -> Bool {
        let links = Files.names(in: "/proc/\(pid)/fd").map { "/proc/\(pid)/fd/\($0)" } + ["/proc/\(pid)/cwd"]
        return links.contains { Files.target(of: $0)?.hasPrefix(directory) == true }
    }

    private static func words(_ path: String) -> [String] {
        (Files.bytes(path) ?? []).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// From the third field of stat on: state, parent, ….
    private static func statFields(_ pid: pid_t) -> [Substring]? {
        guard let text = Files.text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else {
            return nil
        }
        return text[text.index(after: end)...].split(separator: " ")
    }
}
