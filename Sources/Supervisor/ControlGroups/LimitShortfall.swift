import Reconciler

/// A declared limit that is not, or not wholly, in force.
struct LimitShortfall: Codable, Equatable, Sendable {
    /// `memory`, `io.weight`, ….
    var field: String
    var reason: String
    var remedy: String
}

extension RunFinding {
    /// `LimitsDegraded` in words; limits with the same reason are named together. None: it is taken back.
    init(_ shortfalls: [LimitShortfall]) {
        var parts: [(fields: [String], reason: String, remedy: String)] = []
        for shortfall in shortfalls {
            if let index = parts.firstIndex(where: {
                $0.reason == shortfall.reason && $0.remedy == shortfall.remedy
            }) {
                parts[index].fields.append(shortfall.field)
            } else {
                parts.append(([shortfall.field], shortfall.reason, shortfall.remedy))
            }
        }
        let text = parts.map { "\($0.fields.joined(separator: ", ")): \($0.reason); \($0.remedy)" }
        self.init(
            kind: .limitsDegraded, reason: shortfalls.isEmpty ? "" : "NotEnforced",
            message: text.joined(separator: ". "))
    }
}
