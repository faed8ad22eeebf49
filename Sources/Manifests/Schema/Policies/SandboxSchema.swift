extension PolicySchema {
    private static let pathsMax = 64
    private static let callsMax = 400

    /// Fields without a default have that of the level: `SandboxRules` is the table.
    static let sandbox = ObjectSchema(
        "sandbox",
        [
            SchemaField(
                "level", .choices(Sandbox.Level.self), default: "minimal", effect: .restart,
                "How far the process is shut in; the other fields tighten or loosen it."),
            SchemaField(
                "required", .boolean, default: "true", effect: .restart,
                "Whether a host that cannot give all of it refuses to start the process."),
            SchemaField(
                "noNewPrivileges", .boolean, effect: .restart,
                "Whether no program of the run gains rights by setuid or file capabilities."),
            SchemaField(
                "privateTmp", .boolean, effect: .restart,
                "Whether /tmp and /var/tmp are its own, and empty at each start."),
            SchemaField(
                "protectSystem", .choices(Sandbox.SystemProtection.self), effect: .restart,
                "full: /usr, /boot and /etc are read-only; strict: everything but its own directories."),
            SchemaField(
                "hideInstances", .boolean, effect: .restart,
                "Whether other Instances' directories and Plumb's own state and secrets are hidden."),
            SchemaField(
                "protectProc", .choices(Sandbox.ProcProtection.self), effect: .restart,
                "invisible: /proc shows no processes of other users."),
            SchemaField(
                "protectKernelTunables", .boolean, effect: .restart,
                "Whether /sys and /proc/sys are read-only, and the kernel's memory and symbols are hidden."),
            SchemaField(
                "privateDevices", .boolean, effect: .restart,
                "Whether /dev has null, zero, full, random, urandom, tty and terminals only."),
            SchemaField(
                "network", .choices(Sandbox.Network.self), effect: .restart,
                "full: the host's network; local: this host alone; none: a loopback interface of its own."),
            SchemaField(
                "capabilities", .list(.text(.capability), 0...64), effect: .restart,
                "The capabilities that are kept; a process that is not root's is given them."),
            SchemaField(
                "landlock", .boolean, effect: .restart,
                "Whether Landlock holds the process to its own directories and the system's."),
            SchemaField(
                "systemCallFilter", .object(systemCallFilter), effect: .restart,
                "Which system calls are refused."),
            SchemaField(
                "privateUsers", .boolean, effect: .restart,
                "Whether the process has a user namespace of its own, in which nobody else exists."),
            SchemaField(
                "privatePids", .boolean, effect: .restart,
                "Whether the process has a pid namespace of its own."),
            SchemaField(
                "privateIPC", .boolean, effect: .restart,
                "Whether System V and POSIX shared memory, semaphores and queues are its own."),
            SchemaField(
                "readOnlyPaths", .list(.string(.hostPath), 0...pathsMax), effect: .restart,
                "Directories and files that may be read, and are read-only."),
            SchemaField(
                "readWritePaths", .list(.string(.hostPath), 0...pathsMax), effect: .restart,
                "Directories and files that may be written to."),
            SchemaField(
                "inaccessiblePaths", .list(.string(.hostPath), 0...pathsMax), effect: .restart,
                "Directories and files that are hidden."),
        ])

    static let systemCallFilter = ObjectSchema(
        "systemCallFilter",
        [
            SchemaField(
                "mode", .choices(Sandbox.FilterMode.self), effect: .restart,
                "deny: what services do not need is refused; allow: all but what they need."),
            SchemaField(
                "allow", .list(.string(.systemCall), 0...callsMax), effect: .restart,
                "Calls that are allowed besides."),
            SchemaField(
                "deny", .list(.string(.systemCall), 0...callsMax), effect: .restart,
                "Calls that are refused besides."),
        ])
}
