import Foundation
import Testing

@testable import Manifests

/// What is asked of the tables besides decoding.
@Suite struct SchemaTests {
    @Test(arguments: [
        (Kind.instance, "metadata.labels.team", FieldEffect.none), (.instance, "metadata.annotations", .none),
        (.instance, "spec.replicas", .scale),
        (.instance, "spec.nodes.selector.zone", .scale), (.instance, "spec.desired", .scale),
        (.instance, "spec.unit", .restart), (.instance, "spec.config.fps", .restart),
        (.instance, "spec.config.limits.burst[0].x", .restart),
        (.instance, "spec.update.maxUnavailable", .live), (.instance, "spec.restart.backoff.max", .live),
        (.instance, "spec.stop", .live), (.instance, "spec.health.readiness.tcp.port", .live),
        (.instance, "spec.sandbox.level", .restart), (.instance, "spec.restartNonce", .restart),
        (.instance, "spec.secrets.TOKEN.file", .restart), (.unit, "spec.endpoints[0].labels.zone", .live),
        (.unit, "spec.endpoints[0].port", .restart), (.unit, "spec.entry.args[1]", .restart),
        (.unit, "spec.env.A", .restart), (.unit, "spec.resources.nofile", .live),
        (.unit, "spec.logging.maxSize", .live), (.unit, "spec.config.fields[0].fields[1].default", .restart),
    ])
    func effects(_ kind: Kind, path: String, effect: FieldEffect) {
        #expect(Schema.effect(of: kind, path: path) == effect)
    }

    @Test func pathsThatNoTableHasHaveNoEffect() {
        #expect(
            Schema.effect(of: .unit, path: "spec.nothing") == nil
                && Schema.effect(of: .unit, path: "spec.version.x") == nil
                && Schema.effect(of: .unit, path: "") == nil)
    }

    @Test func explainsAFieldAndWhatIsBelowIt() throws {
        let update = try #require(Schema.explain("Instance.spec.update"))
        #expect(update.path == "instance.spec.update" && update.effect == .live)
        #expect(
            update.fields.map(\.name).contains("maxUnavailable")
                && update.fields.contains { $0.name == "maxSurge" })
        let text = update.render(width: 80)
        #expect(text.contains("maxUnavailable") && text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let replicas = try #require(Schema.explain("INSTANCE.spec.replicas"))
        #expect(
            replicas.defaultValue == "1" && replicas.bounds == "0 to 1000" && replicas.effect == .scale
                && replicas.since == "0.1.0")
        #expect(
            Schema.explain("unit")?.fields.map(\.name) == [
                "apiVersion", "kind", "requires", "metadata", "spec",
            ])
        #expect(
            Schema.explain("unit.spec.endpoints[0].port") != nil
                && Schema.explain("unit.spec.config.fields.items.items.type") != nil)
    }

    @Test(arguments: [
        ("instance.spec.updat", ["instance.spec.update"]), ("instanse", ["instance"]),
        ("unit.spec.entry.comand", ["unit.spec.entry.command"]),
        ("unit.spec.version.major", ["unit.spec.version"]),
        (
            "unit.spec.entry.zzzzzzzz",
            [
                "unit.spec.entry.command", "unit.spec.entry.args", "unit.spec.entry.workingDir",
                "unit.spec.entry.user", "unit.spec.entry.group", "unit.spec.entry.umask",
                "unit.spec.entry.stdin", "unit.spec.entry.notify",
                "unit.spec.entry.fileDescriptorStoreMax",
            ]
        ),
    ])
    func suggestsForUnknownPaths(_ path: String, suggestions: [String]) {
        #expect(Schema.explain(path) == nil)
        #expect(Schema.explainSuggestions(for: path) == suggestions)
    }

    @Test func jsonSchemaIsDeterministicAndReadsAsYAML() throws {
        let text = Schema.jsonSchema(kind: nil)
        #expect(text == Schema.jsonSchema(kind: nil))
        let root = try #require(ParsedConfig.parse(path: "s.json", blob: "1", bytes: Array(text.utf8)).file)
            .values
        #expect(root["$schema"] == .string("https://json-schema.org/draft/2020-12/schema"))
        guard case .object(let definitions)? = root["$defs"], case .object(let unit)? = definitions["Unit"]
        else {
            Issue.record("no definitions")
            return
        }
        #expect(
            definitions.keys.sorted() == [
                "Instance", "Plugin", "Schedule", "Unit", "configField", "configItem",
            ])
        #expect(unit["additionalProperties"] == .bool(false))
        // What is refused is not offered.
        #expect(text.contains("\"blueGreen\"") && text.contains("\"canary\""))
    }

    private static let hasJSONSchema: Bool =
        run("import jsonschema; jsonschema.Draft202012Validator", [])?.status == 0

    /// Needs python3 with jsonschema 4 or newer; skipped where that is missing.
    @Test(.enabled(if: hasJSONSchema, "python3 with the module jsonschema is not installed"))
    func jsonSchemaIsValidAndAgreesWithDecoding() throws {
        let schema = FileManager.default.temporaryDirectory.appending(path: "plumb-schema-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: schema) }
        try Schema.jsonSchema(kind: nil).write(to: schema, atomically: true, encoding: .utf8)
        let accepted = """
            [{"kind": "Unit", "spec": {"version": "1.4.2",
                "entry": {"command": "x", "args": [1, "a"], "umask": "0022"},
                "endpoints": [{"name": "http", "port": "8080+index"},
                    {"name": "b", "port": 80, "listen": false}],
                "restart": {"maxRetries": null}, "stop": {"grace": "1m30s"},
                "config": {"fields": [{"name": "a", "type": "array",
                    "items": {"type": "object", "fields": [{"name": "b", "type": "int"}]}}]}}},
             {"kind": "Instance", "spec": {"unit": "web@^1.4",
                "update": {"maxSurge": 1, "strategy": "blueGreen", "rollback": {"automatic": false}}}},
             {"kind": "Schedule", "spec": {"trigger": {"interval": "1h", "anchor": "2026-01-01T00:00:00Z"},
                "window": {"from": "22:00", "to": "24:00"}, "startingDeadline": null,
                "action": {"run": {"unit": "task@^1", "args": [1, "a"]}}}},
             {"kind": "Plugin"}]
            """
        let refused = """
            [{"kind": "Unit", "spec": {"version": "1.4", "entry": {"command": "x"}}},
             {"kind": "Unit", "spec": {"version": "1.4.2", "entry": {"command": "x"}, "typo": 1}},
             {"kind": "Unit", "spec": {"version": "1.4.2"}},
             {"kind": "Unit", "metadata": {"name": "Web"},
                "spec": {"version": "1.4.2", "entry": {"command": "x"}}},
             {"kind": "Instance", "spec": {"unit": "web", "update": {"strategy": "greenBlue"}}},
             {"kind": "Instance", "spec": {"unit": "web", "update": {"maxSurge": 1001}}},
             {"kind": "Instance", "spec": {"unit": "web", "replicas": 1001}},
             {"kind": "Schedule", "spec": {"cron": "x"}},
             {"kind": "Schedule", "spec": {"trigger": {"manual": true}, "window": {"from": "25:00"},
                "action": {"restart": {"instance": "web"}}}},
             {"kind": "Nothing"}]
            """
        let program = """
            import json, sys, jsonschema
            schema = json.load(open(sys.argv[1]))
            jsonschema.Draft202012Validator.check_schema(schema)
            check = jsonschema.Draft202012Validator(schema)
            def documents(text):
                for d in json.loads(text):
                    yield {"apiVersion": "plumb.dev/v1", "metadata": {"name": "web"}, **d}
            for d in documents(sys.argv[2]):
                for e in check.iter_errors(d): print("refuses", d, e.message)
            for d in documents(sys.argv[3]):
                if check.is_valid(d): print("accepts", d)
            """
        let result = try #require(Self.run(program, [schema.path, accepted, refused]))
        #expect(
            result.status == 0 && result.output.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty,
            "\(result.output)")
    }

    private static func run(_ program: String, _ arguments: [String]) -> (status: Int32, output: String)? {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        guard (try? process.run()) != nil else { return nil }
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
