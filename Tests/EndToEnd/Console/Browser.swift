import Foundation
import Synchronization

/// A Chromium without a window, spoken to over its debugging pipe: JSON with a zero byte behind each message.
final class Browser: Sendable {
    /// What the page did since it was last asked.
    struct Doings: Sendable {
        /// Errors and warnings of the console, exceptions, refusals of the content security policy.
        var complaints: [String] = []
        var requests: [String] = []
    }

    private struct State {
        var unread: [UInt8] = []
        var answers: [Int: JSON] = [:]
        var lastID = 0
        var session: String?
        var doings = Doings()
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    private static let programs = [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    ]
    private static let program = programs.first { access($0, X_OK) == 0 }

    /// Why there can be no browser here; nil: there can.
    static let obstacle: String? = program == nil ? "chromium is not installed (make test-packages)" : nil

    private let child: ChildProcess
    private let directory: String
    /// Named pipes, open for both directions: neither end waits for the other, and none sees an end of file.
    private let input: Int32
    private let output: Int32
    private let state = Mutex(State())

    init() async throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/plumb-browser-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: errno \(errno)") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pipes = (to: directory + "/to", from: directory + "/from")
        mkfifo(pipes.to, 0o600)
        mkfifo(pipes.from, 0o600)
        input = open(pipes.to, O_RDWR | O_CLOEXEC)
        output = open(pipes.from, O_RDWR | O_CLOEXEC | O_NONBLOCK)
        let flags = [
            "--headless=new", "--remote-debugging-pipe", "--user-data-dir=\(directory)/profile",
            "--no-first-run",
            "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--hide-scrollbars", "about:blank",
        ]
        child = try ChildProcess(
            [
                "/bin/sh", "-c", "exec 3<\"$0\" 4>\"$1\"; shift; exec \"$@\"", pipes.to, pipes.from,
                Self.program ?? "chromium",
            ] + (geteuid() == 0 ? ["--no-sandbox"] : []) + flags,
            environment: ["PATH": "/usr/bin:/bin", "HOME": directory, "LC_ALL": "C.UTF-8", "TZ": "UTC"],
            directory: directory, output: directory + "/out", errors: directory + "/out")
        let target = try await call("Target.createTarget", ["url": .string("about:blank")])
        let attached = try await call(
            "Target.attachToTarget", ["targetId": target["targetId"], "flatten": .bool(true)])
        state.withLock { $0.session = attached["sessionId"].string }
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility", "DOM"] {
            try await call("\(domain).enable")
        }
    }

    func end() async {
        _ = try? await call("Browser.close", seconds: 5)
        _ = await child.end(within: .seconds(5))
        close(input)
        close(output)
        Files.remove(directory)
    }

    // The page ------------------------------------------------------------------------------------------

    func go(to url: String) async throws { try await call("Page.navigate", ["url": .string(url)]) }

    func size(width: Int, height: Int, isPhone: Bool = false) async throws {
        try await call(
            "Emulation.setDeviceMetricsOverride",
            [
                "width": .number(Double(width)), "height": .number(Double(height)),
                "deviceScaleFactor": .number(isPhone ? 2 : 1), "mobile": .bool(isPhone),
            ])
    }

    func prefers(dark: Bool) async throws {
        let feature: [String: JSON] = [
            "name": .string("prefers-color-scheme"), "value": .string(dark ? "dark" : "light"),
        ]
        try await call("Emulation.setEmulatedMedia", ["features": .array([.object(feature)])])
    }

    /// The value of an expression within the page.
    @discardableResult
    func value(_ expression: String) async throws -> JSON {
        let answer = try await call(
            "Runtime.evaluate",
            ["expression": .string(expression), "awaitPromise": .bool(true), "returnByValue": .bool(true)])
        guard answer["exceptionDetails"] == .null else {
            throw Failure(description: "\(expression): \(answer["exceptionDetails"])")
        }
        return answer["result"]["value"]
    }

    func until(_ what: String, _ expression: String, seconds: Double = 60) async throws {
        do {
            try await eventually(what, seconds: seconds) {
                (try? await self.value("Boolean(\(expression))").bool) == true
            }
        } catch let overdue as Overdue {
            let page = try await value("location.href + '\\n' + document.body.innerText.slice(0, 3000)")
            throw Failure(description: "\(overdue)\n\(page.string ?? "")\n\(doings().complaints)")
        }
    }

    func press(_ key: String, code: String? = nil, text: String? = nil) async throws {
        var event: [String: JSON] = [
            "type": .string("keyDown"), "key": .string(key), "code": .string(code ?? key),
        ]
        if let text { event["text"] = .string(text) }
        if key == "Tab" { event["windowsVirtualKeyCode"] = .number(9) }
        if key == "Enter" {
            event["windowsVirtualKeyCode"] = .number(13)
            event["text"] = .string("\r")
        }
        try await call("Input.dispatchKeyEvent", event)
        event["type"] = .string("keyUp")
        event["text"] = nil
        try await call("Input.dispatchKeyEvent", event)
    }

    /// What a screen reader is given: each node with a role.
    func accessibilityTree() async throws -> [JSON] {
        try await call("Accessibility.getFullAXTree")["nodes"].array.filter { $0["ignored"].bool != true }
    }

    /// Kept for people under `.build/console-screenshots`.
    func shoot(_ name: String, whole: Bool = false) async throws {
        let folder = Binaries.sourceTree + "/.build/console-screenshots"
        mkdir(Binaries.sourceTree + "/.build", 0o755)
        mkdir(folder, 0o755)
        let answer = try await call(
            "Page.captureScreenshot", ["format": .string("png"), "captureBeyondViewport": .bool(whole)])
        guard let bytes = Data(base64Encoded: answer["data"].string ?? "") else { return }
        try? bytes.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
    }

    /// What happened since the last time.
    func doings() -> Doings {
        receive()
        return state.withLock { state in
            defer { state.doings = Doings() }
            return state.doings
        }
    }

    // The pipe ------------------------------------------------------------------------------------------

    @discardableResult
    func call(_ method: String, _ parameters: [String: JSON] = [:], seconds: Double = 60) async throws -> JSON
    {
        let (id, session) = state.withLock { state in
            state.lastID += 1
            return (state.lastID, state.session)
        }
        var message: [String: JSON] = [
            "id": .number(Double(id)), "method": .string(method), "params": .object(parameters),
        ]
        if let session { message["sessionId"] = .string(session) }
        send(Array(JSON.object(message).text.utf8) + [0])
        var answer: JSON?
        try await eventually("\(method) is answered", seconds: seconds) {
            receive()
            answer = state.withLock { $0.answers.removeValue(forKey: id) }
            if answer == nil, let end = child.poll() {
                throw Failure(
                    description: "the browser ended: \(end)\n\(Files.text(directory + "/out") ?? "")")
            }
            return answer != nil
        }
        guard let answer, answer["error"] == .null else {
            throw Failure(description: "\(method): \(answer?["error"] ?? .null)")
        }
        return answer["result"]
    }

    private func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Takes whatever is there.
    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        state.withLock { state in
            while case let count = read(output, &buffer, buffer.count), count > 0 {
                state.unread += buffer[..<count]
                // A message is looked for once its last byte may have come.
                guard buffer[..<count].contains(0) else { continue }
                var parts = state.unread.split(separator: 0, omittingEmptySubsequences: false)
                let rest = parts.removeLast()
                for part in parts {
                    guard let message = try? JSON(parsing: Array(part)) else { continue }
                    Self.take(message, into: &state)
                }
                state.unread = Array(rest)
            }
        }
    }

    private static func take(_ message: JSON, into state: inout State) {
        if let id = message["id"].int { state.answers[id] = message }
        let parameters = message["params"]
        switch message["method"].string {
        case "Network.requestWillBeSent":
            if let url = parameters["request"]["url"].string { state.doings.requests.append(url) }
        case "Log.entryAdded":
            let entry = parameters["entry"]
            if ["error", "warning"].contains(entry["level"].string ?? "") {
                state.doings.complaints.append("\(entry["text"].string ?? "") \(entry["url"].string ?? "")")
            }
        case "Runtime.exceptionThrown":
            let details = parameters["exceptionDetails"]
            state.doings.complaints.append(details["exception"]["description"].string ?? details.text)
        case "Runtime.consoleAPICalled":
            if ["error", "warning", "assert"].contains(parameters["type"].string ?? "") {
                state.doings.complaints.append(parameters["args"].text)
            }
        default: break
        }
    }
}

extension JSON {
    /// As it is written.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): value == value.rounded() ? String(Int(value)) : String(value)
        case .string(let text): Self.quoted(text)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
