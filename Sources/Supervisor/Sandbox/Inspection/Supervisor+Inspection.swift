import Glibc
import KeeperProtocol
import Manifests
package import Reconciler
import Synchronization

extension Supervisor {
    /// What the kernel says now of the sandbox of a run. nil where it has no process, or none whose
    /// identity is proven.
    package func sandbox(of run: RunID) -> SandboxObservation? {
        guard let entry = table.withLock({ $0[run] }), let spec = entry.spec,
            let child = entry.identity?.child, let workload = Workload.process(of: child),
            let view = ProcessView(workload),
            let user = try? assembly.users.resolve(user: spec.process.user, group: spec.process.group)
        else { return nil }
        let executable = try? assembly.resolution(spec.process).resolve(spec.process.command).executable
        let context = assembly.context(
            user, spec.process, entry.slot.id, run, executable: executable ?? "/")
        let rules = spec.process.sandboxRules
        // Of an adopted run it is known only what the host would give now.
        let given = entry.sandbox ?? trials.answer(SandboxTrials.Question(rules, user))?.rules
        let inspection = SandboxInspection(
            rules: rules, context: context, given: given, view: view, host: ProcessView.mounts(of: "self"),
            group: entry.group,
            ports: spec.heldSockets(index: entry.slot.id.replica.index).map {
                .init(name: $0.name, isLocal: held.isLocal($0.socket))
            })
        return SandboxObservation(
            level: spec.process.sandbox.level.rawValue, pid: workload.pid,
            items: surroundings(spec, entry, view, run, user) + inspection.items())
    }

    /// What every level has but `none`, and `none` too.
    private func surroundings(
        _ spec: InstanceSpec, _ entry: RunEntry, _ view: ProcessView, _ run: RunID, _ user: RunUser
    ) -> [SandboxObservation.Item] {
        let environment = view.variables.map { seen -> SandboxObservation.Item in
            let given = RunEnvironment.variables(
                spec.process, secrets: spec.process.secrets,
                RunEnvironment.Facts(
                    run: run, slot: entry.slot.id, revision: entry.revision ?? RevisionID(hex: ""),
                    node: assembly.nodeName, user: user,
                    directories: ReplicaDirectories(layout, entry.slot.id), sharedDir: layout.shared))
            let own = Set(given.keys).union(Self.ofShells)
            // A program may add to it by executing another; what counts is that nothing of ours is there.
            let leaked = seen.intersection(ProcessView.variables(of: "self") ?? [])
                .map { String($0.prefix { $0 != "=" }) }.filter { !own.contains($0) }.sorted()
            return .init(
                "environment", declared: "clean", leaked.isEmpty ? .yes : .no,
                leaked.isEmpty
                    ? "\(seen.count) variables, none of the agent's"
                    : "of the agent's: \(leaked.prefix(5).joined(separator: " "))")
        }
        let mask = String(spec.process.umask, radix: 8)
        let declaredMask = String(repeating: "0", count: max(0, 4 - mask.count)) + mask
        let umask = view.status("Umask").map {
            SandboxObservation.Item(
                "umask", declared: declaredMask, $0 == declaredMask ? .yes : .no, "Umask: \($0)")
        }
        let limit = ProcessLimits.nofile(spec.resources?.nofile)
        let declaredLimit = limit.map { "\($0.soft)/\($0.hard)" } ?? ""
        let files = view.limit("Max open files").map {
            SandboxObservation.Item(
                "nofile", declared: declaredLimit, $0 == declaredLimit ? .yes : .no, "Max open files \($0)")
        }
        return [
            environment ?? .init("environment", declared: "clean", .unknown, "not to be read in /proc"),
            umask ?? .init("umask", declared: declaredMask, .unknown, "not to be read in /proc"),
            files ?? .init("nofile", declared: declaredLimit, .unknown, "not to be read in /proc"),
        ]
    }

    /// Variables that every shell sets.
    private static let ofShells: Set = ["PWD", "OLDPWD", "SHLVL", "_"]
}
