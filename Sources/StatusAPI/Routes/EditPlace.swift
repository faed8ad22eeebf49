import Manifests
import Reconciler

/// Which file of the repository is to be edited, for somebody who tried to change something here.
struct EditPlace: Sendable {
    /// `instances/web.yaml:4`; nil where it is declared nowhere yet.
    var place: String?
    /// What to do.
    var text: String

    init(_ path: String, in state: AgentState) {
        let parts = path.split(separator: "/").map { PercentCoding.decode($0) ?? "" }
        let repository = state.source.repository
        let plain = "edit the declarations in \(repository) and commit; the commit is the change"
        guard parts.count >= 3, parts[0] == "v1" else {
            text = plain
            return
        }
        let (kind, name) = (parts[1], parts[2])
        guard let (title, folder, found) = Self.declared(kind, name, in: state) else {
            text = plain
            return
        }
        place = found?.short
        text =
            found.map { "\(title) is declared at \($0.short) of \(repository); commit a change there" }
            ?? "\(title) is not declared; to have it, commit a file such as \(folder)/\(name).yaml to "
            + repository
    }

    private static func declared(
        _ kind: String, _ name: String, in state: AgentState
    ) -> (title: String, folder: String, place: Location?)? {
        let instances = state.desired?.instances ?? [:]
        switch kind {
        case "instances", "replicas":
            return ("the Instance '\(name)'", "instances", instances[name]?.place)
        case "runs":
            let run = state.observed.runs.values.first { $0.id.text == name }
            guard let instance = run?.slot.instance else { return nil }
            if let schedule = DesiredSchedule.schedule(ofOwner: instance) {
                return declared("schedules", schedule, in: state)
            }
            return ("the Instance '\(instance)' of this run", "instances", instances[instance]?.place)
        case "units":
            let user = instances.values.sorted { $0.name < $1.name }.first {
                $0.spec.unit == name || $0.spec.unit.hasPrefix(name + "@")
            }
            return ("the Unit '\(name)'", "units", user?.unitPlace)
        case "schedules", "plugins":
            let wanted: Kind = kind == "schedules" ? .schedule : .plugin
            let found = state.desired?.reserved?.first { $0.kind == wanted && $0.name == name }
            let schedule = wanted == .schedule ? state.desired?.schedules?[name] : nil
            return ("the \(wanted.rawValue) '\(name)'", kind, found?.place ?? schedule?.place)
        default: return nil
        }
    }
}
