import Glibc

/// Starts the children of this room: with default signals, in an environment that is given whole, and with no
/// descriptor of ours but those that are named.
struct ChildSpawn {
    let command: [String]
    var environment: [String]
    /// In a process group of its own: Ctrl-C in a terminal ends Plumb alone, and a kill ends all of it.
    var hasOwnGroup = true
    private var actions: [Action] = []

    private enum Action {
        case pass(Int32, as: Int32)
        case open(Int32, String, Int32)
    }

    init(_ command: [String], environment: [String]) {
        self.command = command
        self.environment = environment
    }

    /// One of our descriptors under a number of the child's.
    mutating func pass(_ descriptor: Int32, as number: Int32) {
        actions.append(.pass(descriptor, as: number))
    }

    mutating func open(_ path: String, _ flags: Int32, as number: Int32) {
        actions.append(.open(number, path, flags))
    }

    /// - Returns: 0, or the errno of what failed.
    func start(_ pid: inout pid_t) -> Int32 {
        var files = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&files)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&files)
            posix_spawnattr_destroy(&attributes)
        }
        for action in actions {
            switch action {
            case .pass(let descriptor, let number):
                posix_spawn_file_actions_adddup2(&files, descriptor, number)
            case .open(let number, let path, let flags):
                posix_spawn_file_actions_addopen(&files, number, path, flags, 0)
            }
        }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        if hasOwnGroup {
            posix_spawnattr_setpgroup(&attributes, 0)
            flags |= POSIX_SPAWN_SETPGROUP
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var arguments = command.map { (word: String) in strdup(word) } + [nil]
        var variables = environment.map { (word: String) in strdup(word) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        return posix_spawn(&pid, command.first ?? "", &files, &attributes, &arguments, &variables)
    }

    /// A child of our own program, with the socket as its input and output, and without anyone's settings.
    static func start(_ command: [String], socket: Int32, pid: inout pid_t) -> Int32 {
        // Where the Swift runtime is, on hosts that say so this way.
        let kept = "LD_LIBRARY_PATH"
        let library = getenv(kept).map { "\(kept)=\(String(cString: $0))" }
        var child = ChildSpawn(command, environment: library.map { [$0] } ?? [])
        child.pass(socket, as: STDIN_FILENO)
        child.pass(socket, as: STDOUT_FILENO)
        return child.start(&pid)
    }
}
