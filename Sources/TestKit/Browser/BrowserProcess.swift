import Foundation

/// The process of a browser, and questions to it.
final class BrowserProcess: Sendable {
    let pipe: BrowserPipe
    private let process: Process
    private let directory: String

    private static let pause = Duration.milliseconds(5)
    private static let answerMax = Duration.seconds(60)
    private static let endMax = Duration.seconds(5)

    init(_ command: [String]) throws {
        directory = NSTemporaryDirectory() + "/plumb-browser-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        pipe = try BrowserPipe(in: directory)
        let output = directory + "/out"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let log = FileHandle(forWritingAtPath: output)
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // Descriptors 3 and 4 are the pipe, by the browser's convention.
        process.arguments =
            ["-c", "exec 3<\"$0\" 4>\"$1\"; shift; exec \"$@\"", pipe.to, pipe.from] + command
            + ["--user-data-dir=\(directory)/profile", "about:blank"]
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": directory, "LC_ALL": "C.UTF-8", "TZ": "UTC",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        try process.run()
    }

    func ask<Answer: Decodable>(
        _ method: String, _ parameters: [String: Any], session: String?, within limit: Duration = answerMax
    ) async throws -> Answer {
        let id = try pipe.send(method, parameters, session: session)
        let deadline = ContinuousClock.now + limit
        while true {
            if let bytes = pipe.answer(to: id) {
                let answer = try JSONDecoder().decode(Message<Answer>.self, from: bytes)
                guard let result = answer.result else {
                    throw Browser.Failure(description: "\(method): \(answer.error?.message ?? "no result")")
                }
                return result
            }
            guard process.isRunning else {
                let said = (try? String(contentsOfFile: directory + "/out", encoding: .utf8)) ?? ""
                throw Browser.Failure(description: "the browser ended: \(said)")
            }
            guard ContinuousClock.now < deadline else {
                throw Browser.Failure(description: "\(method) is not answered within \(limit)")
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Asks it to go, and kills it where it does not.
    func end() async {
        _ = try? pipe.send("Browser.close", [:], session: nil)
        let deadline = ContinuousClock.now + Self.endMax
        while process.isRunning, ContinuousClock.now < deadline { try? await Task.sleep(for: Self.pause) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private struct Message<Answer: Decodable>: Decodable {
        struct Trouble: Decodable { var message: String }
        var result: Answer?
        var error: Trouble?
    }
}
