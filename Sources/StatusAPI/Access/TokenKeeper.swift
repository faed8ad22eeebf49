import Glibc
import Synchronization

/// The tokens that are in force. Those of a file are read anew when somebody asks and the file is another
/// one, so that taking one back needs no restart and nothing watches meanwhile. What cannot be read leaves
/// those in force that were.
package final class TokenKeeper: Sendable {
    package typealias Reader = @Sendable () throws -> [AccessToken]

    private struct State {
        var tokens: [AccessToken]
        var stamp: FileStamp?
    }

    private let path: String?
    private let read: Reader
    private let say: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - path: the file that holds them; nil: there is none, and they never change.
    ///   - read: what it says now.
    package init(
        _ tokens: [AccessToken], path: String? = nil, say: @escaping @Sendable (String) -> Void = { _ in },
        read: @escaping Reader = { [] }
    ) {
        self.path = path
        self.read = read
        self.say = say
        state = Mutex(State(tokens: tokens, stamp: path.flatMap(FileStamp.init)))
    }

    var tokens: [AccessToken] {
        guard let path else { return state.withLock { $0.tokens } }
        let (tokens, words) = state.withLock { state -> ([AccessToken], String?) in
            let stamp = FileStamp(path)
            guard stamp != state.stamp else { return (state.tokens, nil) }
            // Whatever comes of it, the same file is not read again.
            state.stamp = stamp
            do {
                let before = Set(state.tokens)
                state.tokens = try read()
                return (state.tokens, Self.words(path, before, Set(state.tokens)))
            } catch {
                return (state.tokens, "the tokens before stay in force: \(error)")
            }
        }
        if let words { say(words) }
        return tokens
    }

    /// Whether who came with a token may still do what it allowed then.
    func allows(_ token: AccessToken, _ scopes: Set<Scope>) -> Bool {
        tokens.contains { $0.hash == token.hash && scopes.isSubset(of: $0.scopes.union([.open])) }
    }

    private static func words(_ path: String, _ old: Set<AccessToken>, _ new: Set<AccessToken>) -> String? {
        func names(_ tokens: Set<AccessToken>) -> String {
            tokens.map(\.name).sorted().joined(separator: ", ")
        }
        let (gone, come) = (old.subtracting(new), new.subtracting(old))
        guard !gone.isEmpty || !come.isEmpty else { return nil }
        let parts = [
            gone.isEmpty ? nil : "no longer in force as they were: \(names(gone))",
            come.isEmpty ? nil : "in force now: \(names(come))",
        ]
        return "the tokens of \(path) were read anew; " + parts.compactMap { $0 }.joined(separator: "; ")
    }
}

/// What of a file tells that it is another one.
struct FileStamp: Hashable {
    private var device: UInt64
    private var inode: UInt64
    private var size: Int64
    private var modified: Int64
    private var changed: Int64

    /// nil: it is not there.
    init?(_ path: String) {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        size = Int64(info.st_size)
        modified = Int64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(info.st_mtim.tv_nsec)
        changed = Int64(info.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(info.st_ctim.tv_nsec)
    }
}
