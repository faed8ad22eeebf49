import CLinux
import Glibc
import KeeperProtocol
import Manifests
import Reconciler
import Synchronization

/// Which sandboxes this host can give. Found out by trying: a child is shut in by the very steps that a run
/// would be, and then executes nothing. What is given is kept for the life of the agent; what is refused for
/// a while, because a host can be mended.
final class SandboxTrials: Sendable {
    struct Question: Hashable, Sendable {
        var rules: SandboxRules
        var uid: UInt32
        var gid: UInt32
        var switchesUser: Bool

        init(_ rules: SandboxRules, _ user: RunUser) {
            self.rules = rules
            uid = user.uid
            gid = user.gid
            switchesUser = user.switches
        }
    }

    private struct Answer {
        var verdict: SandboxVerdict
        var at: Instant
    }

    private let known = Mutex<[Question: Answer]>([:])
    private static let answersMax = 256
    private static let refusalAgeMax: Duration = .seconds(20)

    func answer(_ question: Question) -> SandboxVerdict? {
        guard let answer = known.withLock({ $0[question] }) else { return nil }
        let isFresh = answer.verdict.missing.isEmpty || Instant.current - answer.at < Self.refusalAgeMax
        return isFresh ? answer.verdict : nil
    }

    func keep(_ verdict: SandboxVerdict, for question: Question) {
        known.withLock { known in
            if known.count >= Self.answersMax { known.removeAll() }
            known[question] = Answer(verdict: verdict, at: .current)
        }
    }

    /// A run could not be shut in by these rules after all: the host is another one than it was.
    func forget(_ rules: SandboxRules) {
        known.withLock { known in known = known.filter { $0.key.rules != rules } }
    }

    /// 0 where the kernel has no Landlock, or it was switched off at boot.
    static let landlockVersion = max(0, Int(clinux_landlock_version()))
}

extension Supervisor {
    private static let trialTimeout: Duration = .seconds(10)
    /// There is no such file: getting as far as to look for it is what is tried.
    private static let trialExecutable = "/proc/plumb-sandbox-trial"

    /// The sandbox that a run was started with. Of one that was adopted it is what would be given now.
    func rules(of entry: RunEntry, _ spec: InstanceSpec) async throws(PreparationFailure) -> SandboxRules {
        if let rules = entry.sandbox { return rules }
        return try await sandbox(of: spec.process).rules
    }

    /// What this host gives of the declared sandbox. Throws where that is not all of it, and all is required.
    func sandbox(of process: ProcessSpec) async throws(PreparationFailure) -> SandboxVerdict {
        let rules = process.sandboxRules
        guard SandboxPlan.isNeeded(rules) else { return SandboxVerdict(rules: rules) }
        let user = try assembly.users.resolve(user: process.user, group: process.group)
        let question = SandboxTrials.Question(rules, user)
        let verdict: SandboxVerdict
        if let known = trials.answer(question) {
            verdict = known
        } else {
            verdict = try await tryOut(rules, user)
            trials.keep(verdict, for: question)
        }
        guard rules.required, !verdict.missing.isEmpty else { return verdict }
        throw PreparationFailure(
            code: "sandbox-unavailable",
            message: "this host cannot give all of sandbox level '\(process.sandbox.level.rawValue)': "
                + verdict.missingText,
            remedy: "choose a lower level, run the agent as root, mend the host, "
                + "or set sandbox.required: false to go without")
    }

    /// Takes away what is refused until the rest is given.
    private func tryOut(
        _ declared: SandboxRules, _ user: RunUser
    ) async throws(PreparationFailure) -> SandboxVerdict {
        var verdict = knownBeforehand(SandboxVerdict(rules: declared))
        while SandboxPlan.isNeeded(verdict.rules) {
            let outcome = try await trial(verdict.rules, user)
            guard case .execFailed(let step, let number) = outcome, step != .execute else { return verdict }
            guard let refusal = step.refusal(isRoot: geteuid() == 0),
                let rest = verdict.rules.without(refusal)
            else {
                throw PreparationFailure(
                    code: "sandbox-trial",
                    message: "a sandbox cannot be tried out: \(step.words): "
                        + SystemError.text(number), remedy: "look into the agent's log", isTransient: true)
            }
            let lost = verdict.rules.itemsLost(to: rest).joined(separator: ", ")
            verdict.missing.append(
                .init(item: lost, reason: "\(step.sandboxItem): \(step.reason(number))"))
            verdict.rules = rest
        }
        return verdict
    }

    /// What need not be tried.
    private func knownBeforehand(_ declared: SandboxVerdict) -> SandboxVerdict {
        var verdict = declared
        func lose(_ refusal: SandboxRefusal, _ reason: String) {
            guard let rest = verdict.rules.without(refusal) else { return }
            let lost = verdict.rules.itemsLost(to: rest).joined(separator: ", ")
            verdict.missing.append(.init(item: lost, reason: reason))
            verdict.rules = rest
        }
        let isRoot = geteuid() == 0
        if verdict.rules.landlock, SandboxTrials.landlockVersion == 0 {
            lose(.landlock, "the kernel has no Landlock, or it is not among its active security modules")
        }
        if verdict.rules.network == .local {
            if !isRoot { lose(.network, "only an agent that is root can filter packets") }
            if isRoot, groups == nil { lose(.network, "it needs control groups of version 2") }
        }
        if verdict.rules.guardsHeldPorts, SandboxTrials.landlockVersion < LandlockPlan.versionOfPorts {
            verdict.missing.append(
                .init(
                    item: "network: none",
                    reason: "beside a port that Plumb holds it needs Landlock of version "
                        + "\(LandlockPlan.versionOfPorts), Linux 6.7"))
            verdict.rules.hasHeldPorts = false
        }
        if verdict.rules.grantsCapabilities, !isRoot {
            lose(.capabilities, "an agent that is an ordinary user has none to give")
        }
        return verdict
    }

    private func trial(
        _ rules: SandboxRules, _ user: RunUser
    ) async throws(PreparationFailure) -> ProbeResult.Outcome {
        var launch = LaunchSpec(
            runID: "sandbox-trial", executable: Self.trialExecutable, arguments: ["trial"])
        launch.mode = .probe(timeoutMilliseconds: Self.trialTimeout.wholeMilliseconds)
        launch.bootID = bootID
        launch.noNewPrivileges = rules.noNewPrivileges
        if user.switches {
            launch.user = user.uid
            launch.group = user.gid
            launch.supplementaryGroups = user.supplementaryGroups
        }
        launch.sandbox = SandboxPlan(rules: rules, context: assembly.context(user)).steps()
        var group: String?
        if rules.network == .local, let groups {
            let path = "\(groups.path)/trial-sandbox-\(getpid())"
            try? groups.make(path)
            launch.sandbox.filterPackets(of: path)
            group = path
        }
        defer { if let group { rmdir(group) } }
        do {
            guard let answer = try await result(of: launch, within: Self.trialTimeout + .seconds(2)) else {
                throw SystemError("try out", "a sandbox", number: ETIMEDOUT)
            }
            return answer.outcome
        } catch {
            throw PreparationFailure(
                code: "sandbox-trial", message: "a sandbox cannot be tried out: \(error)",
                remedy: "it is tried again", isTransient: true)
        }
    }
}

extension SandboxSteps {
    /// Drops what the processes of this control group send to or get from other hosts. Before the mounts,
    /// which may hide the group's directory.
    mutating func filterPackets(of group: String) {
        let steps = [UInt64(0), 1].map { direction in
            SandboxStep(
                .packetFilter, .networkFilter, first: direction, texts: [group], data: LoopbackOnly.program)
        }
        enter.insert(contentsOf: steps, at: 0)
    }
}
