import ArgumentParser
import StatusAPI

/// What `plumb get` and `plumb describe` can show, each from the route of the same name.
enum ResourceKind: String, CaseIterable, Sendable {
    case instances, replicas, units, runs, revisions, events, schedules, plugins, audit

    /// Plural, singular, and the short forms of those that are typed most.
    init?(word: String) {
        let shorts = ["inst": Self.instances, "rep": .replicas, "rev": .revisions, "revs": .revisions]
        let word = word.lowercased()
        guard
            let kind = Self.allCases.first(where: { $0.rawValue == word || $0.singular == word })
                ?? shorts[word]
        else { return nil }
        self = kind
    }

    var singular: String { self == .audit ? "audit" : String(rawValue.dropLast()) }

    /// As a sentence has it.
    var plural: String { self == .audit ? "entries of the audit" : rawValue }

    var path: String { "/v1/" + rawValue }

    /// Of the document of one, the member that is like an item of the list; "" is the document itself.
    var member: String {
        switch self {
        case .audit: "entry"
        case .revisions: ""
        default: singular
        }
    }

    /// A replica's name has a part for its Instance and one for itself.
    func path(of name: String) -> String {
        let parts = self == .replicas ? name.split(separator: "/", maxSplits: 1).map(String.init) : [name]
        return path + "/" + parts.map(AgentClient.escaped).joined(separator: "/")
    }

    /// The member that names one of them.
    var nameKeys: [String] {
        switch self {
        case .instances, .replicas, .schedules, .plugins: ["name"]
        case .units: ["unit", "name"]
        case .runs: ["runId"]
        case .revisions: ["revision.commit"]
        case .events, .audit: ["id"]
        }
    }

    var columns: [ResourceColumn] {
        switch self {
        case .instances: Self.instanceColumns
        case .replicas: Self.replicaColumns
        case .units:
            [
                .init("UNIT", "unit"), .init("PROFILE", "profile"),
                .init("DESIRED", "desiredReplicas", form: .number),
                .init("READY", "readyReplicas", form: .number),
                .init("INSTANCES", "instances", yield: 2), .init("DECLARED AT", "declaredAt", yield: 1),
            ]
        case .runs: Self.runColumns
        case .revisions:
            [
                .init("REVISION", "revision.short"), .init("OUTCOME", "outcome"),
                .init("AGO", "at", form: .age), .init("AUTHOR", "revision.author", yield: 2),
                .init("SUBJECT", "revision.subject", yield: 3), .init("MESSAGE", "message", yield: 4),
                .init("SIGNER", "revision.signer.principal", yield: 1, isWide: true),
            ]
        case .events:
            [
                .init("ID", "id", form: .number), .init("AGO", "time", form: .age), .init("KIND", "kind"),
                .init("MESSAGE", "message", yield: 1),
            ]
        case .schedules:
            [
                .init("NAME", "name"), .init("STATE", "trouble.kind", "state"),
                .init("NEXT", "next.local", "next.at", yield: 3), .init("LAST", "last.state"),
                .init("AGE", "last.nominalAt", form: .age), .init("TRIGGER", "trigger", yield: 2),
                .init("ACTION", "action", yield: 4, isWide: true),
                .init("LABELS", "labels", form: .map, yield: 5, isWide: true),
                .init("MESSAGE", "message", yield: 6), .init("DECLARED AT", "declaredAt", yield: 1),
            ]
        case .plugins:
            [
                .init("NAME", "name"), .init("STATE", "state"), .init("MESSAGE", "message", yield: 2),
                .init("DECLARED AT", "declaredAt", yield: 1),
            ]
        case .audit:
            [
                .init("ID", "id", form: .number), .init("AGO", "time", form: .age), .init("VERB", "verb"),
                .init("WHO", "caller.user", "signer.principal"), .init("INSTANCE", "instance"),
                .init("MESSAGE", "message", yield: 1),
            ]
        }
    }

    private static let instanceColumns: [ResourceColumn] = [
        .init("INSTANCE", "name"), .init("UNIT", "unit", yield: 2), .init("SYNC", "sync"),
        .init("HEALTH", "health", form: .health), .init("READY", "ready", form: .right),
        .init("STRATEGY", "strategy", isWide: true), .init("SPEC", "specHash", yield: 3, isWide: true),
        .init("LABELS", "labels", form: .map, yield: 4, isWide: true),
        .init("DECLARED AT", "declaredAt", yield: 5, isWide: true), .init("REASON", "reason", yield: 6),
    ]

    private static let replicaColumns: [ResourceColumn] = [
        .init("REPLICA", "name"), .init("UNIT", "unit", yield: 3), .init("PHASE", "phase"),
        .init("HEALTH", "health", form: .health), .init("PID", "pid", form: .number),
        .init("AGE", "startedAt", form: .age), .init("RESTARTS", "restarts", form: .number, yield: 1),
        .init("PORTS", "ports", form: .map, yield: 2), .init("RUN", "runId", yield: 4, isWide: true),
        .init("REVISION", "revision", yield: 5, isWide: true),
        .init("LAST EXIT", "lastExit.text", yield: 6, isWide: true), .init("REASON", "reason", yield: 7),
    ]

    private static let runColumns: [ResourceColumn] = [
        .init("RUN", "runId"), .init("OF", "replica", "schedule"), .init("STATE", "state"),
        .init("UNIT", "unit", yield: 3),
        .init("AGE", "startedAt", form: .age), .init("SECONDS", "seconds", form: .number),
        .init("EXIT", "exit.text", yield: 1), .init("REVISION", "revision.short", yield: 2),
        .init("PID", "pid", form: .number, isWide: true),
        .init("SPEC", "specHash", yield: 4, isWide: true), .init("REASON", "reason", yield: 5),
    ]
}

/// A column of `plumb get`: a heading, and where its text stands in the agent's document.
struct ResourceColumn: Sendable {
    enum Form: Sendable { case text, right, number, age, health, map }

    var title: String
    /// The first of these that is there; members of members behind dots.
    var keys: [String]
    var form: Form
    var yield: Int
    /// Only with `-o wide`.
    var isWide: Bool

    init(_ title: String, _ keys: String..., form: Form = .text, yield: Int = 0, isWide: Bool = false) {
        self.title = title
        self.keys = keys
        self.form = form
        self.yield = yield
        self.isWide = isWide
    }
}

extension OutputValue {
    /// The value behind a path of members, `revision.short`; nil where there is none.
    func value(at path: String) -> OutputValue? {
        var value = self
        for key in path.split(separator: ".") {
            guard case .object(let members) = value, let found = members.first(where: { $0.key == key })
            else { return nil }
            value = found.value
        }
        return value == .null ? nil : value
    }

    func text(at paths: [String]) -> String? {
        for path in paths { if let text = value(at: path)?.plainText { return text } }
        return nil
    }

    var items: [OutputValue] {
        guard case .array(let items) = self else { return [] }
        return items
    }

    /// As one writes it in a cell.
    var plainText: String? {
        switch self {
        case .null: nil
        case .bool(let value): value ? "yes" : "no"
        case .int(let value): String(value)
        case .double(let value): String(value)
        case .string(let text): text
        case .array(let items): items.compactMap(\.plainText).joined(separator: ",")
        case .object(let members):
            members.map { "\($0.key)=\($0.value.plainText ?? "")" }.joined(separator: " ")
        }
    }
}
