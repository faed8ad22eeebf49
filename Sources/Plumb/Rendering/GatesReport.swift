import Foundation
import StatusAPI

/// What `plumb status` says of holds beside the condition's sentence.
struct GatesReport {
    let gates: GatesDocument
    let observedAt: Timestamp

    private static let actionsShownMax = 5

    /// For the first line: whoever looks at a suspended host must not overlook it.
    var headline: String? {
        guard let suspension = gates.suspension else { return nil }
        let end = suspension.until.map { " until \(time($0))" } ?? ""
        return "SUSPENDED\(end)"
    }

    /// Beneath the condition `Held`: what would happen, and when it goes on by itself.
    func heldLines(paint: Paint) -> [String] {
        guard let held = gates.held else { return [] }
        var lines: [String] = []
        for action in held.actions.prefix(Self.actionsShownMax) {
            let count = "\(action.replicas) replica\(action.replicas == 1 ? "" : "s")"
            lines.append("  \(action.action) \(PrintableText.oneLine(action.instance)) (\(count))")
        }
        let more = held.actions.count - Self.actionsShownMax
        if more > 0 { lines.append(paint("  … and \(more) more", .faint)) }
        for hold in held.holds {
            if let until = hold.until { lines.append("  \(hold.reason): until \(time(until))") }
        }
        return lines
    }

    private func time(_ until: Timestamp) -> String {
        "\(TimeText.local(until.wall)) (\(Ages.text(from: observedAt, to: until)) from now)"
    }
}
