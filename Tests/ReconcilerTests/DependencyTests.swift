import Manifests
import Reconciler
import TestKit
import Testing

struct DependencyTests {
    private static let probe =
        "endpoints: [{name: http, port: 9000+index}]\nhealth: {readiness: {tcp: {port: http}}}"

    private func source(
        db: String = "", dbUnit: String = probe, needs: String = "dependsOn: [{instance: db}]",
        web: String = ""
    ) -> DeclaredSource {
        Declared.source(
            Declared.unit("db", "config: {fields: [{name: fps, type: int, default: 1}]}\n" + dbUnit),
            Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}"),
            Declared.instance("db", of: "db@^1", db),
            Declared.instance("web", of: "web@^1", needs + "\n" + web))
    }

    private func waitsFor(_ host: SimulatedHost) -> String? {
        guard case .dependency(_, _, let detail)? = host.plan().waits("web").first else { return nil }
        return detail
    }

    @Test("started, ready and completed are waited for")
    func conditions() throws {
        var started = SimulatedHost()
        try started.commit(source(needs: "dependsOn: [{instance: db, condition: started}]"))
        try started.settle()
        #expect(started.run("web") != nil && started.run("db")?.isReady == false)

        var ready = SimulatedHost()
        try ready.commit(source(db: "replicas: 2"))
        try ready.settle()
        #expect(waitsFor(ready) == "0 of 2 ready")
        if let run = ready.run("db", 1) { ready.probe(run.id, .readiness, passing: true) }
        #expect(waitsFor(ready) == "1 of 2 ready")
        ready.passProbes()
        try ready.settle()
        #expect(ready.run("web") != nil)

        var completed = SimulatedHost()
        try completed.commit(
            source(dbUnit: "profile: oneshot", needs: "dependsOn: [{instance: db, condition: completed}]"))
        try completed.settle()
        #expect(waitsFor(completed) == "0 of 1 completed")
        completed.crash("db", 0, .exited(code: 0))
        try completed.settle()
        #expect(completed.run("web") != nil)
    }

    @Test("a oneshot is ready when it has ended well")
    func oneshotReady() throws {
        var host = SimulatedHost()
        try host.commit(source(dbUnit: "profile: oneshot"))
        try host.settle()
        #expect(host.run("db") != nil && host.run("web") == nil)
        host.crash("db", 0, .exited(code: 0))
        try host.settle()
        #expect(host.run("web") != nil)
    }

    @Test("what is required and does not run here is said so; what is not required is not waited for")
    func elsewhere() throws {
        for (db, detail) in [
            ("nodes: {names: [edge-2]}", "it does not run on this node"),
            ("desired: stopped", "it is declared with desired: stopped or no replicas"),
        ] {
            var host = SimulatedHost()
            try host.commit(source(db: db))
            try host.settle()
            #expect(waitsFor(host) == detail)
            try host.commit(source(db: db, needs: "dependsOn: [{instance: db, required: false}]"))
            try host.settle()
            #expect(host.run("web") != nil)
        }
    }

    @Test("a dependency that fails later stops nobody, and a crashed dependent waits for it")
    func later() throws {
        var host = try SimulatedHost.running(source())
        try host.settle()
        let web = host.run("web")
        #expect(web != nil)
        if let db = host.run("db") { host.probe(db.id, .readiness, passing: false) }
        #expect(try host.settle().actions.isEmpty)
        host.crash("web")
        try host.settle()
        #expect(waitsFor(host) == "0 of 1 ready")
    }

    @Test("a dependent changed in the same revision waits for the new spec of its dependency")
    func sameRevision() throws {
        var host = try SimulatedHost.running(source())
        let old = host.run("web")?.id
        try host.commit(source(db: "config: {fps: 2}", web: "config: {fps: 2}"))
        try host.settle()
        #expect(host.run("web")?.id == old)
        #expect(waitsFor(host) == "0 of 1 ready")
        host.passProbes()
        try host.settle()
        // Ready is not enough: the new spec has to be healthy.
        #expect(host.run("web")?.id == old)
        #expect(waitsFor(host) == "0 of 1 healthy as its new spec")
        try host.advance(by: .seconds(5))
        #expect(host.run("web")?.id != old)
    }

    @Test("an unchanged dependent that crashes while a rollout elsewhere is stuck comes back")
    func crashDuringRollout() throws {
        var host = try SimulatedHost.running(source(db: "replicas: 1"))
        // The new spec of db cannot be prepared: its old run stays, and serves.
        host.unprepared = ["db"]
        try host.commit(source(db: "config: {fps: 2}"))
        try host.settle()
        host.crash("web")
        try host.settle()
        #expect(host.run("web") != nil)
    }

    @Test("dependents stop first, whoever is behind a completed oneshot too")
    func stops() throws {
        let units = Declared.unit("app")
        let once = Declared.unit("once", "profile: oneshot")
        let source = Declared.source(
            units, once, Declared.instance("db", of: "app@^1"),
            Declared.instance("migrate", of: "once@^1", "dependsOn: [{instance: db}]"),
            Declared.instance("web", of: "app@^1", "dependsOn: [{instance: migrate, condition: completed}]"),
            Declared.instance("cron", of: "app@^1"))
        var host = SimulatedHost()
        try host.commit(source)
        try host.settle()
        host.crash("migrate", 0, .exited(code: 0))
        try host.settle()
        host.stopAgent()
        var order: [[String]] = []
        try host.settle { plan, _ in
            if !plan.stops.isEmpty { order.append(plan.stops.map(\.slot.instance).sorted()) }
        }
        #expect(order == [["cron", "web"], ["db"]])
    }

    @Test("an unknown dependent does not keep its dependencies from being removed")
    func unknownDependent() throws {
        var host = try SimulatedHost.running(source(dbUnit: ""))
        if let web = host.run("web") { host.silence(web.id) }
        try host.commit(Declared.source(Declared.unit()))
        try host.settle()
        #expect(host.run("db") == nil && host.run("web") != nil)
    }

    @Test("a chain of many starts from its end", .timeLimit(.minutes(1)))
    func chain() throws {
        let count = 60
        var files = ["u.yaml": Declared.unit("app") + "\n"]
        for index in 0..<count {
            let needs = index == 0 ? "" : "dependsOn: [{instance: i\(index - 1), condition: started}]"
            files["i\(index).yaml"] = Declared.instance("i\(index)", of: "app@^1", needs) + "\n"
        }
        var host = SimulatedHost()
        try host.commit(DeclaredSource(files))
        var started: [String] = []
        try host.settle { plan, _ in started += plan.starts.map(\.slot.instance) }
        #expect(started == (0..<count).map { "i\($0)" })
    }
}
