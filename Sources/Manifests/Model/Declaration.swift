/// What every declaration carries besides its `spec`.
package struct Metadata: Sendable, Hashable {
    /// A DNS-1123 label, at most 63 bytes.
    package var name: String
    package var labels: [String: String]
    package var annotations: [String: String]

    package init(name: String, labels: [String: String] = [:], annotations: [String: String] = [:]) {
        self.name = name
        self.labels = labels
        self.annotations = annotations
    }
}

/// The kinds of documents that a source may hold.
package enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
    case unit = "Unit"
    case instance = "Instance"
    case schedule = "Schedule"
    case plugin = "Plugin"
}

/// One document, decoded.
package enum Declaration: Sendable {
    case unit(UnitDeclaration)
    case instance(InstanceDeclaration)
    case schedule(ScheduleDeclaration)
    /// Accepted with a warning until plugins act.
    case plugin(ReservedDeclaration)
}

/// A Plugin: checked as far as its envelope goes, and not acted on by this version.
package struct ReservedDeclaration: Sendable {
    package var kind: Kind
    package var metadata: Metadata
    package var source: DeclarationSource

    package init(kind: Kind, metadata: Metadata, source: DeclarationSource) {
        self.kind = kind
        self.metadata = metadata
        self.source = source
    }
}
