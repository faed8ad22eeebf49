import Reconciler
import StatusAPI
import Testing

@testable import Plumb

@Suite("status and events") struct StatusTests {
    private func status() throws -> StatusDocument {
        try WireFormat.decode(StatusDocument.self, from: Array(WireExamples.status.utf8))
    }

    private let codes = #/\u{1B}\[\d+m/#

    @Test("What is not well comes first, in words; at 120 columns the reason is cut") func wide() throws {
        let lines = StatusReport(status: try status()).lines(width: 120, paint: .none)
        #expect(
            lines == [
                "edge-1  main@3f2a9c1 by Ann <ann@example.org>: Declare the shop, accepted 3m12s ago",
                "2 of 3 Instances synced, 2 of 4 replicas ready",
                "",
                "Invalid: main@9c02e11 by Bob <bob@example.org> is not applied: More replicas (12s)",
                "  web.yaml:7:3: error[unknown-key]: unknown key 'replics'; did you mean 'replicas'?",
                "",
                "INSTANCE  UNIT          SYNC       HEALTH     READY  RESTARTS    AGE  REASON",
                "worker    worker@1.0.0  OutOfSync  unhealthy    0/1         4      –  "
                    + "exit code 1; waits 8s before it is started again,…",
                "queue     queue@1.0.0   Synced     healthy      1/1         0  3m10s",
                "web       web@1.1.0     Synced     healthy      1/2         1    42s",
            ])
    }

    @Test("At 80 columns every line of the table fits") func narrow() throws {
        let lines = StatusReport(status: try status()).lines(width: 80, paint: .none)
        let table = lines.drop { !$0.hasPrefix("INSTANCE") }
        #expect(
            Array(table) == [
                "INSTANCE  UNIT          SYNC       HEALTH     READY  RESTARTS    AGE  REASON",
                "worker    worker@1.0.0  OutOfSync  unhealthy    0/1         4      –  exit code…",
                "queue     queue@1.0.0   Synced     healthy      1/1         0  3m10s",
                "web       web@1.1.0     Synced     healthy      1/2         1    42s",
            ])
    }

    @Test("What was found about a run that is well is said, before what is well") func found() throws {
        var status = try status()
        let web = try #require(status.instances.firstIndex { $0.name == "web" })
        let message = "/usr/bin/web was replaced"
        let finding = FindingDocument(
            RunFinding(kind: .stale, reason: RunFinding.executableReplaced, message: message))
        status.instances[web].replicas[0].findings = [finding]
        let one = StatusReport(status: status).lines(width: 200, paint: .none).suffix(2)
        #expect(one.first?.hasSuffix("web/0 is Stale: \(message)") == true, "\(one)")
        #expect(one.last?.hasPrefix("queue") == true)
        status.instances[web].replicas[1].findings = [finding]
        let two = StatusReport(status: status).lines(width: 200, paint: .none).suffix(2)
        #expect(two.first?.hasSuffix("web/0 and 1 more are Stale: \(message)") == true, "\(two)")
    }

    @Test("Colour changes no letter") func colour() throws {
        let report = StatusReport(status: try status())
        let painted = report.lines(width: 100, paint: Paint(isOn: true))
        #expect(painted.contains { $0.contains("\u{1B}[31munhealthy\u{1B}[0m") })
        #expect(painted.map { $0.replacing(codes, with: "") } == report.lines(width: 100, paint: .none))
    }

    @Test("One Instance is shown with each replica") func instance() throws {
        let detail = try WireFormat.decode(
            InstanceDetailDocument.self, from: Array(WireExamples.detail.utf8))
        let now = try #require(Timestamp("2026-11-21T09:33:43.512Z"))
        #expect(
            InstanceReport(detail: detail, now: now).lines(width: 120, paint: .none) == [
                "web  web@1.1.0  Synced  healthy  1/2 ready",
                "declared at instances/web.yaml:6  team=shop",
                "web/1: waits for its turn in the rollout",
                "",
                "REPLICA  PHASE       HEALTH      PID  AGE  RESTARTS  PORTS       RUN                   REVISION      "
                    + "LAST EXIT",
                "web/0    Running     healthy     812  42s         1  http=18080  019aa5c1f2a3deadbeef  main@3f2a9c1  "
                    + "exit code 3, 43s a…",
                "web/1    Configured  recovering    –    –         0  http=18081",
            ])
    }

    @Test("A replica by its name is shown alone, and one that there is not is an error") func replica() throws
    {
        let detail = try WireFormat.decode(
            InstanceDetailDocument.self, from: Array(WireExamples.detail.utf8))
        let one = try detail.only(replica: "web/0")
        #expect(one.instance.replicas.map(\.name) == ["web/0"] && one.waiting.isEmpty)
        let failure = #expect(throws: CommandFailure.self) { try detail.only(replica: "web/7") }
        #expect(failure?.message == "there is no replica web/7")
        #expect(failure?.remedy == "there are: web/0, web/1")
    }

    @Test("An event's cause is never cut off: it goes on below") func event() throws {
        let list = try WireFormat.decode(
            ListDocument<EventDocument>.self, from: Array(WireExamples.events.utf8))
        let event = try #require(list.items.first)
        let time = TimeText.local(event.time.wall)
        let blank = String(repeating: " ", count: 40)
        #expect(
            EventReport(event: event).lines(width: 100, paint: .none) == [
                time + "  stopping           web/0 stops: spec.config.greeting Hello → Welcome at",
                blank + "instances/web.yaml:16, main@3f2a9c1 by Ann <ann@example.org>",
            ])
        #expect(EventReport(event: event).lines(width: nil, paint: .none).count == 1)
        #expect(EventReport(event: event).lines(width: 40, paint: .none).count == 1)
    }

    @Test("A document of another version is said to be one") func mismatch() {
        #expect(throws: CommandFailure.self) {
            try WireMismatch.decode(StatusDocument.self, Array("{}".utf8))
        }
    }
}
