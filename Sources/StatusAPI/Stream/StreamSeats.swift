/// Who has how many streams open. Without I/O.
struct StreamSeats: Sendable {
    private(set) var taken = 0
    private var byClient: [String: Int] = [:]
    private var logs = 0

    mutating func take(_ client: String, _ query: StreamQuery) throws(Refusal) {
        guard taken < StatusLimits.streamsMax else {
            throw .tooManyStreams("\(StatusLimits.streamsMax) streams are open, and no more are served", 503)
        }
        guard byClient[client, default: 0] < StatusLimits.streamsPerClientMax else {
            throw .tooManyStreams(
                "\(client) has \(StatusLimits.streamsPerClientMax) streams open; close one first", 429)
        }
        guard query.tail == nil || logs < StatusLimits.logStreamsMax else {
            throw .tooManyStreams(
                "\(StatusLimits.logStreamsMax) streams follow logs, and no more are served", 503)
        }
        taken += 1
        byClient[client, default: 0] += 1
        if query.tail != nil { logs += 1 }
    }

    mutating func leave(_ client: String, _ query: StreamQuery) {
        taken -= 1
        if query.tail != nil { logs -= 1 }
        let left = byClient[client, default: 1] - 1
        byClient[client] = left > 0 ? left : nil
    }
}

extension Refusal {
    static func tooManyStreams(_ detail: String, _ status: Int) -> Refusal {
        var refusal = Refusal(
            problem: ProblemDocument(
                status: status, code: "too-many-streams", title: "Too many streams", detail: detail))
        refusal.retryAfter = 10
        return refusal
    }
}
