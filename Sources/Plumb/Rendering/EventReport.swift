import Reconciler
import StatusAPI

/// One line of `plumb events`. A cause is never cut off: what does not fit goes on below.
struct EventReport {
    let event: EventDocument

    private static let kindColumns = EventRecord.Kind.allCases.map(\.rawValue.count).max() ?? 0

    func lines(width: Int?, paint: Paint) -> [String] {
        let time = TimeText.local(event.time.wall)
        let kind = event.kind + String(repeating: " ", count: max(0, Self.kindColumns - event.kind.count))
        let head = paint(time, .faint) + "  " + paint(kind, HealthStyle.style(event: event.kind)) + "  "
        let indent = time.count + kind.count + 4
        let room = width.map { $0 - indent }
        // On a narrow terminal a column beside the time would be no wider than a word.
        guard let room, room >= 30 else { return [head + message] }
        let wrapped = WrappedText.lines(message, width: room)
        let blank = String(repeating: " ", count: indent)
        return wrapped.enumerated().map { ($0.offset == 0 ? head : blank) + $0.element }
    }

    /// Most messages hold their cause already; an exit follows the line that told why the run was stopped.
    private var message: String {
        var text = PrintableText.oneLine(event.message)
        if event.kind != "exited", let cause = event.cause, !event.message.contains(cause.text) {
            text += " (" + PrintableText.oneLine(cause.text) + ")"
        }
        return text
    }
}

enum WrappedText {
    /// Broken at blanks; a word that is wider than a line has one to itself.
    static func lines(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, PrintableText.columns(line) + 1 + PrintableText.columns(String(word)) > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty && !lines.isEmpty ? lines : lines + [line]
    }
}
