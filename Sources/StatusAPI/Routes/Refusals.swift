import Reconciler

extension Refusal {
    static func notFound(_ detail: String) -> Refusal {
        Refusal(problem: ProblemDocument(status: 404, code: "not-found", title: "Not found", detail: detail))
    }

    static func badQuery(_ name: String, _ problem: String) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: 400, code: "bad-query", title: "Bad query parameter",
                detail: "the query parameter '\(name)' \(problem)"))
    }

    /// Invariant: the endpoint cannot change anything. It says where a change belongs.
    static func readOnly(_ method: String, path: String, source: (any StatusSource)?) async -> Refusal {
        let state: AgentState? =
            if let source { try? await answered { await source.state() } } else { nil }
        let edit = state.map { EditPlace(path, in: $0) }
        let advice = edit?.text ?? "edit the declarations in the watched repository and commit"
        var problem = ProblemDocument(
            status: 405, code: "read-only", title: "The status endpoint is read-only",
            detail: "\(method) \(path) is not possible: nothing can be changed here. The repository is what "
                + "can be changed: \(advice)")
        problem.declaredAt = edit?.place
        problem.edit = advice
        return Refusal(problem: problem, allow: "GET, HEAD", closes: true)
    }

    static let strangeCursor = notFound(
        "there is no such page: `cursor` is `next` of an earlier answer of this very list")

    static let busy = Refusal(
        problem: ProblemDocument(
            status: 503, code: "busy", title: "Too many are reading logs",
            detail: "logs are being read for several others already: ask again in a moment"))

    static func nothingReady(_ service: String, _ why: String) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: 503, code: "nothing-ready", title: "Nothing is ready",
                detail:
                    "the service '\(service)' is declared, and no endpoint of it is ready: \(why)"))
    }

    static func misdirected(_ host: String?) -> Refusal {
        guard let host, !host.isEmpty else {
            return Refusal(
                problem: ProblemDocument(
                    status: 400, code: "missing-host", title: "No Host header",
                    detail: "a request must name its host, such as localhost"), closes: true)
        }
        return Refusal(
            problem: ProblemDocument(
                status: 421, code: "foreign-host", title: "Not the host that is served here",
                detail:
                    "'\(host)' is no name of this host: a web page could have sent you here by its own name. "
                    + "Ask for localhost, the node's name, or one of status.allowedHosts in agent.yaml"),
            closes: true)
    }

    static func tooLarge(_ detail: String, status: Int) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: status, code: "too-large", title: "Request too large", detail: detail), closes: true)
    }

    static let noAnswer = Refusal(
        problem: ProblemDocument(
            status: 503, code: "no-answer", title: "The agent does not answer",
            detail: "the agent's loop did not answer in \(StatusLimits.answerMax.components.seconds) s; "
                + "what runs goes on without it"))

    /// What the Store says names its file and its trouble, and nothing that is stored.
    static func unavailable(_ error: any Error) -> Refusal {
        Refusal(
            problem: ProblemDocument(
                status: 503, code: "unavailable", title: "Not available now",
                detail: "the agent cannot read this now: \(error)"))
    }
}
