import Glibc

/// Starts the children of this room.
enum ChildSpawn {
    /// The child gets the socket as its input and output, and nothing else of ours: a process group of its
    /// own, so that Ctrl-C in a terminal ends Plumb alone, default signals, and an environment without
    /// anyone's settings.
    static func start(_ command: [String], socket: Int32, pid: inout pid_t) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO)
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments = command.map { (word: String) in strdup(word) } + [nil]
        // Where the Swift runtime is, on hosts that say so this way.
        let kept = "LD_LIBRARY_PATH"
        let library = getenv(kept).map { value in strdup(kept + "=" + String(cString: value)) } ?? nil
        var environment = [library, nil]
        defer { for text in arguments + environment { free(text) } }
        return posix_spawn(&pid, command.first ?? "", &actions, &attributes, &arguments, &environment)
    }
}
