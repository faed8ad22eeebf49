import Glibc
import Reconciler
import Synchronization

/// Groups of ended runs that something was still in when they were to be removed.
struct LeftOverGroups {
    var groups: Set<String> = []
    var isTriedAgain = false

    static let groupsMax = 10_000
    static let pauseFirst: Duration = .milliseconds(100)
    static let attemptsMax = 12
}

extension ControlGroupTree {
    /// Removes a group once nothing is in it, and the kernel refuses before: asking is always safe. One that
    /// is still busy is tried again with the next, and for some minutes by itself.
    func remove(_ group: String) {
        guard removeLeftOver(and: group) else { return }
        let isFirst = leftOver.withLock { leftOver in
            defer { leftOver.isTriedAgain = true }
            return !leftOver.isTriedAgain
        }
        if isFirst { Task.detached { [weak self] in await self?.tryAgain() } }
    }

    private func tryAgain() async {
        var pause = LeftOverGroups.pauseFirst
        for _ in 0..<LeftOverGroups.attemptsMax {
            await doze(for: pause)
            pause *= 2
            guard removeLeftOver() else { break }
        }
        leftOver.withLock { $0.isTriedAgain = false }
    }

    /// Whether some are still there.
    private func removeLeftOver(and group: String? = nil) -> Bool {
        let groups = leftOver.withLock { leftOver in
            let groups = leftOver.groups.union(group.map { [$0] } ?? [])
            leftOver.groups.removeAll()
            return groups
        }
        let busy = groups.filter { group in
            // The unified one last: as long as it is there, something of the run may be.
            let directories = legacyGroups(of: group).map(\.path) + [group]
            return directories.count { !Self.removeDirectory($0) } > 0
        }
        return leftOver.withLock { leftOver in
            if leftOver.groups.count < LeftOverGroups.groupsMax { leftOver.groups.formUnion(busy) }
            return !leftOver.groups.isEmpty
        }
    }

    private static let depthMax = 16

    /// With the groups that the workload made within it. False: something is in one of them.
    private static func removeDirectory(_ path: String, depth: Int = 0) -> Bool {
        if rmdir(path) == 0 || errno == ENOENT { return true }
        guard depth < depthMax, GroupMembers.hasGroupsBelow(path) else { return false }
        for name in directoryNames(path) where isDirectory("\(path)/\(name)") {
            guard removeDirectory("\(path)/\(name)", depth: depth + 1) else { return false }
        }
        return rmdir(path) == 0
    }
}
