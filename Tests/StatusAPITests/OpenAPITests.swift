import Foundation
import Testing

@testable import StatusAPI

@Suite struct OpenAPITests {
    private static func document(_ reply: Reply) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any])
    }

    private static func operation(_ template: String, in document: [String: Any]) throws -> [String: Any] {
        let paths = try #require(document["paths"] as? [String: Any])
        let path = try #require(paths[template] as? [String: Any], "\(template) is not described")
        return try #require(path["get"] as? [String: Any])
    }

    /// Each answer is held against the schema that /openapi.json has for it, with each parameter's example.
    @Test func eachRouteAnswersAsItsSchemaSays() async throws {
        let directory = TemporaryDirectory()
        let source = SampleSource(schedules: Sample.schedules, runs: Sample.scheduledRuns)
        try await withServer(source, socket: directory.path + "/s") { at in
            let local = try Connection(socket: directory.path + "/s")
            let api = try Self.document(try await local.ask("/openapi.json"))
            #expect(api["openapi"] as? String == "3.1.0")
            let validator = JSONValidator(openAPI: api)
            for route in Route.all where route.isDocumented && !route.isEndless {
                let operation = try Self.operation(route.template, in: api)
                let responses = try #require(operation["responses"] as? [String: Any])
                let good = try #require(responses["200"] as? [String: Any])
                let content = try #require(good["content"] as? [String: Any])
                for target in Self.targets(route) {
                    let reply = try await local.ask(target)
                    #expect(reply.status == 200, "\(target): \(reply.text)")
                    let media = try #require(reply.headers["content-type"])
                    guard case .json = route.produces else {
                        #expect(content[media] != nil, "\(target)")
                        continue
                    }
                    let described = try #require(content[media] as? [String: Any], "\(target): \(media)")
                    let schema = try #require(described["schema"] as? [String: Any])
                    let value = try JSONSerialization.jsonObject(with: Data(reply.body))
                    let problems = validator.problems(value, schema)
                    #expect(problems == [], "\(target)")
                }
            }
        }
    }

    /// The route as it is, and with each of its parameters.
    private static func targets(_ route: Route) -> [String] {
        let plain = Sample.target(route.template)
        let examples = route.parameters.filter { !$0.isInPath && !$0.isRequired }.compactMap { parameter in
            parameter.example.map { "\(parameter.name)=\($0.replacingOccurrences(of: "!", with: "%21"))" }
        }
        let mark = plain.contains("?") ? "&" : "?"
        return [plain] + examples.map { plain + mark + $0 } + (route.isJSON ? [plain + mark + "pretty"] : [])
    }

    @Test(arguments: Route.all.filter(\.isDocumented).map(\.template))
    func eachRouteIsExplained(template: String) throws {
        let route = try #require(Route.all.first { $0.template == template })
        #expect(!route.summary.isEmpty && route.summary.first?.isUppercase == true)
        let segments = template.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            String($0.dropFirst().dropLast())
        }
        #expect(route.parameters.filter(\.isInPath).map(\.name) == segments)
        for parameter in route.parameters {
            #expect(!parameter.doc.isEmpty, "\(template): \(parameter.name)")
            guard parameter.name != "cursor" else { continue }
            let example = try #require(parameter.example, "\(template): \(parameter.name)")
            #expect(parameter.problem(with: example) == nil, "\(template): \(parameter.name)")
        }
    }

    @Test func whatIsForTheSocketAloneIsDescribedThereAlone() async throws {
        let directory = TemporaryDirectory()
        try await withServer(socket: directory.path + "/s") { at in
            let open = try await Connection(port: at.port).ask("/openapi.json").text
            let local = try await Connection(socket: directory.path + "/s").ask("/openapi.json").text
            for text in [open, local] {
                #expect(text.contains("/v1/instances/{name}/logs"))
                #expect(!text.contains("/v1/planner"))
            }
        }
    }

    @Test func problemsAreAsTheirSchemaSays() async throws {
        try await withServer { at in
            let connection = try Connection(port: at.port)
            let validator = JSONValidator(
                openAPI: try Self.document(try await connection.ask("/openapi.json")))
            for target in ["/nowhere", "/v1/events?limit=0", "/v1/instances/none", "/v1/resolve"] {
                let reply = try await connection.ask(target)
                #expect(reply.status >= 400)
                let value = try JSONSerialization.jsonObject(with: Data(reply.body))
                let schema = ["$ref": "#/components/schemas/Problem"]
                #expect(validator.problems(value, schema) == [], "\(target)")
            }
        }
    }
}

extension Route {
    /// It has no end that a test could wait for.
    var isEndless: Bool {
        if case .text("text/event-stream") = produces { true } else { false }
    }
}
