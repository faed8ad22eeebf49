/// Answers of an agent, as they come over the socket.
enum WireExamples {
    private static let revision = """
        {"commit":"3f2a9c1aa0000000000000000000000000000000","short":"main@3f2a9c1","ref":"main",
        "author":"Ann <ann@example.org>","subject":"Declare the shop",
        "committedAt":"2026-11-21T09:30:00.000Z","acceptedAt":"2026-11-21T09:30:31.512Z"}
        """

    private static let refused = """
        {"commit":"9c02e11aa0000000000000000000000000000000","short":"main@9c02e11","ref":"main",
        "author":"Bob <bob@example.org>","subject":"More replicas","committedAt":"2026-11-21T09:33:30.000Z"}
        """

    private static func instance(
        _ name: String, _ unit: String, sync: String, health: String, ready: Int, desired: Int,
        reason: String = "", replicas: [String]
    ) -> String {
        """
        {"name":"\(name)","unit":"\(unit)","sync":"\(sync)","health":"\(health)","ready":"\(ready)/\(desired)",
        "readyReplicas":\(ready),"desiredReplicas":\(desired),"suspended":false,"reason":"\(reason)",
        "labels":{"team":"shop"},"declaredAt":"instances/\(name).yaml:6",
        "replicas":[\(replicas.joined(separator: ","))]}
        """
    }

    private static func live(_ name: String, pid: Int, started: String, restarts: Int = 0, port: Int)
        -> String
    {
        """
        {"name":"\(name)","index":0,"phase":"Running","health":"healthy","synced":true,"ready":true,
        "pid":\(pid),"runId":"019aa5c1f2a3deadbeef","revision":"main@3f2a9c1","startedAt":"\(started)",
        "restarts":\(restarts),"reason":"","ports":{"http":\(port)},
        "lastExit":{"text":"exit code 3","code":3,"at":"2026-11-21T09:33:01.000Z"}}
        """
    }

    private static func absent(_ name: String, phase: String, health: String, restarts: Int, port: Int)
        -> String
    {
        """
        {"name":"\(name)","index":1,"phase":"\(phase)","health":"\(health)","synced":false,"ready":false,
        "restarts":\(restarts),"reason":"","ports":{"http":\(port)}}
        """
    }

    private static let web = instance(
        "web", "web@1.1.0", sync: "Synced", health: "healthy", ready: 1, desired: 2,
        replicas: [
            live("web/0", pid: 812, started: "2026-11-21T09:33:01.512Z", restarts: 1, port: 18080),
            absent("web/1", phase: "Configured", health: "recovering", restarts: 0, port: 18081),
        ])

    static let status = """
        {"apiVersion":"plumb.dev/v1","kind":"Status","node":"edge-1","nodeLabels":{},"version":"0.1.0","stateDir":"/var/lib/plumb",
        "startedAt":"2026-11-21T09:00:00.000Z","observedAt":"2026-11-21T09:33:43.512Z","ready":true,
        "source":{"repository":"/srv/shop","ref":"main","path":"/","accepted":\(revision),
        "seen":\(refused),"diagnostics":
        ["web.yaml:7:3: error[unknown-key]: unknown key 'replics'; did you mean 'replicas'?\\n  7 | replics: 2"]},
        "conditions":[
        {"type":"Invalid","status":true,"reason":"InvalidManifests","since":"2026-11-21T09:33:31.512Z","message":
        "main@9c02e11 by Bob <bob@example.org> is not applied: web.yaml:7:3: error[unknown-key]: no"},
        {"type":"Progressing","status":false,"reason":"Settled","message":"","since":"2026-11-21T09:33:00.000Z"},
        {"type":"Synced","status":false,"reason":"Invalid","message":"x","since":"2026-11-21T09:33:00.000Z"}],
        "summary":{"instances":3,"synced":2,"desired":4,"replicas":4,"ready":2,"byPhase":{},"byHealth":{}},
        "instances":[
        \(instance(
            "queue", "queue@1.0.0", sync: "Synced", health: "healthy", ready: 1, desired: 1,
            replicas: [live("queue/0", pid: 811, started: "2026-11-21T09:30:33.512Z", port: 18070)])),
        \(web),
        \(instance(
            "worker", "worker@1.0.0", sync: "OutOfSync", health: "unhealthy", ready: 0, desired: 1,
            reason: "exit code 1; waits 8s before it is started again, after 4 failures in a row",
            replicas: [absent("worker/0", phase: "Crashed", health: "unhealthy", restarts: 4, port: 1)]))],
        "waiting":[]}
        """

    static let detail = """
        {"apiVersion":"plumb.dev/v1","kind":"Instance","node":"edge-1","instance":\(web),"waiting":[
        {"replica":"web/1","reason":"Rollout","message":"waits for its turn in the rollout"}]}
        """

    static let events = """
        {"apiVersion":"plumb.dev/v1","kind":"EventList","cursor":7,"items":[
        {"id":7,"time":"2026-11-21T09:33:43.512Z","kind":"stopping","instance":"web","replica":"web/0",
        "runId":"019aa5c1f2a3deadbeef","revision":\(revision),"message":
        "web/0 stops: spec.config.greeting Hello → Welcome at instances/web.yaml:16, main@3f2a9c1 by Ann \
        <ann@example.org>",
        "cause":{"text":"spec.config.greeting Hello → Welcome at instances/web.yaml:16, main@3f2a9c1 by Ann \
        <ann@example.org>","changes":[],"place":"instances/web.yaml:16"}}]}
        """
}
