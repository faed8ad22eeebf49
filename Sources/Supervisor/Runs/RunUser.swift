import Glibc
import Reconciler
import Synchronization

/// Whose rights a run has, as numbers, and what its environment says of him.
struct RunUser: Sendable, Hashable {
    var name: String
    var uid: UInt32
    var gid: UInt32
    var supplementaryGroups: [UInt32]
    var home: String
    var shell: String
    /// False: the run keeps the agent's own ids, and nothing is to be switched.
    var switches: Bool
}

/// Looks users and groups up where the host keeps them. The keeper cannot: a static program has no NSS.
///
/// Answers are kept for a few seconds, because one revision asks the same question for every replica.
final class UserDirectory: Sendable {
    private struct Question: Hashable {
        var user: String?
        var group: String?
    }
    private struct Answer {
        var at: Instant
        var user: RunUser
    }

    private let known = Mutex<[Question: Answer]>([:])
    private static let answerAgeMax: Duration = .seconds(5)
    private static let answersMax = 1024

    func resolve(user: String?, group: String?) throws(PreparationFailure) -> RunUser {
        let question = Question(user: user, group: group)
        let now = Instant.current
        if let answer = known.withLock({ $0[question] }), now - answer.at < Self.answerAgeMax {
            return answer.user
        }
        let found = try lookUp(user: user, group: group)
        known.withLock { known in
            if known.count >= Self.answersMax { known.removeAll() }
            known[question] = Answer(at: now, user: found)
        }
        return found
    }

    private func lookUp(user: String?, group: String?) throws(PreparationFailure) -> RunUser {
        let own = geteuid()
        let account: Account
        if let user {
            guard let found = Account(named: user) ?? UInt32(user).flatMap(Account.init(id:)) else {
                throw PreparationFailure(
                    code: "user-unknown", message: "there is no user '\(user)' on this host",
                    remedy: "create the user, or change entry.user")
            }
            account = found
        } else {
            account = Account(id: own) ?? Account(name: "\(own)", uid: own, gid: getegid())
        }
        guard own == 0 || account.uid == own else {
            throw PreparationFailure(
                code: "user-not-permitted",
                message:
                    "the agent, an ordinary user (uid \(own)), cannot start runs as '\(account.name)'",
                remedy: "run the agent as root, or leave entry.user out")
        }
        let gid = try groupID(group, of: account, switchesUser: user != nil)
        let switches = own == 0 && (user != nil || group != nil)
        return RunUser(
            name: account.name, uid: account.uid, gid: gid,
            supplementaryGroups: switches && user != nil ? account.groups(with: gid) : [gid],
            home: account.home, shell: account.shell, switches: switches)
    }

    private func groupID(
        _ group: String?, of account: Account, switchesUser: Bool
    ) throws(PreparationFailure) -> UInt32 {
        guard let group else { return switchesUser ? account.gid : getegid() }
        guard let gid = Account.groupID(named: group) ?? UInt32(group) else {
            throw PreparationFailure(
                code: "group-unknown", message: "there is no group '\(group)' on this host",
                remedy: "create the group, or change entry.group")
        }
        guard geteuid() == 0 || gid == getegid() else {
            throw PreparationFailure(
                code: "group-not-permitted",
                message: "the agent runs as an ordinary user and cannot start runs with the group '\(group)'",
                remedy: "run the agent as root, or leave entry.group out")
        }
        return gid
    }
}
