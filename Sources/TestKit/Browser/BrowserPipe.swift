import Foundation
import Synchronization

/// Messages to and from a browser: JSON with a zero byte behind each, over two named pipes.
final class BrowserPipe: Sendable {
    private struct State {
        var unread: [UInt8] = []
        /// Of what was asked, by number: the answers as they came.
        var answers: [Int: Data] = [:]
        var lastID = 0
        var doings = BrowserDoings()
    }

    let to: String
    let from: String
    /// Open for both directions: neither end waits for the other. The browser ends when ours is closed.
    private let input: Int32
    private let output: Int32
    private let state = Mutex(State())

    init(in directory: String) throws {
        (to, from) = (directory + "/to", directory + "/from")
        guard mkfifo(to, 0o600) == 0, mkfifo(from, 0o600) == 0 else {
            throw Browser.Failure(description: "mkfifo: errno \(errno)")
        }
        input = open(to, O_RDWR | O_CLOEXEC)
        output = open(from, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    }

    deinit {
        close(input)
        close(output)
    }

    /// Returns the number under which the answer will be there.
    func send(_ method: String, _ parameters: [String: Any], session: String?) throws -> Int {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        var message: [String: Any] = ["id": id, "method": method, "params": parameters]
        if let session { message["sessionId"] = session }
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: message)) + [0]
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Browser.Failure(description: "write: errno \(errno)") }
            rest = rest.dropFirst(count)
        }
        return id
    }

    func answer(to id: Int) -> Data? {
        receive()
        return state.withLock { $0.answers.removeValue(forKey: id) }
    }

    func doings() -> BrowserDoings {
        receive()
        return state.withLock { state in
            defer { state.doings = BrowserDoings() }
            return state.doings
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
                for part in parts { Self.take(Data(part), into: &state) }
                state.unread = Array(rest)
            }
        }
    }

    private static func take(_ bytes: Data, into state: inout State) {
        guard let message = (try? JSONSerialization.jsonObject(with: bytes)) as? [String: Any] else { return }
        if let id = message["id"] as? Int { state.answers[id] = bytes }
        guard let method = message["method"] as? String else { return }
        state.doings.note(method, message["params"] as? [String: Any] ?? [:])
    }
}

/// What a page did.
package struct BrowserDoings: Sendable {
    /// Errors and warnings of the console, exceptions, refusals of the content security policy.
    package var complaints: [String] = []
    package var requests: [String] = []

    mutating func note(_ method: String, _ parameters: [String: Any]) {
        switch method {
        case "Network.requestWillBeSent":
            let request = parameters["request"] as? [String: Any]
            if let url = request?["url"] as? String { requests.append(url) }
        case "Log.entryAdded":
            guard let entry = parameters["entry"] as? [String: Any], let level = entry["level"] as? String,
                ["error", "warning"].contains(level)
            else { return }
            complaints.append("\(entry["text"] ?? "") \(entry["url"] ?? "")")
        case "Runtime.exceptionThrown": complaints.append("\(parameters["exceptionDetails"] ?? "")")
        case "Runtime.consoleAPICalled":
            guard let type = parameters["type"] as? String, ["error", "warning", "assert"].contains(type)
            else {
                return
            }
            complaints.append("\(parameters["args"] ?? "")")
        default: return
        }
    }
}
