import Glibc

/// A kernel of its own for one scenario: user-mode Linux, an ordinary process, whose root is this host's,
/// read-only. Its clock may leap, its power may fail, and its control groups are version 2 with every
/// controller, whatever this host has.
struct Guest {
    /// What stays over boots: `/mnt` in the guest.
    let directory: String

    private static let kernels = ["/usr/bin/linux.uml", "/usr/local/bin/linux.uml"]
    private static let kernel = kernels.first { access($0, X_OK) == 0 }
    private static let memory = "768M"
    private static let bootMax = Duration.seconds(180)

    /// Why there can be no guest here; nil: there can.
    static let obstacle: String? = {
        if kernel == nil { return "user-mode-linux is not installed" }
        if !Files.exists("/usr/bin/python3") { return "python3 is not installed" }
        if geteuid() != 0 { return "the guest's first process must be root on the files of this host" }
        return nil
    }()

    private static let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

    init() {
        directory = "\(Self.parent)/plumb-guest-\(UInt64.random(in: 0...UInt64.max))"
        mkdir(directory, 0o755)
    }

    func remove() { Files.remove(directory) }

    /// Boots, plays the scenario of `guest.py` until its last word, and lets the power fail.
    func play(_ scenario: String) async throws {
        let folder = Binaries.sourceTree + "/Tests/EndToEnd/Guest"
        let output = "\(directory)/\(scenario).txt"
        let child = try ChildProcess(
            [
                Self.kernel ?? "linux.uml", "mem=\(Self.memory)", "rootfstype=hostfs", "rootflags=/", "ro",
                "init=\(folder)/init.sh", "con=null", "con0=fd:0,fd:1", "quiet", "GUEST_DIR=\(directory)",
                "GUEST_SCRIPT=\(folder)/guest.py", "GUEST_SCENARIO=\(scenario)",
                "GUEST_PLUMB=\(Binaries.plumb)",
            ],
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory, "TMPDIR": Self.memoryDirectory],
            directory: directory, output: output, errors: output)
        let end = await child.end(within: Self.bootMax)
        // It comes over a terminal, which ends lines with a carriage return too.
        let text = String(decoding: (Files.bytes(output) ?? []).filter { $0 != 13 }, as: UTF8.self)
        let lines = text.split(separator: "\n")
        for line in lines where line.hasPrefix("guest: ") { print(line) }
        guard lines.contains("GUEST passed") else {
            throw Host.Failure(
                description: "\(scenario) in the guest (\(end.map { "\($0)" } ?? "it took too long")):\n"
                    + lines.suffix(60).joined(separator: "\n"))
        }
    }

    /// Where the guest's memory stands as a file.
    private static let memoryDirectory = Files.exists("/dev/shm") ? "/dev/shm" : "/tmp"
}
