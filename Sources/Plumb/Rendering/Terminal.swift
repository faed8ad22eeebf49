import Glibc

/// What an output stream can show.
struct Terminal: Sendable, Equatable {
    /// Columns; nil where nobody reads along a line, as in a pipe.
    var width: Int?
    var isInteractive: Bool

    /// Standard output. `COLUMNS` wins, so that a script can ask for a width.
    static func standardOutput(environment: [String: String]) -> Terminal {
        let isInteractive = isatty(STDOUT_FILENO) == 1
        if let text = environment["COLUMNS"], let columns = Int(text), columns > 0 {
            return Terminal(width: columns, isInteractive: isInteractive)
        }
        return Terminal(
            width: isInteractive ? windowWidth(of: STDOUT_FILENO) : nil, isInteractive: isInteractive)
    }

    private static func windowWidth(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
