import Agent
import Foundation
import Manifests

/// A request as one line of JSON. Every argument is a text, and one that the agent does not know is refused:
/// what a newer command asks for must not be done in part.
struct ControlQuestion: Codable, Sendable, Hashable {
    var version = 1
    var request: String
    var arguments: [String: String]
}

/// The answer to it, one line as well.
struct ControlAnswer: Codable, Sendable, Hashable {
    var version = 1
    var done: Bool
    var message: String
    /// Only of a refusal.
    var code: String?
    var remedy: String?

    init(_ outcome: ControlOutcome) {
        switch outcome {
        case .done(let text): (done, message) = (true, text)
        case .refused(let refusal):
            (done, message, code) = (false, refusal.message, refusal.code)
            remedy = refusal.remedy.isEmpty ? nil : refusal.remedy
        }
    }
}

enum ControlLimits {
    /// A line, either way.
    static let lineBytesMax = 16 << 10
    static let argumentBytesMax = 1_000
    static let connectionsMax = 16
    /// For a request to be there whole.
    static let requestMax = Duration.seconds(5)
    /// For the loop to do it and to make it durable. Shorter than the command waits.
    static let answerMax = Duration.seconds(8)
}

extension ControlRequest {
    /// What a line asks for.
    init(line: [UInt8]) throws(ControlRefusal) {
        let question: ControlQuestion
        do {
            question = try JSONDecoder().decode(ControlQuestion.self, from: Data(line))
        } catch {
            throw ControlRefusal(code: "BadRequest", message: "the request is no request of plumb's")
        }
        guard question.version == 1 else { throw .tooNew("version \(question.version) of requests") }
        var arguments = ControlArguments(question)
        switch question.request {
        case "approve":
            self = .approve(
                plan: try arguments.take("plan"), reason: try arguments.takeIfGiven("reason") ?? "")
        case "suspend":
            self = .suspend(
                reason: try arguments.take("reason"), lasting: try arguments.takeDuration("for"))
        case "resume": self = .resume
        case "approve-rewind":
            self = .approveRewind(
                range: try arguments.take("range"), reason: try arguments.takeIfGiven("reason") ?? "")
        case "retry": self = .retry(instance: try arguments.take("instance"))
        default: throw .tooNew("the request '\(question.request.prefix(40))'")
        }
        try arguments.finish()
    }

    /// The line that asks for it.
    var question: ControlQuestion {
        var arguments: [String: String] = [:]
        switch self {
        case .approve(let plan, let reason): arguments = ["plan": plan, "reason": reason]
        case .suspend(let reason, let lasting):
            arguments["reason"] = reason
            arguments["for"] = lasting.map { "\($0.components.seconds)s" }
        case .approveRewind(let range, let reason): arguments = ["range": range, "reason": reason]
        case .resume: break
        case .retry(let instance): arguments["instance"] = instance
        }
        return ControlQuestion(request: verb, arguments: arguments)
    }
}

/// The arguments of a request, taken one by one.
private struct ControlArguments {
    private let request: String
    private var rest: [String: String]

    init(_ question: ControlQuestion) {
        request = question.request
        rest = question.arguments
    }

    mutating func take(_ name: String) throws(ControlRefusal) -> String {
        guard let text = try takeIfGiven(name), !text.isEmpty else {
            throw ControlRefusal(code: "BadRequest", message: "\(request) needs \(name)")
        }
        return text
    }

    mutating func takeIfGiven(_ name: String) throws(ControlRefusal) -> String? {
        guard let text = rest.removeValue(forKey: name) else { return nil }
        guard text.utf8.count <= ControlLimits.argumentBytesMax else {
            throw ControlRefusal(
                code: "BadRequest",
                message: "\(name) of \(request) is longer than \(ControlLimits.argumentBytesMax) bytes")
        }
        return text
    }

    mutating func takeDuration(_ name: String) throws(ControlRefusal) -> Duration? {
        guard let text = try takeIfGiven(name) else { return nil }
        guard let duration = Quantities.duration(text), duration > .zero else {
            throw ControlRefusal(
                code: "BadRequest", message: "\(name) of \(request) is no duration: \(text)",
                remedy: "write it as 90s, 30m or 2h")
        }
        return duration
    }

    func finish() throws(ControlRefusal) {
        guard let unknown = rest.keys.min() else { return }
        throw .tooNew("'\(unknown.prefix(40))' of \(request)")
    }
}

extension ControlRefusal {
    fileprivate static func tooNew(_ what: String) -> ControlRefusal {
        ControlRefusal(
            code: "UnknownRequest", message: "the agent (\(PlumbVersion.current)) does not know \(what)",
            remedy: "restart the agent with the version of this command")
    }
}
