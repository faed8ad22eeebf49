import CLinux
import Glibc
package import Manifests

/// Reads archives that anybody may have made, as a process of its own: what breaks out of the library is in a
/// process without files, network and rights, whose words are checked as if they were the archive's.
package enum ArchiveReader {
    /// Reads the archive that is its input, a plain file, and tells its output what is in it. The hidden
    /// subcommand `plumb archive-reader` calls this and nothing else.
    package static func main(format: Artifact.Format) -> Never {
        _ = clinux_set_parent_death_signal(SIGKILL)
        _ = clinux_close_range(UInt32(STDERR_FILENO) + 1, .max)
        // Names are UTF-8, whatever the agent's terminal speaks.
        _ = setlocale(LC_CTYPE, "C.UTF-8")
        let output = ArchiveOutput(descriptor: STDOUT_FILENO)
        guard let archive = ArchiveHandle.make(format: format, input: STDIN_FILENO) else {
            output.fail("the archive library cannot be used")
        }
        if let trouble = ArchiveConfinement.enter() {
            // Hostile bytes are read shut in or not at all.
            output.refuse("the process that unpacks cannot be shut in: \(trouble)")
        }
        if let trouble = archive.tell(output) { output.fail(trouble) }
        output.finish()
    }

    /// The words of the command line that start it.
    package static func command(_ executable: String, _ format: Artifact.Format) -> [String] {
        [executable, name, format.rawValue]
    }

    package static let name = "archive-reader"
}

/// Takes everything from this process that unpacking does not need.
enum ArchiveConfinement {
    /// nil: done. Otherwise what could not be had, of that without which nothing hostile is read.
    static func enter() -> String? {
        limit(Int32(RLIMIT_DATA.rawValue), SupervisorLimits.archiveReaderMemoryMax)
        limit(Int32(RLIMIT_CPU.rawValue), SupervisorLimits.archiveReaderSecondsMax)
        let none = [Int32(RLIMIT_FSIZE.rawValue), Int32(RLIMIT_CORE.rawValue), processLimit, lockLimit]
        for resource in none { limit(resource, 0) }
        _ = clinux_set_dumpable(0)
        if geteuid() == 0 {
            guard clinux_setgroups(0, nil) == 0, clinux_setresgid(nobody, nobody, nobody) == 0,
                clinux_setresuid(nobody, nobody, nobody) == 0
            else { return "the user cannot be changed" }
            // A change of user takes it back.
            _ = clinux_set_parent_death_signal(SIGKILL)
        }
        guard clinux_set_no_new_privs() == 0 else { return "no_new_privs is refused" }
        // Not every kernel has it; the filter alone lets nothing be opened either.
        let ruleset = clinux_landlock_ruleset(everyFileRight, 0, 0)
        if ruleset >= 0 {
            _ = clinux_landlock_restrict(ruleset)
            close(ruleset)
        }
        let program = filter(for: .own)
        guard program.withUnsafeBytes({ clinux_seccomp($0.baseAddress, $0.count) }) == 0 else {
            return "the kernel has no seccomp filter"
        }
        return nil
    }

    private static let nobody: UInt32 = 65534
    /// Those of the first version of Landlock.
    private static let everyFileRight: UInt64 = (1 << 13) - 1

    /// RLIMIT_NPROC and RLIMIT_MEMLOCK, which glibc hides.
    private static let processLimit: Int32 = 6
    private static let lockLimit: Int32 = 8

    private static func limit(_ what: Int32, _ value: UInt64) {
        var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
        _ = setrlimit(__rlimit_resource_t(what), &limit)
    }

    /// What reading, memory and the way out need. Nothing opens, connects, starts or signals anybody else.
    private static let calls: Set<String> = [
        "read", "pread64", "readv", "write", "writev", "lseek", "close", "fstat", "newfstatat", "mmap",
        "munmap", "mremap", "mprotect", "madvise", "brk", "exit", "exit_group", "rt_sigreturn",
        "rt_sigprocmask", "rt_sigaction", "futex", "getrandom", "clock_gettime", "gettid", "getpid",
        "sched_yield",
    ]

    static func filter(for machine: SystemCallTable.Machine) -> [UInt8] {
        var assembly = Assembly()
        assembly.load(4)
        assembly.refuse(unless: machine.audit, error: 1)
        assembly.load(0)
        if machine == .x8664 { assembly.refuse(from: 0x4000_0000, error: 1) }
        let numbers = calls.compactMap { SystemCallTable.number($0, on: machine) }.sorted()
        for range in SystemCallFilter.ranges(numbers) { assembly.allow(range) }
        assembly.finish(Assembly.error(1))
        return assembly.bytes
    }
}
