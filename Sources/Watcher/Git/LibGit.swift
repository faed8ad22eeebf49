import CLibGit2
import Glibc

/// The library as a whole: its options, and what its error codes mean.
enum LibGit {
    /// Starts libgit2 once per process and closes it off from everyone's configuration.
    static func start() throws(GitError) {
        guard startCode >= 0 else {
            throw GitError(.readerFailed, "libgit2 cannot be started: \(lastMessage)")
        }
    }

    private static let startCode: Int32 = {
        let code = git_libgit2_init()
        guard code >= 0 else { return code }
        let levels = [
            GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
            GIT_CONFIG_LEVEL_GLOBAL,
        ]
        var codes = levels.map { clibgit2_set_search_path(Int32($0.rawValue), "") }
        codes.append(clibgit2_disable_owner_validation())
        codes.append(clibgit2_set_cache_bytes_max(ReaderLimits.cacheBytesMax))
        codes.append(allowExtensions())
        return codes.first { $0 < 0 } ?? 0
    }()

    /// Extensions that change nothing for a reader. libgit2 copies the names.
    private static func allowExtensions() -> Int32 {
        let names = ["worktreeconfig", "preciousobjects", "relativeworktrees"].map { (name: String) in
            strdup(name)
        }
        defer { for name in names { free(name) } }
        var pointers = names.map { UnsafePointer<CChar>($0) }
        return clibgit2_set_extensions(&pointers, pointers.count)
    }

    static var lastMessage: String {
        git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) } ?? "no reason given"
    }

    /// Whether the operating system refused, rather than something in the repository being wrong.
    private static var lastIsSystem: Bool { lastClass == GIT_ERROR_OS }

    private static var lastClass: git_error_t {
        git_error_last().map { git_error_t(UInt32(bitPattern: $0.pointee.klass)) } ?? GIT_ERROR_NONE
    }

    /// Its bytes are what its hash says, and git's own rules for them are broken: whoever made it did that.
    private static var isBadlyMade: Bool {
        let text = lastMessage
        // A file that was cut short is the disk's doing.
        guard !lastIsSystem, lastClass != GIT_ERROR_ODB, !text.contains("loose object") else { return false }
        return ["failed to parse", "bad commit object", "malformed"].contains { text.contains($0) }
    }

    /// Throws when `code` is an error that is about no particular object.
    static func check(_ code: Int32, _ doing: @autoclosure () -> String) throws(GitError) {
        guard code < 0 else { return }
        throw GitError(lastIsSystem ? .unreadable : .other, "\(doing()): \(lastMessage)")
    }

    /// Throws when `code` says that an object could not be read. A library that cannot find an object has not
    /// shown that it was deleted: it is an error like every other.
    static func check(
        _ code: Int32, reading what: String, _ id: ObjectID, path: @autoclosure () -> String = ""
    ) throws(GitError) {
        guard code < 0 else { return }
        throw failure(code, reading: what, id, path: path())
    }

    static func failure(_ code: Int32, reading what: String, _ id: ObjectID, path: String) -> GitError {
        let place = path.isEmpty ? "\(what) \(id)" : "\(what) \(id) (\(path))"
        let advice = "check the repository with git fsck; what is lost can be fetched again from a clone"
        if code == GIT_ENOTFOUND.rawValue {
            return GitError(.objectMissing, "\(place) is missing from the repository", advice: advice)
        }
        if lastClass == GIT_ERROR_NOMEMORY {
            return GitError(.tooLarge, "\(place) does not fit into the memory that the git reader may use")
        }
        if isBadlyMade {
            return GitError(
                .badlyMade, "\(place) is badly made: \(lastMessage)",
                advice: "push one that is well made; while it was never accepted here, push --force may take "
                    + "it back")
        }
        if lastIsSystem { return GitError(.unreadable, "\(place) cannot be read: \(lastMessage)") }
        return GitError(.objectCorrupt, "\(place) is damaged: \(lastMessage)", advice: advice)
    }
}
