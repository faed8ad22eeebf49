import CLinux
import Glibc

/// The reader as a process of its own, so that a library that hangs or crashes takes nothing with it.
package enum GitReader {
    /// Serves requests from `input`, a socket, until it ends. The hidden subcommand `plumb git-reader` calls
    /// this and nothing else.
    package static func main(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) -> Never {
        // The parent's death ends a reader that hangs; the end of input ends one that waits, also if the
        // parent died before this call.
        _ = clinux_close_range(UInt32(STDERR_FILENO) + 1, .max)
        var memory = rlimit(
            rlim_cur: ReaderLimits.memoryBytesMax, rlim_max: ReaderLimits.memoryBytesMax)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &memory)
        _ = clinux_set_parent_death_signal(SIGKILL)
        ReaderServer(input: input, output: output).serve()
        exit(EXIT_SUCCESS)
    }
}
