import Reconciler
import StatusAPI
import Supervisor

/// How records of logs look.
struct LogFormat {
    enum Clock { case utc, local }

    let paint: Paint
    var output = LogOutput.text
    let namesReplicas: Bool
    /// nil: lines have no time before them.
    var clock: Clock?
    var isTerminal = false

    /// With the newline that ends it. A line goes on without a prefix where a piece of it was printed just
    /// before.
    func bytes(_ line: LogLine, goesOn: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        if output == .text, !goesOn {
            let isError = line.stream == .stderr
            let style = isError ? Style.attention : Self.style(of: line.slot)
            bytes += prefix(line.time, line.slot, isError ? "!" : "|", style).utf8
        }
        if output == .text, isTerminal {
            bytes += PrintableText.harmless(line.text).utf8
        } else {
            bytes += line.bytes
        }
        if line.isComplete { bytes.append(UInt8(ascii: "\n")) }
        return bytes
    }

    /// What happened between two lines, as it is shown to a person.
    func note(_ record: LogRecord) -> String {
        paint(prefix(record.time, record.slot, "|", .attention) + Self.mark(record), .faint)
    }

    private func prefix(_ time: WallTime, _ slot: SlotID, _ sign: String, _ style: Style) -> String {
        let stamp = clock.map { $0 == .utc ? "\(Timestamp(time))" : TimeText.local(time) }
        return (stamp.map { paint($0, .faint) + " " } ?? "")
            + (namesReplicas ? paint("\(slot) \(sign)", style) + " " : "")
    }

    /// Neighbours differ.
    private static func style(of slot: SlotID) -> Style {
        slot.replica.index.isMultiple(of: 2) ? .good : .strong
    }

    /// What happened between two lines, in words.
    static func mark(_ record: LogRecord) -> String {
        switch record {
        case .line(let line): return line.text
        case .gap(let gap):
            if gap.isLeftOut {
                return "---- \(gap.slot) lines of \(gap.stream.rawValue) may be left out here: "
                    + "\(gap.reason) ----"
            }
            let reason = gap.reason.isEmpty ? "" : ": \(gap.reason)"
            return "---- \(gap.slot) \(grouped(gap.lostBytes)) bytes of \(gap.stream.rawValue) lost, "
                + "\(span(gap))\(reason) ----"
        case .runStarted(let mark): return "---- \(mark.slot) run \(name(mark.run)) started ----"
        case .runEnded(let mark, let how):
            return "---- \(mark.slot) run \(name(mark.run)) ended (\(how.text)) ----"
        }
    }

    /// `2026-11-21 09:12:03 to 09:12:05`, in the reader's own zone.
    private static func span(_ gap: LogGap) -> String {
        let end = TimeText.local(gap.until)
        guard let begin = gap.since.map(TimeText.local) else { return end }
        return "\(begin) to \(begin.prefix(10) == end.prefix(10) ? end.dropFirst(11) : end[...])"
    }

    private static func name(_ run: LogRunKey) -> String { run.id?.text ?? "of \(Timestamp(run.startedAt))" }

    /// `12,345`.
    static func grouped(_ number: UInt64) -> String {
        var text = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place.isMultiple(of: 3) { text = "," + text }
            text = String(digit) + text
        }
        return text
    }

    /// One object a record. `type` says which.
    static func value(_ record: LogRecord) -> OutputValue {
        var members: [(String, OutputValue)] = [("time", .string("\(Timestamp(record.time))"))]
        members.append(("replica", .string(record.slot.replica.description)))
        if record.slot.isSecond { members.append(("slot", .string(record.slot.description))) }
        if let id = record.run?.id { members.append(("run", .string(id.text))) }
        switch record {
        case .line(let line):
            members += [("type", "line"), ("stream", .string(line.stream.rawValue))]
            if let level = line.level { members.append(("level", .string(level.name))) }
            members.append(("text", .string(line.text)))
            if !line.isComplete { members.append(("partial", .bool(true))) }
            if line.offset > 0 { members.append(("offset", .int(Int64(line.offset)))) }
        case .gap(let gap):
            members += [("type", "gap"), ("stream", .string(gap.stream.rawValue))]
            if let since = gap.since { members.append(("since", .string("\(Timestamp(since))"))) }
            members += [
                ("lostBytes", .int(Int64(clamping: gap.lostBytes))), ("reason", .string(gap.reason)),
            ]
        case .runStarted: members.append(("type", "runStarted"))
        case .runEnded(_, let how): members += [("type", "runEnded"), ("how", .string(how.text))]
        }
        return .object(members.map { OutputValue.Member(key: $0.0, value: $0.1) })
    }
}
