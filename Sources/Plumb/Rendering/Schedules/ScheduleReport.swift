import StatusAPI

/// `plumb describe schedule`: how it stands, what is declared of it, when it fires next, and its last runs.
struct ScheduleReport {
    let detail: ScheduleDetailDocument
    /// The newest first.
    let runs: [RunDocument]
    let now: Timestamp

    private var schedule: ScheduleDocument { detail.schedule }

    func lines(width: Int?, paint: Paint) -> [String] {
        let word = ScheduleStyle.word(schedule)
        var lines = [
            paint(schedule.name, .strong) + "  " + paint(word, ScheduleStyle.style(state: word))
                + (schedule.trigger.map { "  " + PrintableText.oneLine($0) } ?? "")
        ]
        let labels = schedule.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.append(paint((["declared at \(schedule.declaredAt)"] + labels).joined(separator: "  "), .faint))
        if !schedule.message.isEmpty { lines.append(PrintableText.oneLine(schedule.message)) }
        if let remedy = schedule.trouble?.remedy { lines.append("to do: " + PrintableText.oneLine(remedy)) }
        if let declared = detail.declared {
            lines += [""] + LabelledLines.lines(facts(declared), width: width, paint: paint)
        }
        lines += firings(width: width, paint: paint)
        if let counts = detail.counts, !counts.isEmpty {
            let text = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            lines += ["", "remembered: " + text.joined(separator: ", ")]
        }
        if !runs.isEmpty {
            lines += [""] + ScheduledRunTable(runs: runs, now: now).lines(width: width, paint: paint)
        }
        return lines
    }

    private func facts(_ declared: ScheduleDeclarationDocument) -> [(String, String)] {
        var facts = [
            ("action", declared.action + (declared.reference.map { " (\($0))" } ?? "")),
            ("time zone", "\(declared.timezone); gap: \(declared.dstGap), overlap: \(declared.dstOverlap)"),
            (
                "catch up",
                declared.catchUp + (declared.catchUp == "all" ? ", \(declared.catchUpMax) at most" : "")
            ),
            ("concurrency", declared.concurrency + Self.bound(declared)),
        ]
        func add(_ label: String, _ value: String?) { value.map { facts.append((label, $0)) } }
        add("deadline", declared.startingDeadline.map { "\($0) after its time" })
        add("jitter", declared.jitter == "0s" ? nil : declared.jitter)
        add("window", declared.window)
        add("timeout", declared.timeout)
        if declared.retries > 0 { add("retries", "\(declared.retries), after \(declared.backoff ?? "")") }
        if !declared.successExitCodes.isEmpty {
            add(
                "success",
                "exit codes 0, " + declared.successExitCodes.map(String.init).joined(separator: ", "))
        }
        let waits = declared.dependsOn.map { "\($0.instance) \($0.condition)" }
        add("depends on", waits.isEmpty ? nil : waits.joined(separator: ", "))
        add("history", "\(declared.keep) and \(declared.keepFailed) failed ones, \(declared.maxAge) at most")
        if let success = schedule.lastSuccessAt {
            add("last success", "\(success), \(MomentText.distance(success, now: now))")
        }
        return facts
    }

    private static func bound(_ declared: ScheduleDeclarationDocument) -> String {
        switch declared.concurrency {
        case "allow": ", \(declared.concurrencyMax) at once"
        case "queue": ", \(declared.concurrencyMax) may wait"
        default: ""
        }
    }

    private func firings(width: Int?, paint: Paint) -> [String] {
        guard let upcoming = detail.upcoming, !upcoming.isEmpty else { return [] }
        var table = Table(columns: [
            .init(title: "FIRES"), .init(title: "IN", isNumber: true), .init(title: "NOTE", yield: 1),
        ])
        for firing in upcoming {
            table.add([
                .init(firing.clock), .init(MomentText.distance(firing.dueAt ?? firing.at, now: now)),
                .init(firing.note ?? ""),
            ])
        }
        return [""] + table.render(width: width, paint: paint)
    }
}
