import Glibc
package import Reconciler
import Synchronization

extension PackageStore {
    /// What one look at the packages came to.
    package struct Collection: Sendable, Hashable {
        /// Keys of what was removed, sorted.
        package var removed: [String] = []
        /// When the next one will have been unneeded for long enough; nil: none is unneeded.
        package var nextIn: Duration?
    }

    /// Removes every package that nobody has asked for within the time of grace, but those whose keys are
    /// given. The marker goes first and the directory by one rename, so that a death in the middle leaves no
    /// half package.
    package func collect(keep keys: Set<String>, grace: Duration) -> Collection {
        var found = Collection()
        let now = WallTime.current
        var needed: Set<String> = []
        for unit in directoryNames(directory) {
            let parent = "\(directory)/\(unit)"
            for name in directoryNames(parent) where name.hasSuffix(Self.markerSuffix) {
                let key = "\(unit)/\(name.dropLast(Self.markerSuffix.count))"
                if keys.contains(key) || isBeingWritten(key) {
                    touch(key)
                    needed.insert(key)
                    continue
                }
                if neededLast.contains(key) { touch(key) }
                let left = grace - age(of: "\(parent)/\(name)", at: now)
                guard left <= .zero else {
                    found.nextIn = min(found.nextIn ?? left, left)
                    continue
                }
                if remove(key, unit: unit) { found.removed.append(key) }
            }
            rmdir(parent)
        }
        neededLast = needed
        return found
    }

    /// A time that lies ahead says that the clock was set back: it counts from now on.
    private func age(of marker: String, at now: WallTime) -> Duration {
        var facts = stat()
        guard stat(marker, &facts) == 0 else { return .zero }
        let asked = Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec)
        guard asked <= now.nanoseconds else {
            utimensat(AT_FDCWD, marker, nil, 0)
            return .zero
        }
        return .nanoseconds(now.nanoseconds - asked)
    }

    private func remove(_ key: String, unit: String) -> Bool {
        let path = "\(directory)/\(key)"
        let leaving = "\(directory)/\(unit)/\(Self.leavingPrefix)\(key.dropFirst(unit.count + 1))"
        guard unlink(path + Self.markerSuffix) == 0 else { return false }
        guard rename(path, leaving) == 0 else { return errno == ENOENT }
        // Its files may be many, and nobody waits for their end.
        Task(executorPreference: PackageExecutor.shared) {
            DirectoryTree.remove(leaving)
            rmdir(String(leaving[..<(leaving.lastIndex(of: "/") ?? leaving.endIndex)]))
        }
        return true
    }

    /// It is needed now.
    func touch(_ key: String) { utimensat(AT_FDCWD, "\(directory)/\(key)\(Self.markerSuffix)", nil, 0) }
}

extension Supervisor {
    /// Removes packages that nothing has needed for the time that the settings say. `packages`: what is
    /// needed; what the runs here need is added to it.
    package func collectPackages(keep packages: Set<PackageReference>) async -> PackageStore.Collection {
        let live = table.withLock { table in
            table.runs.values.compactMap { $0.spec?.process.package }
        }
        let (wanted, used) = (Set(packages.map(PackageStore.key)), Set(live.map(PackageStore.key)))
        let grace = settings.artifacts.retention
        var found = await self.packages.collect(keep: wanted.union(used), grace: grace)
        if !used.isSubset(of: wanted) {
            // The end of such a run is told to nobody who would ask again.
            let again = min(grace, SupervisorLimits.packageUseLookAgain)
            found.nextIn = min(found.nextIn ?? again, again)
        }
        return found
    }
}
