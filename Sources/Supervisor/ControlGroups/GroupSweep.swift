import Glibc
import Reconciler

/// What an agent finds in the trees when it comes back.
extension ControlGroupTree {
    /// Where versions before had the tree: its name told nothing but the state directory's path.
    var earlierTree: String { "\(Self.parent(of: path))/\(stem)" }

    /// The tree in the unified hierarchy, and those of its name in hierarchies of version 1.
    func directories(of tree: String) -> [String] {
        [tree] + legacyGroups(of: "\(tree)/any").map { Self.parent(of: $0.path) }
    }

    /// Groups in every tree that was made for a state directory of this path, by the run in their names. Not
    /// all of them need be this agent's.
    func groupsByRun() -> [RunID: String] {
        let parent = Self.parent(of: path)
        let trees = directoryNames(parent).filter { $0 == stem || $0.hasPrefix("\(stem)-") }
        var groups: [RunID: String] = [:]
        for tree in Set(trees + [String(Self.name(of: path))]).sorted() {
            for name in directoryNames("\(parent)/\(tree)") where name.contains(".") {
                let run = name.split(separator: ".").last.map(String.init) ?? ""
                if Self.isDirectory("\(parent)/\(tree)/\(name)") {
                    groups[RunID(text: run)] = "\(parent)/\(tree)/\(name)"
                }
            }
        }
        return groups
    }

    /// Who keeps what is in the group.
    func keeper(of group: String) -> KeeperSign {
        guard isPopulated(group) else { return .none }
        let members = GroupMembers.pids(of: group)
        // Those of another pid namespace have no pid here.
        if members.isEmpty { return isPopulated(group) ? .doubt : .none }
        return KeeperSign(parentsOf: members)
    }

    /// Removes groups of runs that nobody knows any more. What lives in them is killed first, but only where
    /// it has no keeper: a run that is kept is somebody's, whether its slot is there or not.
    func sweep(keeping groups: Set<String>) async {
        for tree in Set([path, earlierTree]).sorted() {
            for name in Set(directories(of: tree).flatMap(directoryNames)).sorted() {
                let group = "\(tree)/\(name)"
                guard !groups.contains(group), keeper(of: group) == .none,
                    directories(of: tree).contains(where: { Self.isDirectory("\($0)/\(name)") })
                else { continue }
                if await kill(group) { remove(group) }
            }
        }
    }
}
