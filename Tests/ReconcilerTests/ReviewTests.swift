import Manifests
import Reconciler
import TestKit
import Testing

/// What a review foretells, host by host, without asking any of them.
struct ReviewTests {
    private static let unit = Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}")
    private static let served = Declared.unit(
        "served", "endpoints: [{name: http, port: 8080+index}]")

    private func side(_ number: Int, _ instances: [String: String], of unit: String = "web@^1") throws
        -> Review.Side
    {
        var files = ["web.yaml": Self.unit + "\n", "served.yaml": Self.served + "\n"]
        for (name, spec) in instances {
            files["i-\(name).yaml"] = Declared.instance(name, of: unit, spec) + "\n"
        }
        return Review.Side(revision: .numbered(number), snapshot: try DeclaredSource(files).snapshot())
    }

    private func review(
        _ old: [String: String], _ new: [String: String], hosts: [ReviewHost]? = nil,
        of unit: String = "web@^1"
    ) throws -> Review {
        let (before, after) = (try side(1, old, of: unit), try side(2, new, of: unit))
        return Review(
            from: before, to: after,
            hosts: hosts ?? ReviewHost.assumed(from: [before.snapshot, after.snapshot]),
            isInventory: hosts != nil, at: ManualClock().moment)
    }

    private func rows(_ review: Review) -> [String: [String]] {
        Dictionary(
            uniqueKeysWithValues: review.hosts.map { host in
                (
                    host.host.node.name,
                    host.summary.rows.map { "\($0.kind.rawValue) \($0.replicas) \($0.cause.headline)" }
                )
            })
    }

    private func host(_ name: String, _ labels: [String: String] = [:], secrets: Set<String>? = nil)
        -> ReviewHost
    {
        ReviewHost(node: Node(name: name, labels: labels), secrets: secrets)
    }

    @Test("Without an inventory there is a plan for each host that is named, each selector, and the rest")
    func assumed() throws {
        let found = try review(
            ["all": "", "one": "nodes: {names: [edge-1]}", "zone": "nodes: {selector: {zone: a}}"],
            [
                "all": "", "one": "nodes: {names: [edge-1]}\nconfig: {fps: 2}",
                "zone": "nodes: {selector: {zone: a}}\nconfig: {fps: 3}",
            ])
        #expect(
            rows(found) == [
                "edge-1": ["restart one/0 spec.config.fps 1 → 2"],
                "any host with zone=a": ["restart zone/0 spec.config.fps 1 → 3"],
                "any other host": [],
            ])
        #expect(found.hosts.map(\.summary.unchanged) == [1, 1, 1], "what runs everywhere is in each of them")
        #expect(found.unchecked.contains { $0.kind == .node && $0.name == "edge-1" })
    }

    @Test("An Instance that moves stops on one host and starts on the other, and the cause is its nodes")
    func move() throws {
        let found = try review(
            ["a": "nodes: {names: [edge-1]}"], ["a": "nodes: {names: [edge-2]}"],
            hosts: [host("edge-1"), host("edge-2"), host("edge-3")])
        #expect(
            rows(found) == [
                "edge-1": ["stop a/0 spec.nodes this node → other nodes"],
                "edge-2": ["start a/0 spec.nodes other nodes → this node"], "edge-3": [],
            ])
        #expect(found.hosts[0].warnings.map(\.kind) == [.fuse])
        #expect(found.hosts[1].warnings.isEmpty && found.warnings.isEmpty)
    }

    @Test("More than half removed is a warning; half, a smaller number of replicas and a stop are not")
    func fuse() throws {
        let base = ["a": "", "b": "", "c": "", "d": ""]
        let hosts = [host("edge-1")]
        func warnings(_ new: [String: String]) throws -> [String] {
            try review(base, new, hosts: hosts).hosts[0].warnings.map(\.message)
        }
        #expect(try warnings(["a": "", "b": ""]).isEmpty)
        let most = try warnings(["a": ""])
        #expect(most.count == 1 && most[0].contains("removes 3 of 4 replicas of this host"))
        #expect(try warnings([:]).first?.contains("removes 4 of 4 replicas and leaves none") == true)
        let stopped = base.mapValues { _ in "desired: stopped" }
        #expect(try warnings(stopped).isEmpty)
        // What is protected is not removed, and does not count.
        let kept = try review(
            base.merging(["d": "prune: protect", "c": "prune: protect"]) { $1 }, ["a": ""], hosts: hosts)
        #expect(kept.hosts[0].warnings.map(\.kind) == [.protected, .protected])
        #expect(kept.hosts[0].summary.rows.map(\.replicas) == ["b/0"])
    }

    @Test("Two Instances that come to want one port of one host clash there, and nowhere else")
    func ports() throws {
        let hosts = [host("edge-1"), host("edge-2")]
        let old = ["a": "replicas: 2\nnodes: {names: [edge-1]}", "b": "nodes: {names: [edge-2]}"]
        let found = try review(
            old, ["a": "replicas: 2", "b": "nodes: {names: [edge-2]}"], hosts: hosts, of: "served@^1")
        #expect(found.hosts[0].warnings.isEmpty)
        #expect(found.hosts[1].warnings.map(\.message) == ["a and b both want port 8080 of this host"])
        let again = try review(
            ["a": "", "b": ""], ["a": "", "b": "replicas: 1"], hosts: hosts, of: "served@^1")
        let news = again.hosts.flatMap { $0.warnings }
        #expect(news.isEmpty, "a clash that was there before is no news")
    }

    @Test("What the inventory knows is checked, what it does not know is listed")
    func facts() throws {
        let found = try review(
            [:], ["a": "secrets: {T: {file: token}}\nnodes: {names: [edge-1, edge-7]}"],
            hosts: [host("edge-1", secrets: ["other"]), host("edge-2")])
        #expect(found.hosts[0].warnings.map(\.kind) == [.missingSecret])
        #expect(found.hosts[0].warnings[0].message.contains("a would wait for it"))
        #expect(found.hosts[0].warnings[0].place?.file == "i-a.yaml")
        #expect(found.warnings.map(\.message) == ["a names edge-7, not in the node file"])
        #expect(!found.unchecked.contains { $0.kind == .secret || $0.kind == .node })
    }

    @Test("Of long values the part is shown in which they differ")
    func longValues() {
        let place = Location(file: "a.yaml", line: 1, column: 1)
        let same = String(repeating: "x", count: 200)
        let change = FieldChange(
            path: "spec.args", old: same + "1", new: same + "2", effect: .restart, place: place)
        #expect(change.text == "spec.args …xxxxxxxxxx1 → …xxxxxxxxxx2")
        let early = FieldChange(
            path: "spec.args", old: "a" + same, new: "b" + same, effect: .restart, place: place)
        #expect(early.text.hasPrefix("spec.args axxx") && early.text.contains(" → bxxx"))
    }
}
