import StatusAPI
import Testing

@testable import Plumb

@Suite("sandbox") struct SandboxReportTests {
    private let document = """
        {"apiVersion":"plumb.dev/v1","kind":"Sandbox","instance":"web","replicas":[
        {"name":"web/0","phase":"Running","runId":"019aa5c1f2a3deadbeef","pid":4711,"level":"strict",
        "degraded":"this host does not give: landlock: yes (no Landlock)","items":[
        {"item":"privateTmp","declared":"yes","inForce":"yes","evidence":"/tmp tmpfs rw"},
        {"item":"landlock","declared":"yes","inForce":"atStart","evidence":"Landlock 7"},
        {"item":"network","declared":"none","inForce":"no","evidence":"the host's"},
        {"item":"privatePids","declared":"no","inForce":"off","evidence":""}]},
        {"name":"web/1","phase":"Crashed","items":[]}]}
        """

    @Test func everyItemHasItsVerdictAndWhatShowsIt() throws {
        let document = try WireFormat.decode(SandboxDocument.self, from: Array(document.utf8))
        #expect(
            SandboxReport(document: document).lines(width: 80, paint: .none) == [
                "web/0  level strict  pid 4711",
                "this host does not give: landlock: yes (no Landlock)",
                "ITEM         DECLARED  IN FORCE  SEEN",
                "privateTmp   yes       yes       /tmp tmpfs rw",
                "landlock     yes       at start  Landlock 7",
                "network      none      NO        the host's",
                "privatePids  no        off",
                "",
                "web/1  Crashed  has no process to look at",
            ])
        #expect(try document.only(replica: "web/1").replicas.map(\.name) == ["web/1"])
        #expect(throws: CommandFailure.self) { try document.only(replica: "web/7") }
    }
}
