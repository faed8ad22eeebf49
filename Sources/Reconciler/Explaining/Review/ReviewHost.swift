package import Manifests

/// A host that a review plans for: one of an inventory, or one of which a declaration alone speaks.
package struct ReviewHost: Sendable, Hashable {
    /// What is known of where it is.
    package enum Knowledge: Sendable, Hashable {
        /// Name and labels.
        case all
        /// A declaration names it, and its labels are not known: what names it is taken to fit.
        case name
        /// It stands for every host with these labels that no declaration names.
        case labels
        /// It stands for every other host.
        case nothing
    }
    package var node: Node
    package var knowledge: Knowledge
    /// What is there; nil is not known, and not checked.
    package var users: Set<String>?
    package var groups: Set<String>?
    package var secrets: Set<String>?

    package init(
        node: Node, knowledge: Knowledge = .all, users: Set<String>? = nil, groups: Set<String>? = nil,
        secrets: Set<String>? = nil
    ) {
        self.node = node
        self.knowledge = knowledge
        self.users = users
        self.groups = groups
        self.secrets = secrets
    }

    package func takes(_ nodes: NodeSelection) -> Bool {
        switch knowledge {
        case .all: nodes.matches(node: node.name, labels: node.labels)
        case .name: nodes.names.contains(node.name) || nodes.isEverywhere
        case .labels: nodes.names.isEmpty && nodes.selector.allSatisfy { node.labels[$0.key] == $0.value }
        case .nothing: nodes.isEverywhere
        }
    }

    /// nil: nobody knows.
    func has(_ fact: HostFact) -> Bool? {
        switch fact.kind {
        case .user: users.map { $0.contains(fact.name) }
        case .group: groups.map { $0.contains(fact.name) }
        case .secret: secrets.map { $0.contains(fact.name) }
        case .node, .label: knowledge == .all ? true : nil
        case .command, .artifact, .timezone: nil
        }
    }

    /// Without an inventory: each host that a declaration names, one for each selector, and one for the rest.
    package static func assumed(from snapshots: [Snapshot]) -> [ReviewHost] {
        let selections = Set(
            snapshots.flatMap { $0.instances.values.map(\.nodes) + $0.schedules.values.map(\.nodes) })
        var hosts = Set(selections.flatMap(\.names)).sorted().map {
            ReviewHost(node: Node(name: $0), knowledge: .name)
        }
        let selectors = Set(selections.filter { $0.names.isEmpty && !$0.selector.isEmpty }.map(\.selector))
        for selector in selectors.sorted(by: { $0.sortedText < $1.sortedText }) {
            let name = "any host with \(selector.sortedText)"
            hosts.append(ReviewHost(node: Node(name: name, labels: selector), knowledge: .labels))
        }
        if hosts.isEmpty || selections.contains(where: \.isEverywhere) {
            let name = hosts.isEmpty ? "any host" : "any other host"
            hosts.append(ReviewHost(node: Node(name: name), knowledge: .nothing))
        }
        return hosts
    }
}

extension NodeSelection {
    fileprivate var isEverywhere: Bool { names.isEmpty && selector.isEmpty }
}
