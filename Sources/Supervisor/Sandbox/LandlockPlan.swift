import KeeperProtocol
import Manifests

/// What Landlock lets a run do with files: read and execute what is the system's and its package's, write
/// (and not execute) what is its own. Nothing else exists for it.
struct LandlockPlan {
    let rules: SandboxRules
    let context: SandboxContext

    /// Bits of LANDLOCK_ACCESS_FS_….
    enum Rights {
        static let execute: UInt64 = 1 << 0
        static let writeFile: UInt64 = 1 << 1
        static let readFile: UInt64 = 1 << 2
        static let readDirectory: UInt64 = 1 << 3
        static let read = readFile | readDirectory
        /// Remove, make and move whatever is no device; truncate.
        static let change: UInt64 =
            writeFile | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 14
        static let device: UInt64 = read | writeFile | 1 << 14 | 1 << 15

        /// LANDLOCK_ACCESS_NET_CONNECT_TCP.
        static let connect: UInt64 = 1 << 1

        /// All that this version of Landlock knows.
        static func handled(_ version: Int) -> UInt64 {
            let count = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13
            return 1 << UInt64(count) - 1
        }
    }

    /// Abstract sockets and signals stay within the run.
    private static let scopes: UInt64 = 3
    private static let system = [
        "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store",
    ]
    private static let readable = [
        "/etc", "/sys", "/run/systemd/resolve", "/run/resolvconf", "/run/nscd", "/var/cache/fontconfig",
    ]
    private static let devices = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "fd"]

    /// The first version that knows of ports.
    static let versionOfPorts = 4

    /// For a network of its own beside which there are sockets of the host's: none of them can be made to
    /// connect.
    static let connectingNowhere = [
        SandboxStep(.landlock, .networkNamespace, second: Rights.connect << SandboxStep.networkShift),
        SandboxStep(.landlockEnforce, .networkNamespace),
    ]

    func steps() -> [SandboxStep] {
        let handled = Rights.handled(context.landlockVersion)
        var steps = [
            SandboxStep(
                .landlock, .landlock, first: handled,
                second: context.landlockVersion >= 6 ? Self.scopes : 0)
        ]
        func allow(_ paths: [String], _ rights: UInt64) {
            steps += paths.map {
                SandboxStep(
                    .landlockPath, .landlock, first: rights & handled, second: SandboxStep.optional,
                    texts: [$0])
            }
        }
        allow(Self.system + rules.readOnlyPaths, Rights.read | Rights.execute)
        allow([context.package, context.executable].compactMap { $0 }, Rights.read | Rights.execute)
        allow(Self.readable, Rights.read)
        allow(["/proc"], Rights.read | Rights.writeFile)
        allow(rules.privateDevices ? ["/dev"] : Self.devices.map { "/dev/\($0)" }, Rights.device)
        allow(["/dev/shm"], Rights.read | Rights.change)
        let temporary = rules.privateTmp ? SandboxContext.temporary : []
        allow(context.own + temporary + rules.readWritePaths, Rights.read | Rights.change)
        steps.append(SandboxStep(.landlockEnforce, .landlock))
        return steps
    }
}
