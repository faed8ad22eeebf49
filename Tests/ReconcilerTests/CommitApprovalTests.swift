import Reconciler
import TestKit
import Testing

/// A commit that approves what is held: by whom, of what, and in which words.
struct CommitApprovalTests {
    private static let ann = Signer(principal: "ann@example.org", key: "SHA256:ann")
    private static let ben = Signer(principal: "ben@example.org", key: "SHA256:ben")
    private let clock = ManualClock()

    @Test(
        "Only the last paragraph has trailers",
        arguments: [
            ("Merge\n\nPlumb-Approve: 7d1f-02ac\n", ["7d1f-02ac"]),
            (
                "Merge\n\nSigned-off-by: Ann\nplumb-approve:7d1f02ac  \nPlumb-Approve: aaaa-bbbb",
                [
                    "7d1f02ac", "aaaa-bbbb",
                ]
            ),
            ("Merge\n\nPlumb-Approve: 7d1f-02ac\n\nNo, wait.\n", []), ("Plumb-Approve 7d1f-02ac", []),
            ("Merge\n\nPlumb-Approve:\n", []), ("", []), ("\n\n\n", []),
        ])
    func trailers(message: String, expected: [String]) {
        #expect(Revision.approvals(in: message) == expected)
    }

    private func plan() throws -> GatedPlan {
        let unit = Declared.unit("web")
        let old = try Declared.source(unit, Declared.instance("a")).desired(revision: .numbered(1))
        return GatedPlan(from: old.instances, to: try Declared.source(unit).desired(revision: .numbered(2)))
    }

    private func keeper(approvers: [String], heldBy: Signer?) throws -> Gatekeeper {
        var settings = GateSettings()
        settings.approvers = approvers
        var keeper = Gatekeeper(settings: settings)
        var revision = Revision.numbered(2)
        revision.signer = heldBy
        let held = keeper.weigh(
            revision, try plan(), isFirst: false, windows: .always, at: clock.moment)
        _ = keeper.hold(try #require(held))
        return keeper
    }

    private func commit(_ signer: Signer?, _ named: [String]? = nil, descends: Bool = true) throws
        -> ApprovingCommit
    {
        var revision = Revision.numbered(3, by: "Ann", subject: "it is meant")
        revision.signer = signer
        revision.approves = try named ?? ["\(plan().hash)"]
        return ApprovingCommit(revision: revision, descendsFromHeld: descends)
    }

    @Test(
        "An approver who is somebody else is believed, by name or by key",
        arguments: [
            "ann@example.org", "SHA256:ann",
        ])
    func approved(approver: String) throws {
        var keeper = try keeper(approvers: [approver], heldBy: Self.ben)
        guard case .success(let held)? = keeper.approve(by: try commit(Self.ann), at: clock.moment) else {
            Issue.record("not approved")
            return
        }
        #expect(held.revision.id == Revision.numbered(2).id)
        #expect(keeper.memory.approval?.by == "ann@example.org in main@0000003")
        #expect(keeper.memory.approval?.reason == "it is meant")
        let next = keeper.weigh(
            .numbered(3), try plan(), isFirst: false, windows: .closed(opensAt: nil), at: clock.moment)
        #expect(next == nil)
    }

    @Test(
        "Nobody else is, and it is said why",
        arguments: [
            ([], ben, ann, true, ApprovalRefusal.noApprovers),
            (["ann@example.org"], ben, nil, true, .unsigned),
            (["cleo"], ben, ann, true, .notAnApprover(ann)),
            (["ann@example.org"], ann, ann, true, .ownCommit),
            (["ann@example.org"], nil, ann, true, .heldUnsigned),
            (["ann@example.org"], ben, ann, false, .unrelated),
            (
                ["ann@example.org"], Signer(principal: "other", key: "SHA256:ann"), ann, true, .ownCommit
            ),
        ] as [([String], Signer?, Signer?, Bool, ApprovalRefusal)])
    func refused(
        approvers: [String], heldBy: Signer?, signer: Signer?, descends: Bool, why: ApprovalRefusal
    ) throws {
        var keeper = try keeper(approvers: approvers, heldBy: heldBy)
        let answer = keeper.approve(by: try commit(signer, descends: descends), at: clock.moment)
        #expect(answer == .failure(why))
        #expect(keeper.memory.approval == nil)
        #expect(why.message.count > 20)
    }

    @Test("Whoever brought the plan does not approve it from behind another's commit") func behind() throws {
        var keeper = try keeper(approvers: ["ann@example.org", "ben@example.org"], heldBy: Self.ben)
        var onTop = Revision.numbered(3)
        onTop.signer = Self.ann
        let held = keeper.weigh(onTop, try plan(), isFirst: false, windows: .always, at: clock.moment)
        _ = keeper.hold(try #require(held))
        var own = try commit(Self.ben)
        own.revision.id = Revision.numbered(4).id
        let refused = keeper.approve(by: own, at: clock.moment)
        #expect(refused == .failure(.ownCommit))
        var other = try commit(Self.ann)
        other.revision.id = Revision.numbered(5).id
        let answer = keeper.approve(by: other, at: clock.moment)
        #expect(answer == .success(try #require(held)))
    }

    @Test("Nor does whoever signed something that came with it") func along() throws {
        var keeper = try keeper(approvers: ["ann@example.org", "ben@example.org"], heldBy: Self.ben)
        var approving = try commit(Self.ann)
        approving.broughtAlong = [Self.ben, Signer(principal: "other", key: Self.ann.key)]
        #expect(keeper.approve(by: approving, at: clock.moment) == .failure(.ownCommit))
        approving.broughtAlong = [Self.ben]
        guard case .success? = keeper.approve(by: approving, at: clock.moment) else {
            Issue.record("not approved")
            return
        }
    }

    @Test("A commit that names another plan, or none, is no approval") func another() throws {
        var keeper = try keeper(approvers: ["ann@example.org"], heldBy: Self.ben)
        for named in [[], ["0000-0000"], ["7"]] {
            let commit = try commit(Self.ann, named)
            let answer = keeper.approve(by: commit, at: clock.moment)
            #expect(answer == nil, "\(named)")
        }
    }
}
