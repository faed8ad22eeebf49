/// What a piece of text means; the colour follows from that.
enum Style: Sendable {
    case plain, strong, faint, good, attention, bad

    fileprivate var code: String? {
        switch self {
        case .plain: nil
        case .strong: "1"
        case .faint: "2"
        case .good: "32"
        case .attention: "33"
        case .bad: "31"
        }
    }
}

/// Puts colour on text, or leaves it alone.
struct Paint: Sendable {
    var isOn: Bool

    static let none = Paint(isOn: false)

    func callAsFunction(_ text: String, _ style: Style) -> String {
        guard isOn, !text.isEmpty, let code = style.code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}

/// `--color`. `auto` is colour on a terminal, unless `NO_COLOR` is set to anything.
enum ColorChoice: String, Sendable, CaseIterable {
    case auto, always, never

    func paint(for terminal: Terminal, environment: [String: String]) -> Paint {
        switch self {
        case .always: Paint(isOn: true)
        case .never: Paint(isOn: false)
        case .auto:
            Paint(
                isOn: terminal.isInteractive && environment["NO_COLOR", default: ""].isEmpty
                    && environment["TERM"] != "dumb")
        }
    }
}
