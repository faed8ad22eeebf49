import Reconciler

/// Packages that nothing needs any more are removed after a time of grace. Nothing polls: what was remembered
/// has changed, or a package's time is up.
extension AgentLoop {
    /// Looking at the packages is put off until what leads to it has calmed down.
    static let collectionPause = Duration.seconds(60)

    func packagesMayBeUnneeded(at moment: Moment) {
        let due = moment.instant + min(Self.collectionPause, settings.packageRetention)
        packagesDue = min(packagesDue ?? due, due)
    }

    /// Only an agent that knows what is wanted and what runs may say what is not needed.
    func collectPackagesWhenDue(at moment: Moment) {
        guard let due = packagesDue, due <= moment.instant, stopMode == nil else { return }
        packagesDue = nil
        guard world.desired != nil, nameless.isEmpty else { return packagesMayBeUnneeded(at: moment) }
        let (runs, mailbox, needed) = (runs, mailbox, world.neededPackages.union(schedules.neededPackages))
        Task { mailbox.post(.packagesCollected(await runs.collectPackages(keep: needed))) }
    }

    func packagesCollected(_ found: PackageSweep, at moment: Moment) {
        if let nextIn = found.nextIn {
            let due = moment.instant + max(nextIn, .seconds(1))
            packagesDue = min(packagesDue ?? due, due)
        }
        guard !found.removed.isEmpty else { return }
        let shown = found.removed.prefix(Self.collectedNamesMax).joined(separator: ", ")
        let more = found.removed.count - Self.collectedNamesMax
        let what = found.removed.count == 1 ? "1 package" : "\(found.removed.count) packages"
        note(
            .packagesRemoved,
            "removed \(what) that nothing needs: "
                + shown + (more > 0 ? " and \(more) more" : ""))
    }

    private static let collectedNamesMax = 10
}
