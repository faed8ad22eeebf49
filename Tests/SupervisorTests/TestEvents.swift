import Glibc
import Reconciler
import Testing

@testable import Supervisor

extension TestHost {
    func identity(of run: RunID) -> RunIdentity? {
        for case .started(run, let identity) in events { return identity }
        return nil
    }

    func reports(of run: RunID) -> [ExitReport] {
        events.compactMap { event in
            if case .exited(run, let report) = event { report } else { nil }
        }
    }

    func probeChanges(of run: RunID) -> [(kind: ProbeKind, passing: Bool, detail: String)] {
        events.compactMap { event in
            if case .probeChanged(run, let kind, let passing, let detail) = event {
                (kind, passing, detail)
            } else {
                nil
            }
        }
    }

    /// What probes said that count as passing still; "": they pass again.
    func falters(of run: RunID) -> [String] {
        events.compactMap { event in
            if case .probeFaltered(run, _, let detail) = event { detail ?? "" } else { nil }
        }
    }

    /// Waits until the program executes.
    @discardableResult
    func started(_ run: RunID, sourceLocation: SourceLocation = #_sourceLocation) async throws -> RunIdentity
    {
        await eventually("\(run) starts", sourceLocation: sourceLocation) {
            identity(of: run) != nil || !reports(of: run).isEmpty
        }
        return try #require(identity(of: run), sourceLocation: sourceLocation)
    }

    /// Waits for the end, which is told once.
    @discardableResult
    func exited(_ run: RunID, sourceLocation: SourceLocation = #_sourceLocation) async throws -> ExitReport {
        await eventually("\(run) ends", sourceLocation: sourceLocation) { !reports(of: run).isEmpty }
        let told = reports(of: run)
        #expect(told.count == 1, sourceLocation: sourceLocation)
        return try #require(told.first, sourceLocation: sourceLocation)
    }

    /// Starts, waits for the end, and acknowledges it.
    @discardableResult
    func runToEnd(_ script: String, instance: String = "web") async throws -> ExitReport {
        let run = try await start(shell(script, instance: instance))
        let report = try await exited(run)
        await supervisor.acknowledge(run)
        return report
    }
}

/// Whether a process with this pid exists and is no zombie.
func isAlive(_ pid: Int32) -> Bool {
    guard let text = readFile("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return false }
    let rest = text[text.index(end, offsetBy: 2)...]
    return rest.first != "Z" && rest.first != "X"
}

func readFile(_ path: String) -> String? {
    guard let bytes = try? contents(of: path, bytesMax: 64 << 20) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
}

func writeFile(_ path: String, _ text: String, mode: mode_t = 0o644) {
    unlink(path)
    guard let file = try? Descriptor(path, O_WRONLY | O_CREAT | O_TRUNC, mode: mode) else {
        Issue.record("cannot write \(path)")
        return
    }
    chmod(path, mode)
    #expect(throws: Never.self) { try file.writeAll(Array(text.utf8), path) }
}

/// The pid that a workload wrote to a file.
func readPid(_ path: String) -> Int32? { readFile(path).flatMap { Int32($0.filter(\.isNumber)) } }
