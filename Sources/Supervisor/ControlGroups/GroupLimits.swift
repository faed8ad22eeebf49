import Glibc
import Manifests

/// The limits of one run's control groups: put into force, changed while it runs, and looked at.
struct GroupLimits: Sendable {
    let places: [Controller: ControllerPlace]
    /// The run's group of the unified tree.
    let group: String

    private var name: Substring { group.split(separator: "/").last ?? "" }

    /// Makes what is declared the case, and lifts what was declared and is no more. Returns what is not in
    /// force. `isLive`: the run has processes already, which are brought into groups that have to be made.
    func enforce(
        _ declared: Resources?, replacing old: Resources? = nil, isLive: Bool
    ) -> [LimitShortfall] {
        Controller.allCases.flatMap { controller -> [LimitShortfall] in
            let limit = controller.limit(in: declared)
            guard limit != nil || controller.limit(in: old) != nil else { return [] }
            return enforce(controller, limit, isLive: isLive)
        }
    }

    /// Makes what is declared the case again where something else is in force.
    func restore(_ declared: Resources?) -> [LimitShortfall] {
        let wrong = Set(values(declared).filter { !$0.agrees }.map(\.field))
        return Controller.allCases.filter { wrong.contains($0.field) }.flatMap { controller in
            enforce(controller, controller.limit(in: declared), isLive: true)
        }
    }

    private func enforce(_ controller: Controller, _ limit: UInt64?, isLive: Bool) -> [LimitShortfall] {
        switch places[controller] {
        case .unified:
            if isLive, controller == .memory, let limit, !makeRoom(for: limit) {
                return [refusal(controller, limit, in: group, isLegacy: false, EBUSY)]
            }
            return write(controller, limit, in: group, isLegacy: false)
                + withoutScheduler(controller, limit)
        case .legacy(let tree):
            return enforce(controller, limit, in: tree, isLive: isLive)
                + withoutScheduler(controller, limit)
        case .missing(let reason, let remedy):
            guard limit != nil else { return [] }
            return [LimitShortfall(field: controller.field, reason: reason, remedy: remedy)]
        case nil: return []
        }
    }

    /// Version 2 takes a limit below what is in use, and kills for it; version 1 refuses. A commit of one
    /// digit less must not end a replica, so what can be given back is taken first. False: too much is left.
    private func makeRoom(for limit: UInt64) -> Bool {
        func isEnough() -> Bool { ControlFile.number("\(group)/memory.current").map { $0 <= limit } ?? true }
        if isEnough() { return true }
        if access("\(group)/memory.reclaim", W_OK) == 0 {
            let used = ControlFile.number("\(group)/memory.current") ?? 0
            ControlFile.write("\(group)/memory.reclaim", "\(used > limit ? used - limit : 0)")
            return isEnough()
        }
        // Before Linux 5.19: the kernel reclaims down to this limit before the write returns, and nothing is
        // killed for it. An agent that dies meanwhile leaves it behind: `liftReclaim`.
        ControlFile.write("\(group)/memory.high", "\(limit)")
        defer { ControlFile.write("\(group)/memory.high", "max") }
        return isEnough()
    }

    /// Takes back what an agent left that died while it made room: a run that is throttled for ever.
    func liftReclaim() {
        guard places[.memory] == .unified, let high = ControlFile.text("\(group)/memory.high"),
            !high.hasPrefix("max")
        else { return }
        ControlFile.write("\(group)/memory.high", "max")
    }

    private func enforce(
        _ controller: Controller, _ limit: UInt64?, in tree: String, isLive: Bool
    ) -> [LimitShortfall] {
        let directory = "\(tree)/\(name)"
        if access(directory, F_OK) == 0 { return write(controller, limit, in: directory, isLegacy: true) }
        guard limit != nil else { return [] }
        _ = mkdir(tree, 0o755)
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            return [
                LimitShortfall(
                    field: controller.field,
                    reason: "the group \(directory) cannot be made: \(SystemError.text(errno))",
                    remedy: "mend the control group file system, then restart the replica")
            ]
        }
        // The charges of version 1 stay where they were, unless the kernel (before 6.12) can move them.
        let movesCharges =
            controller == .memory
            && ControlFile.write("\(directory)/memory.move_charge_at_immigrate", "3") == 0
        let shortfalls = write(controller, limit, in: directory, isLegacy: true)
        return shortfalls + (isLive ? join(controller, directory, movesCharges: movesCharges) : [])
    }

    private func join(
        _ controller: Controller, _ directory: String, movesCharges: Bool
    ) -> [LimitShortfall] {
        let left = GroupMembers.move(from: group, to: directory)
        if left > 0 {
            return [
                LimitShortfall(
                    field: controller.field,
                    reason: "\(left) processes of the run could not be moved into \(directory)",
                    remedy: "restart the replica (spec.restartNonce)")
            ]
        }
        guard controller == .memory, !movesCharges else { return [] }
        return [
            LimitShortfall(
                field: controller.field,
                reason: "the limit came while the replica ran, and this kernel does not count what it had "
                    + "allocated before against it",
                remedy: "restart the replica (spec.restartNonce) to have all of it counted")
        ]
    }

    private func write(
        _ controller: Controller, _ limit: UInt64?, in directory: String, isLegacy: Bool
    ) -> [LimitShortfall] {
        let settings = controller.settings(limit, isLegacy: isLegacy)
        var isSet = false
        for setting in settings {
            let failure = ControlFile.write("\(directory)/\(setting.file)", setting.value)
            if failure == 0 {
                isSet = true
            } else if !setting.isOptional {
                return [refusal(controller, limit, in: directory, isLegacy: isLegacy, failure)]
            }
        }
        guard !isSet, limit != nil else { return [] }
        let files = settings.map(\.file).joined(separator: " nor ")
        return [
            LimitShortfall(
                field: controller.field, reason: "this kernel has neither \(files)",
                remedy: "use a kernel with BFQ or io.cost, or leave \(controller.field) out")
        ]
    }

    private func refusal(
        _ controller: Controller, _ limit: UInt64?, in directory: String, isLegacy: Bool, _ failure: Int32
    ) -> LimitShortfall {
        let wanted = limit.map(controller.text) ?? "no limit"
        let present =
            switch controller.limit(at: directory, isLegacy: isLegacy) {
            case .limit(let value): "\(controller.text(value)) stays in force"
            case .none: "no limit stays in force"
            case .unreadable: "what is in force cannot be read"
            }
        guard controller == .memory, failure == EBUSY else {
            return LimitShortfall(
                field: controller.field,
                reason: "the kernel refuses \(wanted) (\(SystemError.text(failure))), and \(present)",
                remedy: "look at \(directory), then restart the replica (spec.restartNonce)")
        }
        let used =
            ControlFile.number("\(directory)/\(isLegacy ? "memory.usage_in_bytes" : "memory.current")")
            .map { "\($0 >> 20) MiB" } ?? "more"
        return LimitShortfall(
            field: controller.field,
            reason: "\(used) are in use and cannot be given back, so \(wanted) is not set, and \(present)",
            remedy: "restart the replica (spec.restartNonce), or raise the limit")
    }

    /// A weight is taken by every kernel, and acted on by few schedulers.
    func withoutScheduler(_ controller: Controller, _ limit: UInt64?) -> [LimitShortfall] {
        guard controller == .io, limit != nil, !DiskScheduling.actsOnWeights else { return [] }
        return [
            LimitShortfall(
                field: controller.field,
                reason: "no disk of this host has a scheduler that acts on weights",
                remedy: "choose bfq in /sys/block/*/queue/scheduler, or enable io.cost.qos")
        ]
    }
}

extension GroupLimits {
    /// The files whose change means that other limits are in force than before; those that there are. Weights
    /// are none: what a kernel makes of them differs.
    var files: [String] {
        [Controller.cpu, .memory, .pids].flatMap { controller -> [String] in
            let directory: String
            let isLegacy: Bool
            switch places[controller] {
            case .unified: (directory, isLegacy) = (group, false)
            case .legacy(let tree): (directory, isLegacy) = ("\(tree)/\(name)", true)
            case .missing, nil: return []
            }
            return controller.settings(nil, isLegacy: isLegacy).filter { !$0.isOptional }
                .map { "\(directory)/\($0.file)" }.filter { access($0, F_OK) == 0 }
        }
    }

    /// The version 1 hierarchies in which the run has a group of its own.
    func legacyGroups(_ declared: Resources?) -> [String] {
        Controller.allCases.compactMap { controller in
            guard controller.limit(in: declared) != nil, case .legacy(let tree)? = places[controller],
                access("\(tree)/\(name)", F_OK) == 0
            else { return nil }
            return controller.legacyName
        }
    }
}

/// One limit as it is declared and as the kernel has it.
package struct LimitComparison: Sendable, Hashable {
    /// `memory`, `io.weight`, ….
    package var field: String
    /// As a declaration would write it; nil: no limit.
    package var declared: String?
    package var actual: String?
    package var agrees: Bool
}

extension GroupLimits {
    /// Declared and actual value of every limit that is declared, or in force without being declared. What
    /// this host cannot limit is left out: that is a matter of `LimitsDegraded`.
    func values(_ declared: Resources?) -> [LimitComparison] {
        Controller.allCases.compactMap { controller in
            let limit = controller.limit(in: declared)
            let found: LimitInForce
            switch places[controller] {
            case .unified: found = controller.limit(at: group, isLegacy: false)
            case .legacy(let tree): found = controller.limit(at: "\(tree)/\(name)", isLegacy: true)
            case .missing, nil: return nil
            }
            let declaredText = limit.map(controller.text)
            guard case .limit(let actual) = found else {
                guard limit != nil else { return nil }
                return LimitComparison(
                    field: controller.field, declared: declaredText, actual: nil, agrees: false)
            }
            if limit == nil, controller == .io { return nil }
            let wanted = limit.map(controller.rounded)
            return LimitComparison(
                field: controller.field, declared: declaredText,
                actual: wanted == actual ? declaredText : controller.text(actual), agrees: wanted == actual)
        }
    }
}

/// Whether weights of disks mean anything here.
enum DiskScheduling {
    static var actsOnWeights: Bool {
        directoryNames("/sys/block").contains { disk in
            let path = "/sys/block/\(disk)/queue/scheduler"
            guard let bytes = try? contents(of: path, bytesMax: 4096) else { return false }
            return String(decoding: bytes, as: UTF8.self).contains("[bfq]")
        }
            || ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].contains { mount in
                guard let bytes = try? contents(of: "\(mount)/io.cost.qos", bytesMax: 64 << 10) else {
                    return false
                }
                return String(decoding: bytes, as: UTF8.self).contains("enable=1")
            }
    }
}
