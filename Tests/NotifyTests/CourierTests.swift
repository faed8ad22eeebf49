import Foundation
import Glibc
import Notify
import Reconciler
import TestKit
import Testing

/// Waits until something is so, at most a minute.
private func eventually(_ isSo: () async -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if await isSo() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}

private func report(
    _ state: CommitReport.State, commit: String = "3f2a9c1", _ reason: String = "Synced",
    message: String = "m"
) -> CommitReport {
    let revision = Revision(
        id: RevisionID(hex: commit), ref: "main", authorName: "Ann", authorEmail: "ann@example.org",
        subject: "Add web", committed: WallTime(nanoseconds: 0))
    return CommitReport(revision: revision, state: state, reason: reason, message: message)
}

@Suite struct ForgeRequestTests {
    @Test("Each forge is asked in its own way", arguments: ForgeTarget.Kind.allCases)
    func kinds(kind: ForgeTarget.Kind) throws {
        let target = ForgeTarget(kind: kind, url: "https://forge.example/api/repo", context: "plumb/edge-1")
        let long = String(repeating: "x", count: 300) + "\nsecond line"
        let request = try ForgeRequest(
            report(.failure, "RolledBack", message: long), to: target, node: "edge-1", token: "t0ken",
            secret: "s3cret")
        let json = try #require(
            JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: String])
        #expect(request.headers["Content-Type"] == "application/json")
        switch kind {
        case .github:
            #expect(request.url == "https://forge.example/api/repo/statuses/3f2a9c1")
            #expect(request.headers["Authorization"] == "Bearer t0ken")
            #expect(json["state"] == "failure" && json["context"] == "plumb/edge-1")
            #expect(json["description"]?.count == 140)
        case .gitea:
            #expect(request.url == "https://forge.example/api/repo/statuses/3f2a9c1")
            #expect(request.headers["Authorization"] == "token t0ken")
            #expect(json["state"] == "failure" && json["context"] == "plumb/edge-1")
        case .gitlab:
            #expect(request.url == "https://forge.example/api/repo/statuses/3f2a9c1")
            #expect(request.headers["PRIVATE-TOKEN"] == "t0ken")
            #expect(json["state"] == "failed" && json["name"] == "plumb/edge-1")
        case .webhook:
            #expect(request.url == "https://forge.example/api/repo")
            #expect(json["node"] == "edge-1" && json["commit"] == "3f2a9c1" && json["reason"] == "RolledBack")
            #expect(json["message"] == long)
            #expect(request.headers["X-Plumb-Signature-256"]?.hasPrefix("sha256=") == true)
        }
        #expect(!request.body.contains("t0ken") && !request.body.contains("s3cret"))
    }
}

@Suite struct CourierTests {
    private let token: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        token = "\(base)/plumb-token-\(UInt64.random(in: 0...UInt64.max))"
        try Data("t0ken\n".utf8).write(to: URL(fileURLWithPath: token))
        chmod(token, 0o600)
    }

    private static func quick() -> NotifyLimits {
        var limits = NotifyLimits()
        limits.retryInitial = .milliseconds(5)
        limits.retryMax = .milliseconds(20)
        limits.triesMax = 5
        return limits
    }

    private func withCourier(
        answers: [Int] = [], remembered: String? = nil, retryMax: Duration = quick().retryMax,
        _ body: (Courier, RequestRecorder, Notes) async throws -> Void
    ) async throws {
        defer { unlink(token) }
        let recorder = try RequestRecorder(answers: answers)
        recorder.start()
        defer { recorder.stop() }
        let notes = Notes()
        let target = ForgeTarget(
            kind: .github, url: recorder.url + "/repos/acme/deploy", tokenFile: token, context: "plumb/e")
        var limits = Self.quick()
        limits.retryMax = retryMax
        let courier = try Courier(
            target: target, node: "e", limits: limits, remembered: remembered
        ) {
            await notes.remember($0)
        } trouble: { why in
            Task { await notes.trouble(why) }
        }
        do {
            try await body(courier, recorder, notes)
            await courier.close()
        } catch {
            await courier.close()
            throw error
        }
    }

    private actor Notes {
        var remembered: [String] = []
        var troubles: [String?] = []
        func remember(_ text: String) { remembered.append(text) }
        func trouble(_ why: String?) { troubles.append(why) }
    }

    private func states(_ recorder: RequestRecorder) -> [String] {
        recorder.requests.map { request in
            ["pending", "success", "failure"].first { request.body.contains("\"state\":\"\($0)\"") } ?? "?"
        }
    }

    @Test("The same is said once, and a commit that is judged is not pending again") func once() async throws
    {
        try await withCourier { courier, recorder, notes in
            for state in [CommitReport.State.pending, .pending, .success, .success, .pending, .success] {
                await courier.offer(report(state))
                _ = await eventually { recorder.requests.count >= (state == .pending ? 1 : 2) }
            }
            await courier.offer(report(.failure, "Unhealthy"))
            #expect(await eventually { recorder.requests.count == 3 })
            await courier.offer(report(.failure, "Unhealthy"))
            await courier.offer(report(.failure, "RolledBack"))
            #expect(await eventually { recorder.requests.count == 4 })
            #expect(states(recorder) == ["pending", "success", "failure", "failure"])
            let first = try #require(recorder.requests.first)
            #expect(first.line == "POST /repos/acme/deploy/statuses/3f2a9c1 HTTP/1.1")
            #expect(first.headers["authorization"] == "Bearer t0ken")
            #expect(await eventually { await notes.remembered.last == "3f2a9c1 failure RolledBack" })
        }
    }

    @Test("What an earlier agent said is not said again") func remembered() async throws {
        try await withCourier(remembered: "3f2a9c1 success Synced") { courier, recorder, _ in
            await courier.offer(report(.pending, "Progressing"))
            await courier.offer(report(.success))
            await courier.offer(report(.success, commit: "aaaaaaa"))
            #expect(await eventually { recorder.requests.count == 1 })
            #expect(recorder.requests.first?.line.contains("aaaaaaa") == true)
        }
    }

    @Test("A forge that fails for a while is asked again, and everything arrives")
    func retries() async throws {
        try await withCourier(answers: [500, 0, 429]) { courier, recorder, notes in
            await courier.offer(report(.failure, "RolledBack"))
            await courier.offer(report(.success, commit: "aaaaaaa"))
            #expect(await eventually { recorder.requests.count == 5 })
            #expect(states(recorder).filter { $0 == "failure" }.count <= 4)
            #expect(Set(states(recorder)) == ["failure", "success"])
            #expect(await eventually { await notes.troubles.last == .some(nil) })
            #expect(await notes.troubles.contains { $0?.contains("answers 500") == true })
        }
    }

    @Test("What is pending is overtaken, at once and however long it would have waited") func overtaken()
        async throws
    {
        // Somebody would have to mend something first: a wait of minutes.
        try await withCourier(answers: [403, 403, 403, 403], retryMax: .seconds(300)) {
            courier, recorder, _ in
            await courier.offer(report(.pending))
            #expect(await eventually { recorder.requests.count == 1 })
            for (count, commit) in ["3f2a9c1", "aaaaaaa", "bbbbbbb"].enumerated() {
                await courier.offer(report(.failure, commit: commit, "Invalid"))
                #expect(await eventually { recorder.requests.count == count + 2 })
            }
            #expect(states(recorder) == ["pending", "failure", "failure", "failure"])
            #expect(recorder.requests.last?.line.contains("bbbbbbb") == true)
        }
    }

    @Test("The newest word is tried until it arrives; a failure that was overtaken has its end")
    func lasting()
        async throws
    {
        try await withCourier(answers: Array(repeating: 422, count: 40)) { courier, recorder, notes in
            await courier.offer(report(.failure, commit: "aaaaaaa", "Rejected"))
            await courier.offer(report(.success, commit: "bbbbbbb"))
            #expect(await eventually { await notes.remembered.last == "bbbbbbb success Synced" })
            let lost = recorder.requests.count { $0.line.contains("aaaaaaa") }
            #expect(lost <= Self.quick().triesMax)
        }
    }

    @Test("One commit's reports keep their order") func order() async throws {
        try await withCourier(answers: [500, 500]) { courier, recorder, notes in
            await courier.offer(report(.failure, "Unhealthy"))
            await courier.offer(report(.success))
            #expect(await eventually { await notes.remembered.last == "3f2a9c1 success Synced" })
            #expect(states(recorder) == ["failure", "failure", "failure", "success"])
        }
    }

    @Test("A webhook is named by its host alone, and a missing caFile by its path") func names() async throws
    {
        var target = ForgeTarget(
            kind: .webhook, url: "https://hooks.example.org/services/T000/S3CRET", context: "c")
        #expect(target.name == "webhook https://hooks.example.org")
        target.caFile = "/nowhere/ca.pem"
        let notes = Notes()
        let courier = try Courier(
            target: target, node: "e", limits: Self.quick(),
            trouble: { why in
                Task { await notes.trouble(why) }
            })
        await courier.offer(report(.failure))
        #expect(
            await eventually { await notes.troubles.contains { $0?.contains("/nowhere/ca.pem") == true } })
        await courier.close()
    }

    @Test("A redirection is not followed: the token is for one host") func redirection() async throws {
        try await withCourier(answers: [302, 302, 302]) { courier, recorder, notes in
            await courier.offer(report(.pending))
            #expect(await eventually { await notes.troubles.contains { $0?.contains("302") == true } })
            #expect(!recorder.requests.contains { $0.line.contains("elsewhere") })
        }
    }

    @Test("A token that others can read is not sent, and no token is ever in what is said") func tokens()
        async throws
    {
        try await withCourier(answers: [401]) { courier, recorder, notes in
            chmod(token, 0o644)
            await courier.offer(report(.failure))
            #expect(await eventually { await notes.troubles.contains { $0?.contains("chmod 600") == true } })
            #expect(recorder.requests.isEmpty)
            chmod(token, 0o600)
            #expect(await eventually { recorder.requests.count == 2 })
            #expect(await notes.troubles.contains { $0?.contains("401") == true })
            #expect(await !notes.troubles.contains { $0?.contains("t0ken") == true })
        }
    }
}
