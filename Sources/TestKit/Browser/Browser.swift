package import Foundation

/// A Chromium without a window, spoken to over its debugging pipe, so that no port has to be free.
package final class Browser: Sendable {
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    private static let programs = [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome",
    ]
    private static let program = programs.first { access($0, X_OK) == 0 }

    /// Why there can be no browser here; nil: there can.
    package static let obstacle: String? =
        program == nil ? "chromium is not installed (make test-packages installs it)" : nil

    private static let flags = [
        "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu",
        "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--hide-scrollbars",
    ]
    /// How often a condition is looked at.
    private static let pause = Duration.milliseconds(20)

    private let process: BrowserProcess
    private let session: String

    private init(_ process: BrowserProcess, session: String) {
        self.process = process
        self.session = session
    }

    /// Runs the body with a browser that is gone afterwards.
    package static func with(_ body: (Browser) async throws -> Void) async throws {
        let process = try BrowserProcess(
            [program ?? "chromium"] + (geteuid() == 0 ? ["--no-sandbox"] : []) + flags)
        do {
            let target: [String: String] = try await process.ask(
                "Target.createTarget", ["url": "about:blank"], session: nil)
            let attached: [String: String] = try await process.ask(
                "Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true], session: nil
            )
            let browser = Browser(process, session: attached["sessionId"] ?? "")
            for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
                try await browser.tell("\(domain).enable")
            }
            try await body(browser)
        } catch {
            await process.end()
            throw error
        }
        await process.end()
    }

    // The page ------------------------------------------------------------------------------------------

    package func go(to url: String) async throws { try await tell("Page.navigate", ["url": url]) }

    package func size(width: Int, height: Int, isPhone: Bool = false) async throws {
        try await tell(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": isPhone ? 2 : 1, "mobile": isPhone])
    }

    package func prefers(dark: Bool) async throws {
        let feature = ["name": "prefers-color-scheme", "value": dark ? "dark" : "light"]
        try await tell("Emulation.setEmulatedMedia", ["features": [feature]])
    }

    /// The value of an expression within the page.
    package func value<Value: Decodable & Sendable>(_ expression: String, as type: Value.Type) async throws
        -> Value
    {
        let answer: Evaluation<Value> = try await process.ask(
            "Runtime.evaluate",
            ["expression": expression, "awaitPromise": true, "returnByValue": true], session: session)
        guard let value = answer.result.value, answer.exceptionDetails == nil else {
            throw Failure(
                description: "\(expression): \(answer.exceptionDetails?.exception?.description ?? "nothing")")
        }
        return value
    }

    package func text(_ expression: String) async throws -> String {
        try await value("String(\(expression))", as: String.self)
    }

    package func number(_ expression: String) async throws -> Double {
        try await value("Number(\(expression))", as: Double.self)
    }

    package func holds(_ expression: String) async throws -> Bool {
        try await value("Boolean(\(expression))", as: Bool.self)
    }

    /// For its effect alone.
    package func run(_ statement: String) async throws { _ = try await holds("(() => { \(statement) })()") }

    package func until(_ what: String, _ expression: String, seconds: Double = 60) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while (try? await holds(expression)) != true {
            guard ContinuousClock.now < deadline else {
                let page = try await text("location.href + '\\n' + document.body.innerText.slice(0, 3000)")
                throw Failure(
                    description: "not within \(seconds) s: \(what)\n\(page)\n\(doings().complaints)")
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// - Parameter text: what the key types, where it types something.
    package func press(_ key: String, text: String? = nil) async throws {
        let codes = ["Tab": 9, "Enter": 13, "Escape": 27]
        var event: [String: Any] = ["type": "keyDown", "key": key, "code": key]
        event["windowsVirtualKeyCode"] = codes[key]
        event["text"] = key == "Enter" ? "\r" : text
        try await tell("Input.dispatchKeyEvent", event)
        event["type"] = "keyUp"
        event["text"] = nil
        try await tell("Input.dispatchKeyEvent", event)
    }

    /// What a screen reader is told of.
    package struct Node: Sendable, Hashable {
        package var role: String
        package var name: String
    }

    package func accessibilityTree() async throws -> [Node] {
        let tree: AccessibilityTree = try await process.ask(
            "Accessibility.getFullAXTree", [:], session: session)
        return tree.nodes.filter { !$0.ignored }
            .map { Node(role: $0.role?.value ?? "", name: $0.name?.value ?? "") }
    }

    /// The page as a PNG.
    package func picture(whole: Bool = false) async throws -> Data {
        let answer: [String: Data] = try await process.ask(
            "Page.captureScreenshot", ["format": "png", "captureBeyondViewport": whole], session: session)
        return answer["data"] ?? Data()
    }

    /// What happened since the last time.
    package func doings() -> BrowserDoings { process.pipe.doings() }

    private func tell(_ method: String, _ parameters: [String: Any] = [:]) async throws {
        let _: Anything = try await process.ask(method, parameters, session: session)
    }

    // Answers -------------------------------------------------------------------------------------------

    private struct Anything: Decodable {}

    private struct Evaluation<Value: Decodable & Sendable>: Decodable {
        struct Result: Decodable { var value: Value? }
        struct Details: Decodable {
            struct Exception: Decodable { var description: String? }
            var exception: Exception?
        }
        var result: Result
        var exceptionDetails: Details?
    }

    private struct AccessibilityTree: Decodable {
        struct Value: Decodable {
            var value: String?

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                value = try? container.decodeIfPresent(String.self, forKey: .value)
            }

            enum CodingKeys: CodingKey { case value }
        }
        struct Node: Decodable {
            var ignored: Bool
            var role: Value?
            var name: Value?
        }
        var nodes: [Node]
    }
}
