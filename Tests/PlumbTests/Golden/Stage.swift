import Agent
import Foundation
import Glibc
import Reconciler
import StatusAPI
import Testing

@testable import Plumb

/// Where a transcript is played: a folder of its own, the clock of the state, and an agent's two sockets with
/// a real status server behind one of them.
final class Stage: Sendable {
    private let folder: TemporaryFolder
    private var home: String { folder.path + "/work" }
    private var socket: String { folder.path + "/run/plumb.sock" }

    init() throws {
        folder = try TemporaryFolder()
        for name in ["work", "run"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
    }

    /// What each step says now.
    func play(_ transcript: Transcript) async throws -> Transcript {
        var played = transcript
        var states: [(name: String?, steps: [Int])] = [(nil, [])]
        for (index, entry) in transcript.entries.enumerated() {
            switch entry {
            case .state(_, let name): states.append((name == "none" ? nil : name, []))
            case .step: states[states.count - 1].steps.append(index)
            }
        }
        for (name, steps) in states where !steps.isEmpty {
            let told = try await with(name) {
                try await onThread { try steps.map { try self.run(transcript.entries[$0]) } }
            }
            for (index, step) in zip(steps, told) { played.entries[index] = .step(step) }
        }
        return played
    }

    private func with<T: Sendable>(_ name: String?, _ body: () async throws -> T) async throws -> T {
        guard let name else {
            try folder.write("=1767225600", to: "clock")
            return try await body()
        }
        let golden = try GoldenState.named(name)
        try folder.write("=\(golden.seconds)", to: "clock")
        let control = try ControlServer(path: folder.path + "/run/control.sock") { request, _, reply in
            reply(golden.answer(to: request))
        }
        try control.start()
        defer { control.stop() }
        let (opened, opening) = AsyncStream.makeStream(of: Void.self)
        let server = StatusServer(
            configuration: StatusConfiguration(listen: "127.0.0.1:0", socket: socket),
            source: GoldenSource(golden: golden), onListening: { _ in opening.finish() })
        let serving = Task {
            defer { opening.finish() }
            try await server.run()
        }
        for await _ in opened {}
        let result: Result<T, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        serving.cancel()
        try await serving.value
        return try result.get()
    }

    /// Commands are waited for on a thread of their own: the server needs those that tasks share.
    private func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result(catching: body)) }.start()
        }
    }

    private func run(_ entry: Transcript.Entry) throws -> Transcript.Step {
        guard case .step(var step) = entry else { throw CommandFailure(message: "no step") }
        let code = try shell(step.command)
        func read(_ name: String) throws -> String {
            try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
        }
        step.said = lines(try read("out"), "  ") + lines(try read("err"), "! ")
        if code != 0 { step.said.append("= \(code)") }
        return step
    }

    /// Not by Foundation, whose waiting misses an end now and then on a thread of one's own.
    private func shell(_ command: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        for (number, name) in [(STDOUT_FILENO, "out"), (STDERR_FILENO, "err")] {
            posix_spawn_file_actions_addopen(
                &actions, number, folder.path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        let line: [String] = ["sh", "-c", "cd \"$HOME\" || exit\n" + command]
        let words: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) }
        let settings: [UnsafeMutablePointer<CChar>?] = variables.map { name, value in
            strdup("\(name)=\(value)")
        }
        defer { for text in words + settings { free(text) } }
        var pid = pid_t()
        let failure = posix_spawn(&pid, "/bin/sh", &actions, nil, words + [nil], settings + [nil])
        guard failure == 0 else { throw CommandFailure(message: String(cString: strerror(failure))) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
    }

    private var variables: [String: String] {
        let program = BuiltBinary.path.map { ($0 as NSString).deletingLastPathComponent } ?? ""
        return [
            "PATH": program + ":/usr/local/bin:/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8", "HOME": home,
            "PLUMB_SOCKET": socket, "PLUMB_RUNTIME_DIR": folder.path + "/run",
            "PLUMB_TEST_WALL_OFFSET": folder.path + "/clock",
            "GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.org", "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
            "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
        ]
    }

    /// Indented, and without what is this run's alone.
    private func lines(_ text: String, _ mark: String) -> [String] {
        guard !text.isEmpty else { return [] }
        let known = text.replacingOccurrences(of: folder.path + "/run", with: "/run/plumb")
            .replacingOccurrences(of: home, with: "/srv/work")
        var lines = known.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // A last line without an end is told from one with it.
        if lines.last == "" { lines.removeLast() } else { lines[lines.count - 1] += "␃" }
        return lines.map { mark + $0 }
    }
}

extension GoldenState {
    /// What the agent says to verbs, in its words; the real one is asked in the end-to-end tests.
    func answer(to request: ControlRequest) -> ControlOutcome {
        let node = state.node.name
        func refused(_ code: String, _ message: String, _ remedy: String) -> ControlOutcome {
            .refused(ControlRefusal(code: code, message: message, remedy: remedy))
        }
        switch request {
        case .approve(let plan, _):
            guard let held = state.gates.memory.held else {
                return refused("NothingHeld", "nothing is held on \(node)", "look at `plumb status`")
            }
            guard held.plan.hash.description == plan else {
                return refused(
                    "OtherPlan",
                    "plan \(plan) is not held: \(held.revision.short) is, with plan \(held.plan.hash)",
                    "look at `plumb status`")
            }
            return .done("\(held.revision.short) is approved, and applied now")
        case .approveRewind(let range, _):
            return refused("NoRewind", "no rewind waits on \(node) (\(range))", "look at `plumb status`")
        case .suspend:
            return .done(
                "\(node) is suspended until `plumb resume`: no new revision is applied; what runs is "
                    + "supervised, and rollouts that began go on")
        case .resume:
            guard state.gates.memory.suspension != nil else {
                return refused(
                    "NotSuspended", "\(node) is not suspended",
                    "an Instance is suspended by spec.suspend in its declaration")
            }
            return .done("\(node) goes on")
        case .retry(let instance):
            guard let memory = state.memory.instances[instance] else {
                return refused(
                    "UnknownInstance", "no Instance '\(instance)' is declared for this host",
                    "see `plumb status`")
            }
            guard memory.activeRollback != nil else {
                return refused(
                    "NothingToRetry", "nothing of \(instance) was rolled back or given up",
                    "see `plumb status \(instance)`; to restart it, change spec.restartNonce")
            }
            return .done("\(instance) is tried again")
        }
    }
}
