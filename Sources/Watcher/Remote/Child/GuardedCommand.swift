/// A program that is run to its end under a guard: what it is, and how long it may take.
struct GuardedCommand: Sendable {
    /// The program's absolute path first.
    var arguments: [String]
    /// All of its environment.
    var environment: [String: String]
    var timeout: Duration
    /// How long it may be without a word on its error output.
    var silence: Duration
    /// The largest file that it may write; nil: any. Whoever writes more is ended by SIGXFSZ.
    var fileBytesMax: UInt64?
}

/// How a guarded command ended.
struct GuardedResult: Sendable {
    enum End: Hashable, Sendable {
        case exited(Int32)
        case signaled(Int32)
        /// It took longer than it may, and was ended with all that it forked.
        case timedOut
        case silent
        case notStarted(Int32)
        /// The guard itself ended without a word.
        case lost
    }
    var end: End
    var output: String
    /// The last of what it said.
    var errors: String

    var isSuccess: Bool { end == .exited(0) }
}

extension WireWriter {
    mutating func put(_ command: GuardedCommand) {
        put(UInt32(command.arguments.count))
        for argument in command.arguments { put(argument) }
        put(UInt32(command.environment.count))
        for (name, value) in command.environment.sorted(by: { $0.key < $1.key }) { put("\(name)=\(value)") }
        put(Int64(command.timeout.pollMilliseconds))
        put(Int64(command.silence.pollMilliseconds))
        put(command.fileBytesMax ?? UInt64.max)
    }

    mutating func put(_ result: GuardedResult) {
        switch result.end {
        case .exited(let code):
            put(UInt8(1))
            put(code)
        case .signaled(let signal):
            put(UInt8(2))
            put(signal)
        case .timedOut:
            put(UInt8(3))
            put(Int32(0))
        case .silent:
            put(UInt8(4))
            put(Int32(0))
        case .notStarted(let code):
            put(UInt8(5))
            put(code)
        case .lost:
            put(UInt8(6))
            put(Int32(0))
        }
        put(result.output)
        put(result.errors)
    }
}

extension WireReader {
    mutating func guardedCommand() throws(WireError) -> GuardedCommand {
        let arguments = try texts()
        var environment: [String: String] = [:]
        for entry in try texts() {
            guard let mark = entry.firstIndex(of: "=") else { throw WireError() }
            environment[String(entry[..<mark])] = String(entry[entry.index(after: mark)...])
        }
        return GuardedCommand(
            arguments: arguments, environment: environment,
            timeout: .milliseconds(try number(Int64.self)), silence: .milliseconds(try number(Int64.self)),
            fileBytesMax: try number(UInt64.self))
    }

    private mutating func texts() throws(WireError) -> [String] {
        var texts: [String] = []
        for _ in 0..<(try number(UInt32.self)) { texts.append(try text()) }
        return texts
    }

    mutating func guardedResult() throws(WireError) -> GuardedResult {
        let kind = try number(UInt8.self)
        let value = try number(Int32.self)
        let end: GuardedResult.End
        switch kind {
        case 1: end = .exited(value)
        case 2: end = .signaled(value)
        case 3: end = .timedOut
        case 4: end = .silent
        case 5: end = .notStarted(value)
        case 6: end = .lost
        default: throw WireError()
        }
        return GuardedResult(end: end, output: try text(), errors: try text())
    }
}

extension Frame {
    /// The payload of the one frame that comes; nil where it is no frame of that kind.
    static func receive(_ kind: Kind, from socket: Int32) -> [UInt8]? {
        var head = [UInt8](repeating: 0, count: headBytes)
        guard head.withUnsafeMutableBytes({ DescriptorIO.readAll($0, from: socket) }),
            let (length, found) = head.withUnsafeBytes({ Frame.head($0) }), found == kind
        else { return nil }
        var payload = [UInt8](repeating: 0, count: length)
        guard payload.withUnsafeMutableBytes({ DescriptorIO.readAll($0, from: socket) }) else { return nil }
        return payload
    }
}
