import Reconciler
import StatusAPI
import Supervisor

/// How lines of logs are printed: as they are, or behind their time and replica.
struct LogFormat {
    let paint: Paint
    let namesReplicas: Bool
    let showsTimes: Bool

    func write(_ line: LogLine) {
        if line.lostBytesBefore > 0 {
            Output.error(paint("\(line.slot): \(line.lostBytesBefore) bytes were lost here", .attention))
        }
        Output.line(text(line))
    }

    func text(_ line: LogLine) -> String {
        var text = showsTimes ? paint("\(Timestamp(line.time))", .faint) + " " : ""
        let isError = line.stream == .stderr
        if namesReplicas {
            text +=
                paint("\(line.slot) \(isError ? "!" : "|")", isError ? .attention : Self.style(of: line.slot))
                + " "
        }
        return text + line.text
    }

    /// Neighbours differ.
    private static func style(of slot: SlotID) -> Style {
        slot.replica.index.isMultiple(of: 2) ? .good : .strong
    }
}
