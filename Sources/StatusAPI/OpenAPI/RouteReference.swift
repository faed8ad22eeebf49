/// The reference page of all routes, as Markdown, made of the table that dispatches.
package enum RouteReference {
    package static func page() -> String {
        var lines = [
            "# Reference: routes", "",
            "What the status endpoint serves, made of the table of routes that also dispatches. "
                + "[The status endpoint](../operating/status.md) tells how to use it, `/openapi.json` has "
                + "the schema of each answer. Every route takes GET and HEAD; anything else is 405.", "",
            "A scope is what a [token](../operating/access.md) must allow. On the local socket, and on "
                + "loopback where no tokens are set, `status` and `metrics` need none.", "",
            "| route | scope | |", "|---|---|---|",
        ]
        let routes = Route.all.filter(\.isDocumented)
        for route in routes {
            lines.append("| [`\(route.template)`](#\(anchor(route))) | \(scope(route)) | \(route.summary) |")
        }
        for route in routes { lines += section(route) }
        lines += ["", "## Answers that any route may give", ""]
        lines += ["| status | when |", "|---|---|"]
        lines += common.map { "| \($0.key) | \($0.value) |" }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let common: KeyValuePairs<String, String> = [
        "304": "Nothing is new since the `ETag` of `If-None-Match`; routes that answer JSON.",
        "400": "`bad-query`: a parameter or a value that is not known; `missing-host`.",
        "401": "`no-token`, `bad-token`: who asks has to show a token.",
        "403": "`scope`: the token does not allow it.",
        "404": "`not-found`: there is no such thing, or not for who asks.",
        "405": "`read-only`: with the place to edit instead.",
        "413": "`too-large`: a body; 414: a target over \(StatusLimits.targetBytesMax >> 10) KiB.",
        "421": "`foreign-host`: the Host header names somebody else.",
        "429": "`too-many-requests`: of this token or address; `Retry-After` says when.",
        "503": "`no-answer`, `unavailable`: the loop does not answer, or the store cannot be read.",
    ]

    private static func section(_ route: Route) -> [String] {
        var lines = ["", "## `\(route.template)`", "", route.summary + "."]
        lines.append("")
        lines.append("Scope: \(scope(route)). Answers: \(answers(route)).")
        let parameters = route.parameters + (route.isJSON ? [QueryParameters.pretty] : [])
        if !parameters.isEmpty {
            lines += ["", "| parameter | value | |", "|---|---|---|"]
            lines += parameters.map(row)
        }
        lines += ["", "    " + example(route)]
        return lines
    }

    /// As GitHub and others make one of a heading.
    private static func anchor(_ route: Route) -> String {
        String(
            route.template.unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) }
        )
        .lowercased()
    }

    private static func scope(_ route: Route) -> String {
        if route.template == "/v1/stream" { return "`status`, and `logs` for logs" }
        if route.scope == .open { return "none" }
        let only = route.audience == .localSocket ? ", local socket or token" : ""
        return "`\(route.scope.rawValue)`" + only
    }

    private static func answers(_ route: Route) -> String {
        var texts = ["200 " + name(of: route.produces)]
        for (status, produced) in route.otherwise.sorted(by: { $0.key < $1.key }) {
            texts.append("\(status) " + name(of: produced))
        }
        return texts.joined(separator: "; ")
    }

    private static func name(of produced: Route.Produced) -> String {
        switch produced {
        case .text(let media): return "`\(media)`"
        case .json(let type):
            let name = "\(type)".replacing("Document", with: "")
            guard name != "JSONValue" else { return "JSON" }
            guard name.hasPrefix("List<") else { return "`\(name)`" }
            return "a list of `\(name.dropFirst(5).dropLast())`"
        }
    }

    private static func row(_ parameter: Parameter) -> String {
        let place = parameter.isInPath ? " (path)" : parameter.isRequired ? " (required)" : ""
        return
            "| `\(parameter.name)`\(place) | \(escaped(value(parameter.value))) | \(escaped(parameter.doc)) |"
    }

    private static func value(_ value: Parameter.Value) -> String {
        switch value {
        case .text(_, let pattern): return pattern.map { "text, `\($0)`" } ?? "text"
        case .number(let range, let usual):
            let bounds =
                range.upperBound == .max
                ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
            return "number, \(bounds)" + (usual.map { "; \($0) if not said" } ?? "")
        case .time: return "time, RFC 3339"
        case .flag: return "`true` or `false`; alone it is `true`"
        case .word(let words): return "one of " + words.map { "`\($0)`" }.joined(separator: ", ")
        case .words(let words):
            return "several of " + words.map { "`\($0)`" }.joined(separator: ", ") + ", with commas"
        case .selector: return "label selector"
        case .versions: return "range of versions"
        case .cursor: return "`next` of an earlier answer"
        }
    }

    /// With the example of each segment, and of the first parameter that has one.
    private static func example(_ route: Route) -> String {
        var path = route.template
        for parameter in route.parameters where parameter.isInPath {
            path = path.replacing("{\(parameter.name)}", with: parameter.example ?? parameter.name)
        }
        let asked = route.parameters.filter { !$0.isInPath && $0.example != nil }
        let chosen = asked.filter(\.isRequired) + asked.filter { !$0.isRequired }.prefix(1)
        let query = chosen.map { "\($0.name)=\($0.example ?? "")" }.joined(separator: "&")
        let isLocal = route.audience == .localSocket
        let host = isLocal ? "--unix-socket /run/plumb/plumb.sock localhost" : "localhost:7420"
        let target = host + path + (query.isEmpty ? "" : "?" + query)
        guard target.contains(where: { "&?'!<>()".contains($0) }) else { return "curl -s \(target)" }
        return isLocal
            ? "curl -s --unix-socket /run/plumb/plumb.sock '\(target.split(separator: " ").last ?? "")'"
            : "curl -s '\(target)'"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "&lt;")
    }
}
