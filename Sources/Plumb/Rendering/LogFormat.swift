import Reconciler
import StatusAPI
import Supervisor

/// How records of logs are printed. Lines are data; what happened between them is told on the terminal where
/// it stands, and on standard error where somebody else reads the data.
struct LogFormat {
    enum Clock { case utc, local }

    let paint: Paint
    var output = LogOutput.text
    let namesReplicas: Bool
    /// nil: lines have no time before them.
    var clock: Clock?
    var isTerminal = false

    func write(_ record: LogRecord) {
        switch output {
        case .json: Output.line(JSONText.compact(Self.value(record)))
        case .raw: if case .line(let line) = record { Output.bytes(raw(line)) }
        case .text:
            if case .line(let line) = record { return Output.line(text(line)) }
            let mark = paint(prefix(record.time, record.slot, "|", .attention) + Self.mark(record), .faint)
            if isTerminal { Output.line(mark) } else { Output.error(mark) }
        }
    }

    func text(_ line: LogLine) -> String {
        let isError = line.stream == .stderr
        let style = isError ? Style.attention : Self.style(of: line.slot)
        let text = isTerminal ? PrintableText.harmless(line.text) : line.text
        return prefix(line.time, line.slot, isError ? "!" : "|", style) + text
    }

    private func raw(_ line: LogLine) -> [UInt8] {
        line.isComplete ? line.bytes + [UInt8(ascii: "\n")] : line.bytes
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
            let since = gap.since.map { TimeText.local($0).suffix(8) + "–" } ?? ""
            let reason = gap.reason.isEmpty ? "" : ": \(gap.reason)"
            return "-- \(grouped(gap.lostBytes)) bytes of \(gap.slot) \(gap.stream.rawValue) lost "
                + "\(since)\(TimeText.local(gap.until).suffix(8))\(reason) --"
        case .runStarted(let mark): return "---- \(mark.slot) run \(name(mark.run)) started ----"
        case .runEnded(let mark, let how):
            return "---- \(mark.slot) run \(name(mark.run)) ended (\(how.text)) ----"
        }
    }

    private static func name(_ run: LogRunKey) -> String { run.id?.text ?? "of \(Timestamp(run.startedAt))" }

    /// `12,345`.
    private static func grouped(_ number: UInt64) -> String {
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
        members.append(("replica", .string(record.slot.description)))
        if let id = record.run?.id { members.append(("run", .string(id.text))) }
        switch record {
        case .line(let line):
            members += [("type", "line"), ("stream", .string(line.stream.rawValue))]
            if let level = line.level { members.append(("level", .string(level.name))) }
            members.append(("text", .string(line.text)))
            if !line.isComplete { members.append(("partial", .bool(true))) }
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
