import StatusAPI

/// What an agent answers about Schedules.
enum ScheduleExamples {
    static let now = "2026-11-22T09:00:00.000Z"
    static let long = String(repeating: "n", count: 63)

    private static let revision = """
        {"commit":"3f2a9c1aa0000000000000000000000000000000","short":"main@3f2a9c1","ref":"main",
        "author":"Ann <ann@example.org>","subject":"Report, nightly","committedAt":"2026-11-21T09:30:00.000Z"}
        """

    private static let exit = """
        {"text":"exit code 3","code":3,"at":"2026-11-22T02:00:40.000Z","oomKilled":false,"cpuSeconds":0.25,
        "memoryPeakBytes":4194304,"lostLogBytes":0}
        """

    static func run(
        _ id: String, _ schedule: String, _ state: String, at: String, local: String? = nil,
        reason: String = "", code: String? = nil, began: Double? = nil, took: Double? = nil, attempt: Int = 1,
        more: String = ""
    ) -> String {
        var members = [
            "\"runId\":\"\(id)\"", "\"kind\":\"schedule\"", "\"schedule\":\"\(schedule)\"",
            "\"node\":\"edge-1\"", "\"revision\":\(revision)", "\"state\":\"\(state)\"",
            "\"claimedAt\":\"\(at)\"", "\"nominalAt\":\"\(at)\"", "\"reason\":\"\(reason)\"",
            "\"trigger\":\"time\"", "\"attempt\":\(attempt)",
        ]
        if let local { members.append("\"nominalLocal\":\"\(local)\"") }
        if let code { members.append("\"reasonCode\":\"\(code)\"") }
        if let began { members += ["\"startedAt\":\"\(at)\"", "\"lateSeconds\":\(began)"] }
        if let took { members += ["\"endedAt\":\"\(at)\"", "\"seconds\":\(took)"] }
        if !more.isEmpty { members.append(more) }
        return "{" + members.joined(separator: ",") + "}"
    }

    static let failed = run(
        "019aa5c1f2a3deadbeef", "nightly", "failed", at: "2026-11-22T02:00:00.000Z",
        local: "2026-11-22T03:00:00+01:00", reason: "exit code 3", code: "ExitCode", began: 0.034, took: 40.5,
        attempt: 2, more: "\"exit\":\(exit),\"remedy\":\"read what it wrote: `plumb runs logs 019aa5c1`\"")

    static let runs = """
        {"apiVersion":"plumb.dev/v1","kind":"RunList","total":10000,"next":"MWJ4","items":[
        \(run("019aa7777777deadbeef", "hourly", "running", at: "2026-11-22T08:59:30.000Z", began: 0.01)),
        \(run("019aa6666666deadbeef", "hourly", "forbidden", at: "2026-11-22T08:00:00.000Z",
            reason: "an earlier run was still going on", code: "Forbidden")),
        \(failed),
        \(run("019aa5555555deadbeef", "clock", "succeeded", at: "2026-11-22T01:00:00.000Z", began: -3600,
            took: 1.5, more: "\"exit\":{\"text\":\"exit code 0\",\"code\":0,\"at\":\"2026-11-22T01:00:01.500Z\",\"oomKilled\":false,\"cpuSeconds\":0.1,\"memoryPeakBytes\":1024,\"lostLogBytes\":0}"))
        ]}
        """

    static func schedule(
        _ name: String, _ state: String, next: String? = nil, last: String? = nil, trouble: String? = nil,
        message: String = "", trigger: String = "cron 0 3 * * *", active: String = ""
    ) -> String {
        var members = [
            "\"name\":\"\(name)\"", "\"kind\":\"Schedule\"", "\"node\":\"edge-1\"",
            "\"labels\":{\"team\":\"shop\"}",
            "\"declaredAt\":\"schedules/\(name).yaml:4\"", "\"state\":\"\(state)\"",
            "\"message\":\"\(message)\"",
            "\"trigger\":\"\(trigger)\"", "\"timezone\":\"Europe/Berlin\"",
            "\"action\":\"run report@1.4.2\"", "\"active\":[\(active)]", "\"failures\":0",
        ]
        if let next { members.append("\"next\":\(next)") }
        if let last { members.append("\"last\":\(last)") }
        if let trouble { members.append("\"trouble\":\(trouble)") }
        return "{" + members.joined(separator: ",") + "}"
    }

    static let nightly = schedule(
        "nightly", "failing",
        next: "{\"at\":\"2026-11-23T02:00:00.000Z\",\"local\":\"2026-11-23T03:00:00+01:00\"}", last: failed,
        trouble: """
            {"kind":"failing","message":"3 runs in a row failed, the last: exit code 3",
            "remedy":"read what it wrote: `plumb runs logs 019aa5c1f2a3deadbeef`","since":"2026-11-22T02:00:40.000Z"}
            """, message: "3 runs in a row failed, the last: exit code 3")

    static let schedules = """
        [\(schedule(
            "hourly", "active", next: "{\"at\":\"2026-11-22T10:00:00.000Z\",\"local\":\"2026-11-22T11:00:00+01:00\"}",
            trigger: "every 1h",
            active: run("019aa7777777deadbeef", "hourly", "running", at: "2026-11-22T08:59:30.000Z", began: 0.01))),
        \(nightly),
        \(schedule(
            "once", "active", message: "it never fires again: its calendar has no time that is still to come",
            trigger: "calendar 2026-01-01")),
        \(schedule(
            "spring", "active",
            next: "{\"at\":\"2027-03-28T01:00:00.000Z\",\"local\":\"2027-03-28T03:00:00+02:00\",\"note\":\"02:30 does not exist on that day\"}",
            trigger: "cron 30 2 28 3 *")),
        \(schedule("moon", "broken", trouble: """
            {"kind":"broken","message":"this host does not know the time zone Moon/Base",
            "remedy":"it does not fire until that is mended"}
            """, message: "this host does not know the time zone Moon/Base")),
        \(schedule("quiet", "suspended", message: "suspended: it does not fire until spec.suspend is false again"))]
        """

    static let detail = """
        {"apiVersion":"plumb.dev/v1","kind":"Schedule","node":"edge-1","observedAt":"\(now)","schedule":\(nightly),
        "declared":{"trigger":"cron 0 3 * * *","timezone":"Europe/Berlin","dstGap":"runAtEnd","dstOverlap":"once",
        "startingDeadline":"10m","catchUp":"last","catchUpMax":100,"jitter":"0s","concurrency":"queue",
        "concurrencyMax":10,"window":"daily 22:00–06:00","suspend":false,"runNonce":"","action":"run report@1.4.2",
        "reference":"report@^1","timeout":"1h","retries":2,"backoff":"10s, times 2, at most 10m",
        "successExitCodes":[2],"keep":20,"keepFailed":20,"maxAge":"30d",
        "dependsOn":[{"instance":"db","condition":"ready","required":true}]},
        "upcoming":[{"at":"2026-11-23T02:00:00.000Z","local":"2026-11-23T03:00:00+01:00"},
        {"at":"2027-03-28T01:00:00.000Z","local":"2027-03-28T03:00:00+02:00","note":"02:30 does not exist on that day"}],
        "counts":{"succeeded":12,"failed":3}}
        """

    static let runDetail = """
        {"apiVersion":"plumb.dev/v1","kind":"Run","run":\(failed),"events":[],"attempts":[
        {"runId":"019aa5c1f2a3deadbeef","startedAt":"2026-11-22T02:00:00.034Z","endedAt":"2026-11-22T02:00:20.034Z",
        "exit":\(exit)},{"runId":"019aa5c1ffffdeadbeef"}],
        "stderr":"cannot open /srv/report\\ngiving up\\n","output":[{"path":"report/a.csv","bytes":1536}],
        "directory":"/var/lib/plumb/schedules/nightly/019aa5c1f2a3deadbeef"}
        """
}
