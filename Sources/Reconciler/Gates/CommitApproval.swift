/// A commit that says that the plan of a held one is meant: by the trailer `Plumb-Approve: HASH`.
package struct ApprovingCommit: Sendable, Hashable {
    package var revision: Revision
    /// It has the held revision among its ancestors.
    package var descendsFromHeld: Bool
    /// Who signed what came with the held revision.
    package var broughtAlong: [Signer] = []

    package init(revision: Revision, descendsFromHeld: Bool) {
        self.revision = revision
        self.descendsFromHeld = descendsFromHeld
    }
}

/// Why a commit's word is not enough.
package enum ApprovalRefusal: Error, Sendable, Hashable {
    case noApprovers
    case unsigned
    case notAnApprover(Signer)
    /// Whoever held it up would approve it himself; without a signature nobody knows who that is.
    case ownCommit
    case heldUnsigned
    case unrelated

    package var message: String {
        switch self {
        case .noApprovers: "this host has no trust.approvers, so commits approve nothing"
        case .unsigned: "the commit that approves is not signed"
        case .notAnApprover(let signer): "\(signer.principal) is none of trust.approvers"
        case .ownCommit:
            "it is signed by whoever signed the held commit or one that came with it, and nobody approves "
                + "his own"
        case .heldUnsigned: "the held commit is not signed, so nobody can tell whether that is somebody else"
        case .unrelated: "it does not descend from the held commit"
        }
    }
}

extension Revision {
    /// The hashes that a message names in its trailers: the lines of its last paragraph.
    package static func approvals(in message: String) -> [String] {
        var paragraph: [Substring] = []
        for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
            let isBlank = line.allSatisfy(\.isWhitespace)
            if isBlank, !paragraph.isEmpty { paragraph.append("") }
            if !isBlank {
                if paragraph.last?.isEmpty == true { paragraph = [] }
                paragraph.append(line)
            }
        }
        return paragraph.prefix(trailersMax).compactMap { line in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "plumb-approve" else {
                return nil
            }
            let text = line[line.index(after: colon)...].filter { !$0.isWhitespace }
            return text.isEmpty ? nil : text
        }
    }

    private static let trailersMax = 100
}

extension Gatekeeper {
    /// Whether a commit means the plan that is held; nil: it names none, or another one. What it approves
    /// is remembered for when its own plan, which is the held one, is weighed.
    package mutating func approve(
        by commit: ApprovingCommit, at now: Moment
    ) -> Result<HeldRevision, ApprovalRefusal>? {
        guard let held = memory.held, held.revision.id != commit.revision.id,
            let named = commit.revision.approves, named.contains(where: { held.plan.hash.isNamed(by: $0) })
        else { return nil }
        let approvers = settings.approvers ?? []
        guard !approvers.isEmpty else { return .failure(.noApprovers) }
        guard let signer = commit.revision.signer else { return .failure(.unsigned) }
        guard approvers.contains(where: { $0 == signer.principal || $0 == signer.key }) else {
            return .failure(.notAnApprover(signer))
        }
        guard let author = held.broughtBy else { return .failure(.heldUnsigned) }
        let authors = [author] + commit.broughtAlong
        guard !authors.contains(where: { $0.key == signer.key || $0.principal == signer.principal }) else {
            return .failure(.ownCommit)
        }
        guard commit.descendsFromHeld else { return .failure(.unrelated) }
        change {
            $0.approval = Approval(
                plan: held.plan.hash, revision: commit.revision.id,
                by: "\(signer.principal) in \(commit.revision.short)", reason: commit.revision.subject,
                at: now.wall)
        }
        return .success(held)
    }
}
