/// Shows one picture after another in the same place; where there is no terminal, each that differs, one
/// below the other.
struct Screen {
    private let isInteractive: Bool
    private let height: Int?
    private var last: [String] = []

    init(terminal: Terminal) {
        isInteractive = terminal.isInteractive
        height = terminal.height
    }

    mutating func show(_ lines: [String]) {
        guard isInteractive else {
            if lines != last { Output.lines(lines) }
            last = lines
            return
        }
        // One line is kept free, so that the terminal does not scroll.
        let shown = height.map { Array(lines.prefix(max(1, $0 - 1))) } ?? lines
        // Home, each line cleared behind its end, then everything below.
        let clearLine = "\u{1B}[K"
        Output.text(
            (last.isEmpty ? "\u{1B}[2J" : "") + "\u{1B}[H"
                + shown.map { $0 + clearLine + "\n" }.joined() + "\u{1B}[J")
        last = lines
    }
}
