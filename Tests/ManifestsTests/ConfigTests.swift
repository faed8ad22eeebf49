import Testing

@testable import Manifests

/// Merging, checking and rendering of configurations.
@Suite struct ConfigTests {
    private static let fields = """
        config:
          apply: {method: METHOD}
          fields:
            - {name: fps, type: int, default: 10}
            - {name: logLevel, type: string, default: info}
            - {name: tags, type: array, default: [a, b]}
            - {name: limits, type: object, default: {burst: 1, rate: 2}, fields: [{name: burst, type: int},
                 {name: rate, type: int}, {name: unit, type: string, default: s}]}
            - {name: ratio, type: number}
            - {name: quiet, type: bool}
        """

    private func render(_ method: String, instance: String = "", files: [String: String] = [:]) throws
        -> RenderedConfig
    {
        var source = Sample.pair(unit: Self.fields.replacing("METHOD", with: method), instance: instance)
        for (path, text) in files { source.files[path] = Array(text.utf8) }
        let assembly = source.assemble()
        let snapshot = try #require(assembly.snapshot, "\(assembly.headlines)")
        let declared = try #require(snapshot.instances["web"])
        let unit = try #require(snapshot.unit(of: declared))
        return Configuration.render(
            Configuration.effective(of: declared, unit: unit, configFiles: snapshot.configFiles), for: unit)
    }

    @Test func layersMergeObjectsAndReplaceEverythingElse() throws {
        let rendered = try render(
            "env", instance: "configFrom: [a.yaml, b.yaml]\nconfig: {limits: {burst: 9}, quiet: true}",
            files: ["a.yaml": "fps: 20\ntags: [x]\nlimits: {rate: 5}\n", "b.yaml": "fps: 30\n"])
        #expect(
            rendered.env.map { "\($0.name)=\($0.value)" } == [
                "FPS=30", "LIMITS={\"burst\":9,\"rate\":5,\"unit\":\"s\"}", "LOG_LEVEL=info", "QUIET=true",
                "TAGS=[\"x\"]",
            ])
    }

    @Test func nullTakesBackWhatAnEarlierLayerGave() throws {
        let rendered = try render("env", instance: "config: {fps: null, tags: null, limits: {rate: null}}")
        #expect(
            rendered.env.map(\.name) == ["LIMITS", "LOG_LEVEL"]
                && rendered.env[0].value == "{\"burst\":1,\"unit\":\"s\"}")
    }

    @Test func argumentsAndFiles() throws {
        #expect(
            try render("args", instance: "config: {ratio: 0.1, logLevel: \"a b\"}").args == [
                "--fps=10", "--limits={\"burst\":1,\"rate\":2,\"unit\":\"s\"}", "--log-level=a b",
                "--ratio=0.1", "--tags=[\"a\",\"b\"]",
            ])
        let json = try #require(try render("file").file)
        #expect(json.name == "config.json")
        #expect(
            json.contents == """
                {
                  "fps": 10,
                  "limits": {
                    "burst": 1,
                    "rate": 2,
                    "unit": "s"
                  },
                  "logLevel": "info",
                  "tags": [
                    "a",
                    "b"
                  ]
                }

                """)
        let yaml = try #require(
            try render("file, format: yaml", instance: "config: {logLevel: \"yes\", tags: [], ratio: 1e3}")
                .file)
        #expect(yaml.name == "config.yaml")
        #expect(
            yaml.contents
                == "fps: 10\nlimits:\n  burst: 1\n  rate: 2\n  unit: s\nlogLevel: \"yes\"\n"
                + "ratio: 1000.0\ntags: []\n"
        )
    }

    /// What is rendered is read back as the same value, by our own reader.
    @Test(arguments: [
        "x", "", "yes", "~", "1", "1.4.2", "a: b", "- a", "a\nb", "\u{1}", "ü€😀", "\"q\" 'q' \\", " lead",
        "#c", "null", "True", "0x1f", "\u{2028}", "{a}", "*x", "\u{85}", "\u{FEFF}",
    ])
    func textsSurviveRendering(_ string: String) throws {
        let value = ConfigValue.object([
            "key": .string(string),
            "list": .array([.string(string), .array([.string(string)]), .object(["n": .null])]),
            "n": .double(0.1), "i": .int(.min),
        ])
        for text in [ConfigText.json(value), ConfigText.prettyJSON(value), ConfigText.yaml(value)] {
            let parsed = ParsedConfig.parse(path: "a", blob: "1", bytes: Array(text.utf8))
            #expect(
                parsed.file.map { .object($0.values) } == value,
                "\(text) \(parsed.diagnostics.map(\.headline))")
        }
    }

    @Test(arguments: [
        ("maxConns", "MAX_CONNS", "--max-conns"), ("fps", "FPS", "--fps"),
        ("HTTPPort", "HTTP_PORT", "--http-port"), ("log-level", "LOG_LEVEL", "--log-level"),
        ("log_level", "LOG_LEVEL", "--log-level"), ("ipV4Only", "IP_V4_ONLY", "--ip-v4-only"),
        ("useTLS", "USE_TLS", "--use-tls"), ("a1B", "A1_B", "--a1-b"),
    ])
    func names(_ field: String, variable: String, option: String) {
        #expect(ConfigNames.variable(field, prefix: "") == variable && ConfigNames.option(field) == option)
    }

    @Test func originsAreThePlacesThatWon() throws {
        var source = Sample.pair(
            unit: Self.fields.replacing("METHOD", with: "env"),
            instance: "configFrom: [a.yaml]\nconfig: {quiet: true}")
        source.files["a.yaml"] = Array("\nfps: 20\n".utf8)
        let snapshot = try #require(source.assemble().snapshot)
        let instance = try #require(snapshot.instances["web"])
        let unit = try #require(snapshot.unit(of: instance))
        let origins = Configuration.effective(of: instance, unit: unit, configFiles: snapshot.configFiles)
            .entries.map { "\($0.name) \($0.origin.short)" }
        #expect(
            origins == [
                "fps a.yaml:2", "limits unit.yaml:13", "logLevel unit.yaml:11", "quiet instance.yaml:7",
                "tags unit.yaml:12",
            ])
    }

    @Test func secretsAreReferencesAndNeverShown() throws {
        let unit = "config: {fields: [{name: dbPassword, type: string, secret: true, required: true}]}"
        let source = Sample.pair(unit: unit, instance: "config: {dbPassword: {file: db-password}}")
        let snapshot = try #require(source.assemble().snapshot, "\(source.assemble().headlines)")
        let instance = try #require(snapshot.instances["web"])
        let web = try #require(snapshot.unit(of: instance))
        let effective = Configuration.effective(of: instance, unit: web, configFiles: [:])
        #expect(effective.entries.first?.value == .secret(file: "db-password"))
        let rendered = Configuration.render(effective, for: web)
        #expect(rendered.env.isEmpty && rendered.secrets == ["DB_PASSWORD": "db-password"])
        for value in ["hunter2", "{file: hunter2/x}", "[hunter2]", "{value: hunter2}"] {
            let plain = Sample.pair(unit: unit, instance: "config: {dbPassword: \(value)}")
            let assembly = plain.assemble()
            #expect(assembly.codes == ["plain-secret"])
            #expect(!assembly.diagnostics[0].render(sourceLines: plain.lines).contains("hunter2"))
        }
        #expect(Sample.pair(unit: unit).assemble().codes == ["missing-config-field"])
    }

    @Test(arguments: [
        ("type: int, min: 1, max: 60", "0", "config-bounds"), ("type: int, min: 1, max: 60", "60", ""),
        ("type: int", "1.5", "config-type"), ("type: number", "1", ""),
        ("type: int", "\"1\"", "config-type"), ("type: bool", "yes", "config-type"),
        ("type: string", "1.4", "config-type"), ("type: string, minLength: 2", "a", "config-bounds"),
        ("type: string, maxLength: 2", "äöü", "config-bounds"), ("type: string, maxLength: 3", "äöü", ""),
        ("type: string, pattern: \"[a-z]+\"", "abc", ""),
        ("type: string, pattern: \"[a-z]+\"", "abc1", "config-pattern"),
        ("type: string, enum: [a, b]", "c", "config-enum"), ("type: number, enum: [1, 2]", "2.0", ""),
        ("type: array, maxLength: 1", "[1, 2]", "config-bounds"),
        ("type: array, items: {type: int}", "[1, a]", "config-type"),
        ("type: array, items: {type: array, items: {type: int}}", "[[1]]", ""),
        ("type: object", "{any: [thing]}", ""),
        ("type: object, fields: [{name: b, type: int, required: true}]", "{}", "missing-config-field"),
        ("type: object, fields: [{name: b, type: int}]", "{c: 1}", "unknown-config-field"),
        (
            "type: object, fields: [{name: b, type: object, fields: [{name: c, type: int, max: 3}]}]",
            "{b: {c: 4}}", "config-bounds"
        ),
        ("type: array", "x", "config-type"), ("type: object", "[]", "config-type"),
        ("type: int, required: true", "null", "missing-config-field"), ("type: int", "null", ""),
    ])
    func values(_ field: String, value: String, code: String) {
        let assembly = Sample.pair(
            unit: "config: {fields: [{name: a, \(field)}]}", instance: "config: {a: \(value)}"
        ).assemble()
        #expect(assembly.codes == (code.isEmpty ? [] : [code]), "\(assembly.headlines)")
    }

    @Test func aMistakeInAConfigFileIsShownThere() throws {
        var source = Sample.pair(
            unit: "config: {fields: [{name: a, type: object, fields: [{name: b, type: int}]}]}",
            instance: "configFrom: [x.yaml]")
        source.files["x.yaml"] = Array("a:\n  b: wrong\n".utf8)
        let found = try #require(source.assemble().diagnostics.first)
        #expect(found.headline == "x.yaml:2:6: error[config-type]: \"wrong\" is no integer")
        #expect(found.notes.map(\.location.file) == ["unit.yaml", "instance.yaml"])
    }

    @Test func variablesHaveOneSource() {
        let unit = "env: {TOKEN: x}\nconfig: {fields: [{name: maxConns, type: int}]}"
        #expect(
            Sample.pair(unit: unit, instance: "secrets: {TOKEN: {file: a}}").assemble().codes == [
                "variable-clash"
            ])
        #expect(
            Sample.pair(unit: unit, instance: "secrets: {MAX_CONNS: {file: a}}").assemble().codes == [
                "variable-clash"
            ])
        #expect(Sample.pair(unit: unit, instance: "secrets: {OTHER: {file: a}}").assemble().codes == [])
    }

    /// The answer is remembered between assemblies, and asked anew when the Unit changes.
    @Test func aChangedUnitIsCheckedAgainstUnchangedInstances() {
        let instance = ParsedFile.parse(
            path: "i.yaml", blob: "1", bytes: Array(Sample.instance("i", unit: "u", "config: {a: 5}").utf8))
        func codes(max: Int) -> [String] {
            let unit = Sample.unit("u", "config: {fields: [{name: a, type: int, max: \(max)}]}")
            let parsed = ParsedFile.parse(path: "u.yaml", blob: "\(max)", bytes: Array(unit.utf8))
            let listing = SourceListing(entries: [])
            return Assembly.assemble(
                listing: listing, selection: SourceSelection(listing: listing), files: [instance, parsed],
                configs: []
            ).codes
        }
        #expect(
            codes(max: 9) == [] && codes(max: 3) == ["config-bounds"] && codes(max: 9) == []
                && codes(max: 4) == ["config-bounds"])
    }
}
