import Manifests

/// `/openapi.json`: the table of routes in the words of OpenAPI 3.1.
enum OpenAPIDocument {
    static let version = "3.1.0"

    /// - Parameter isLocal: what is for the local socket alone is told there alone.
    static func make(isLocal: Bool) -> ConfigValue { isLocal ? local : open }

    // Made once: nothing of it depends on what runs.
    private static let local = make { $0.isDocumented }
    private static let open = make {
        $0.isDocumented && ($0.audience == .everybody || $0.scope != .open)
    }

    private static func make(where isTold: (Route) -> Bool) -> ConfigValue {
        let probe = SchemaProbe()
        _ = probe.schema(of: ProblemDocument.self)
        var paths: [String: ConfigValue] = [:]
        for route in Route.all where isTold(route) {
            let parameters = route.parameters + (route.isJSON ? [QueryParameters.pretty] : [])
            let get = operation(route, parameters, isHead: false, probe)
            let head = operation(route, parameters, isHead: true, probe)
            paths[route.template] = .object(["get": get, "head": head])
        }
        return .object([
            "openapi": .string(version),
            "info": .object([
                "title": .string("Plumb status"),
                "version": .string(PlumbVersion.current.description),
                "description": .string(
                    "What an agent of Plumb sees, does and waits for. It can only be read: GET and HEAD. "
                        + "Documents gain fields, and never lose any."),
            ]),
            "paths": .object(paths),
            "components": .object([
                "schemas": .object(probe.components),
                "securitySchemes": .object([
                    "token": .object(["type": .string("http"), "scheme": .string("bearer")])
                ]),
            ]),
        ])
    }

    private static func operation(
        _ route: Route, _ parameters: [Parameter], isHead: Bool, _ probe: SchemaProbe
    ) -> ConfigValue {
        var responses: [String: ConfigValue] = [
            "200": response("What was asked for.", route.produces, route, isHead, probe),
            "default": response(
                "A problem (RFC 9457).", .json(ProblemDocument.self), nil, isHead, probe),
        ]
        if route.isJSON { responses["304"] = .object(["description": .string("Nothing is new.")]) }
        for (status, produced) in route.otherwise {
            responses["\(status)"] = response("It is not so.", produced, nil, isHead, probe)
        }
        let id = route.template.split { !$0.isLetter }.filter { $0 != "v" }.joined(separator: "-")
        var operation: [String: ConfigValue] = [
            "operationId": .string((isHead ? "head-" : "get-") + id),
            "summary": .string(route.summary),
            "parameters": .array(parameters.map(\.openAPI)),
            "responses": .object(responses),
            "x-plumb-scope": .string(route.scope.rawValue),
        ]
        if route.audience == .localSocket {
            operation["description"] = .string(
                "On the local socket, or with a token that has the scope `\(route.scope.rawValue)`.")
        }
        if route.scope != .open {
            operation["security"] = .array([.object([:]), .object(["token": .array([])])])
        }
        return .object(operation)
    }

    private static func response(
        _ text: String, _ produced: Route.Produced, _ route: Route?, _ isHead: Bool, _ probe: SchemaProbe
    ) -> ConfigValue {
        var response: [String: ConfigValue] = ["description": .string(text)]
        if !isHead {
            switch produced {
            case .json(let type):
                let media =
                    route == nil && type == ProblemDocument.self
                    ? ProblemDocument.contentType : "application/json"
                response["content"] = .object([media: .object(["schema": probe.schema(of: type)])])
            case .text(let media):
                response["content"] = .object([
                    media: .object(["schema": .object(["type": .string("string")])])
                ])
            }
        }
        return .object(response)
    }
}

extension Route {
    var isJSON: Bool {
        if case .json = produces { true } else { false }
    }
}

extension Parameter {
    fileprivate var openAPI: ConfigValue {
        var value: [String: ConfigValue] = [
            "name": .string(name), "in": .string(isInPath ? "path" : "query"),
            "required": .bool(isRequired), "description": .string(doc), "schema": schema,
        ]
        if let example { value["example"] = schemaIsNumber ? .int(Int64(example) ?? 0) : .string(example) }
        if case .words = self.value {
            value["style"] = .string("form")
            value["explode"] = .bool(false)
            value["example"] = example.map { .array($0.split(separator: ",").map { .string(String($0)) }) }
        }
        return .object(value)
    }

    private var schemaIsNumber: Bool {
        if case .number = value { true } else { false }
    }

    /// What of ranges can be said in one line: a version, or what is compatible with it.
    private static let versionPattern =
        "^[~^]?(0|[1-9][0-9]{0,3})(\\.(0|[1-9][0-9]{0,3})(\\.(0|[1-9][0-9]{0,3}))?)?$"

    private var schema: ConfigValue {
        func text(_ more: [String: ConfigValue]) -> ConfigValue {
            .object(more.merging(["type": .string("string")]) { first, _ in first })
        }
        func pattern(_ pattern: String, max: Int64 = 4_000) -> ConfigValue {
            text(["pattern": .string(pattern), "maxLength": .int(max)])
        }
        switch value {
        case .text(let max, let form):
            if let form { return pattern(form, max: Int64(max)) }
            return text(["maxLength": .int(Int64(max))])
        case .number(let range, let usual):
            var schema: [String: ConfigValue] = [
                "type": .string("integer"), "minimum": .int(range.lowerBound),
            ]
            if range.upperBound < .max { schema["maximum"] = .int(range.upperBound) }
            if let usual { schema["default"] = .int(usual) }
            return .object(schema)
        case .time: return text(["format": .string("date-time")])
        case .flag: return text(["enum": .array(["true", "false", ""].map { .string($0) })])
        case .word(let words): return text(["enum": .array(words.map { .string($0) })])
        case .words(let words):
            return .object([
                "type": .string("array"), "minItems": .int(1),
                "items": text(["enum": .array(words.map { .string($0) })]),
            ])
        case .selector: return pattern(LabelSelector.pattern, max: Int64(LabelSelector.lengthMax))
        case .versions: return pattern(Self.versionPattern)
        case .cursor: return pattern(PageCursor.pattern, max: Int64(PageCursor.lengthMax))
        }
    }
}
