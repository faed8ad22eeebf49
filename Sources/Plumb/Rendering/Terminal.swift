import Glibc

/// What an output stream can show.
struct Terminal: Sendable, Equatable {
    /// Columns; nil where nobody reads along a line, as in a pipe.
    var width: Int?
    var isInteractive: Bool
    /// Lines; nil where there is no window.
    var height: Int?

    /// Standard output. `COLUMNS` wins, so that a script can ask for a width.
    static func standardOutput(environment: [String: String]) -> Terminal {
        let isInteractive = isatty(STDOUT_FILENO) == 1
        let window = isInteractive ? windowSize(of: STDOUT_FILENO) : nil
        let columns = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        return Terminal(
            width: columns ?? window.map { Int($0.ws_col) }, isInteractive: isInteractive,
            height: window.map { Int($0.ws_row) })
    }

    /// Standard error, where progress goes.
    static func standardError() -> Terminal {
        let isInteractive = isatty(STDERR_FILENO) == 1
        let window = isInteractive ? windowSize(of: STDERR_FILENO) : nil
        return Terminal(
            width: window.map { Int($0.ws_col) }, isInteractive: isInteractive,
            height: window.map { Int($0.ws_row) })
    }

    private static func windowSize(of descriptor: Int32) -> winsize? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return size
    }
}
