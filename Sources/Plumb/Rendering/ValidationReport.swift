import Manifests
import Reconciler

/// What `plumb validate` says of one source.
struct ValidationReport {
    let check: SourceCheck
    /// Only what concerns this file is shown.
    let file: String?
    /// What an inventory of hosts says of it; nil where there is none, or nothing to compare it with.
    private let hosts: HostCheck?

    init(check: SourceCheck, file: String? = nil, hosts: [ReviewHost]? = nil) {
        self.check = check
        self.file = file
        self.hosts = hosts.flatMap { hosts in check.assembly.snapshot.map { HostCheck($0, on: hosts) } }
    }

    var isValid: Bool {
        file == nil ? check.assembly.errorCount == 0 : !diagnostics.contains(where: \.isError)
    }

    var hostWarnings: [ReviewWarning] {
        var all = hosts?.warnings ?? []
        if let snapshot = check.assembly.snapshot {
            all += ReviewWarning.unknownZones(in: snapshot, Self.complaint)
        }
        return file == nil ? all : all.filter { $0.place?.file == file }
    }

    /// Of a machine without tzdata nothing can be concluded.
    private static func complaint(_ zone: String) -> String? {
        let zones = SystemZones.shared
        guard zones.rules(zone) == nil, zones.rules(probe) != nil else { return nil }
        return zones.complaint(about: zone)
    }

    /// A zone that is everywhere where there are any.
    private static let probe = "Europe/London"

    var diagnostics: [Diagnostic] {
        guard let file else { return check.assembly.diagnostics }
        return check.assembly.diagnostics.filter { $0.location.file == file }
    }

    private var facts: [HostFact] {
        hosts?.unchecked ?? check.assembly.snapshot.map(HostFact.all(in:)) ?? []
    }

    func lines(verbose: Bool, paint: Paint) -> [String] {
        var lines: [String] = []
        let excerpts = check.lines(shownAs: shown)
        for diagnostic in diagnostics {
            lines += [prefixed(diagnostic).render(sourceLines: excerpts, color: paint.isOn), ""]
        }
        if check.assembly.dropped > 0 && file == nil {
            lines += ["… and \(check.assembly.dropped) more", ""]
        }
        for warning in hostWarnings {
            let place = warning.place.map { "  \(shown($0.file)):\($0.line)" } ?? ""
            let text = "warning: " + PrintableText.oneLine(warning.message) + place
            lines.append(paint(text, .attention))
        }
        if verbose {
            lines += check.leftOut.map { paint("left out: \(shown($0.path)): \($0.reason)", .faint) }
            lines += Self.notChecked(facts, paint: paint)
        } else if !facts.isEmpty {
            let without = hosts == nil ? "a host" : "the hosts"
            let text = "not checked without \(without): \(Self.summary(of: facts)) (-v lists them)"
            lines.append(paint(text, .faint))
        }
        lines.append(summary(paint: paint))
        return lines
    }

    // MARK: - Text

    /// `examples/units/web.yaml` can be clicked; `web.yaml` could be anywhere.
    func shown(_ file: String) -> String {
        check.path == "." ? file : check.path + (check.path.hasSuffix("/") ? "" : "/") + file
    }

    private func prefixed(_ diagnostic: Diagnostic) -> Diagnostic {
        var diagnostic = diagnostic
        diagnostic.location.file = shown(diagnostic.location.file)
        for index in diagnostic.notes.indices {
            diagnostic.notes[index].location.file = shown(diagnostic.notes[index].location.file)
        }
        return diagnostic
    }

    func summary(paint: Paint) -> String {
        let errors = file == nil ? check.assembly.errorCount : diagnostics.filter(\.isError).count
        let warnings = hostWarnings.count + diagnostics.filter { !$0.isError }.count
        let place = file.map(shown) ?? check.path
        let counts = [
            errors > 0 ? Self.count(errors, "error") : nil,
            warnings > 0 ? Self.count(warnings, "warning") : nil,
        ].compactMap { $0 }.joined(separator: ", ")
        guard errors == 0 else { return paint("invalid", .bad) + ": \(place): \(counts)" + elsewhere }
        return paint("valid", .good) + ": \(place): \(contents)" + (counts.isEmpty ? "" : ", \(counts)")
            + elsewhere
    }

    /// A file may be well while its source is not.
    private var elsewhere: String {
        guard file != nil else { return "" }
        let others = check.assembly.errorCount - diagnostics.filter(\.isError).count
        return others == 0 ? "" : "; \(Self.count(others, "error")) elsewhere in \(check.path)"
    }

    private var contents: String {
        guard file == nil else { return "no error" }
        guard let snapshot = check.assembly.snapshot else { return Self.count(check.fileCount, "file") }
        let kinds = [
            (snapshot.units.count, "Unit"), (snapshot.instances.count, "Instance"),
            (snapshot.schedules.count, "Schedule"), (snapshot.plugins.count, "Plugin"),
        ]
        let shown = kinds.filter { $0.0 > 0 }.map { Self.count($0.0, $0.1) }
        return shown.isEmpty
            ? "no declarations" : shown.joined(separator: ", ") + " in " + Self.count(check.fileCount, "file")
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }

    private static func summary(of facts: [HostFact]) -> String {
        HostFact.Kind.allCases.compactMap { kind in
            let number = facts.filter { $0.kind == kind }.count
            return number == 0 ? nil : count(number, kind.rawValue)
        }.joined(separator: ", ")
    }

    private static func notChecked(_ facts: [HostFact], paint: Paint) -> [String] {
        facts.map {
            paint(
                "not checked: \($0.kind.rawValue) \($0.name), used by \($0.usedBy.joined(separator: ", "))",
                .faint)
        }
    }
}

extension ValidationReport {
    /// `-o json|yaml`: every field is there, whatever `-v` says.
    static func value(of reports: [ValidationReport]) -> OutputValue {
        .object([
            "apiVersion": .string(OutputVersion.current), "kind": "Validation",
            "valid": .bool(reports.allSatisfy(\.isValid)),
            "sources": .array(reports.map(\.value)),
        ])
    }

    private var value: OutputValue {
        .object([
            "path": .string(check.path),
            "file": file.map(OutputValue.string) ?? .null,
            "valid": .bool(isValid),
            "files": .int(Int64(check.fileCount)),
            "errors": .int(Int64(diagnostics.filter(\.isError).count)),
            "warnings": .int(Int64(diagnostics.filter { !$0.isError }.count)),
            "dropped": .int(Int64(check.assembly.dropped)),
            "diagnostics": .array(diagnostics.map(Self.value)),
            "leftOut": .array(
                check.leftOut.map { .object(["path": .string($0.path), "reason": .string($0.reason)]) }),
            "notChecked": .array(facts.map(Self.value)),
            "hostWarnings": .array(hostWarnings.map(ReviewReport.value)),
        ])
    }

    static func value(_ diagnostic: Diagnostic) -> OutputValue {
        .object([
            "severity": .string(diagnostic.severity.rawValue), "code": .string(diagnostic.code.rawValue),
            "place": place(diagnostic.location),
            "message": .string(diagnostic.message), "help": .string(diagnostic.help),
            "notes": .array(
                diagnostic.notes.map {
                    .object(["place": place($0.location), "message": .string($0.message)])
                }),
        ])
    }

    static func value(_ fact: HostFact) -> OutputValue {
        .object([
            "kind": .string(fact.kind.rawValue), "name": .string(fact.name),
            "usedBy": .array(fact.usedBy.map(OutputValue.string)),
        ])
    }

    private static func place(_ location: Location) -> OutputValue {
        .object([
            "file": .string(location.file), "line": .int(Int64(location.line)),
            "column": .int(Int64(location.column)),
        ])
    }
}
