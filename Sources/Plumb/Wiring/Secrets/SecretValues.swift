import Glibc
import Reconciler
import StatusAPI
import Synchronization

/// The values of this host's secrets, for nothing but to keep them out of what is shown and stored: what
/// stands in the files of the secrets directory, what has stood there since the agent began, and what live
/// runs were given, as their environment has it. All of it is in memory alone.
final class SecretValues: Sendable {
    private struct Known {
        var file: FileMark
        var value: String
    }

    /// Changes with whatever changes a file.
    private struct FileMark: Hashable {
        var device: dev_t
        var inode: ino_t
        var size: off_t
        var modified: [Int]
    }

    private struct State {
        var files: [String: Known] = [:]
        /// Oldest first, without the ones that stand in files now.
        var former: [String] = []
        /// Runs whose environment has been looked at.
        var runs: Set<RunID> = []
        var mask = SecretMask()
    }

    private let directory: String
    private let state = Mutex(State())

    /// Files of the directory that are looked at.
    static let filesMax = 1_024
    static let valueBytesMax = 64 << 10
    /// Values that stand in no file any more, and are still kept out.
    static let formerMax = 1_024

    init(directory: String) { self.directory = directory }

    /// As of now: files are read again where they changed.
    func mask() -> SecretMask {
        state.withLock { state in
            look(&state)
            return state.mask
        }
    }

    /// The same, with what these runs were given.
    func mask(with runs: some Sequence<ObservedRun>) -> SecretMask {
        state.withLock { state in
            var live: Set<RunID> = []
            var found: [String] = []
            for run in runs where !run.spec.process.secrets.isEmpty {
                live.insert(run.id)
                guard !state.runs.contains(run.id), let pid = run.identity?.pid else { continue }
                state.runs.insert(run.id)
                found += Self.environment(of: pid, names: Set(run.spec.process.secrets.keys))
            }
            state.runs.formIntersection(live)
            let known = Set(state.files.values.map(\.value) + state.former)
            let news = Set(found).subtracting(known)
            state.former += news.sorted()
            look(&state, isNews: !news.isEmpty)
            return state.mask
        }
    }

    private func look(_ state: inout State, isNews: Bool = false) {
        var files: [String: Known] = [:]
        for name in names() {
            guard let mark = Self.mark("\(directory)/\(name)") else { continue }
            if let known = state.files[name], known.file == mark {
                files[name] = known
            } else if let value = Self.read("\(directory)/\(name)") {
                files[name] = Known(file: mark, value: value)
            }
        }
        let values = Set(files.values.map(\.value))
        let before = Set(state.files.values.map(\.value))
        guard values != before || isNews else {
            state.files = files
            return
        }
        // What a file held is still in the logs, and in the runs that were given it.
        state.former = state.former.filter { !values.contains($0) } + before.subtracting(values).sorted()
        state.former = Array(state.former.suffix(Self.formerMax))
        state.files = files
        state.mask = SecretMask(values.sorted() + state.former)
    }

    private func names() -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < Self.filesMax, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func mark(_ path: String) -> FileMark? {
        var info = stat()
        guard lstat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
        return FileMark(
            device: info.st_dev, inode: info.st_ino, size: info.st_size,
            modified: [
                info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec,
            ])
    }

    /// As a run gets it: without one line feed at the end.
    private static func read(_ path: String) -> String? {
        guard var bytes = bytes(path, max: valueBytesMax) else { return nil }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func environment(of pid: Int32, names: Set<String>) -> [String] {
        guard let bytes = bytes("/proc/\(pid)/environ", max: 4 << 20) else { return [] }
        return bytes.split(separator: 0).compactMap { entry in
            guard let cut = entry.firstIndex(of: UInt8(ascii: "=")),
                names.contains(String(decoding: entry[..<cut], as: UTF8.self))
            else { return nil }
            return String(validating: entry[(cut + 1)...], as: UTF8.self)
        }
    }

    private static func bytes(_ path: String, max: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while all.count <= max {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return all }
            all += buffer[..<count]
        }
        return nil
    }
}
