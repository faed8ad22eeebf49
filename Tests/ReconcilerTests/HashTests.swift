import Manifests
import Reconciler
import TestKit
import Testing

/// What each field does to the hashes: the effect table of the declarations.
struct HashTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var effect: SpecField.Effect?
        var unit = ("", "")
        var instance = ("", "")
        var testDescription: String { name }

        init(_ name: String, _ effect: SpecField.Effect?, unit: (String, String)) {
            (self.name, self.effect, self.unit) = (name, effect, unit)
        }
        init(_ name: String, _ effect: SpecField.Effect?, instance: (String, String)) {
            (self.name, self.effect, self.instance) = (name, effect, instance)
        }
    }

    private static let config = "config: {fields: [{name: fps, type: int, default: 1}]}\n"
    private static let file =
        "config: {fields: [{name: fps, type: int, default: 1}], apply: {method: file}}\n"
    private static let port = "endpoints: [{name: http, port: 8080+index}]\n"
    private static func probe(_ rest: String) -> String {
        port + "health: {readiness: {tcp: {port: http}\(rest)}}"
    }

    static let cases: [Case] = [
        // Nothing at all.
        Case("a comment", nil, unit: ("env: {A: b}", "env: {A: b}  # why")),
        Case("order of keys", nil, unit: ("env: {A: b, C: d}", "env: {C: d, A: b}")),
        Case("order of fields", nil, unit: ("env: {A: b}\n" + port, port + "env: {A: b}")),
        Case("block and flow style", nil, unit: ("env: {A: b}", "env:\n  A: b")),
        Case("dependsOn", nil, instance: ("", "dependsOn: []")),
        Case("replicas", nil, instance: ("replicas: 1", "replicas: 3")),
        Case("desired", nil, instance: ("desired: running", "desired: stopped")),
        Case("nodes", nil, instance: ("", "nodes: {names: [edge-9]}")),
        Case("suspend", nil, instance: ("", "suspend: true")),
        Case("the nonce has a key of its own", nil, instance: ("", "restartNonce: x")),
        // Defaults that are written down do not enter.
        Case("default policy", nil, instance: ("", "restart: {policy: always}")),
        Case("default backoff", nil, instance: ("", "restart: {backoff: {initial: 1s, factor: 2, max: 1m}}")),
        Case("default stop", nil, instance: ("", "stop: {signal: SIGTERM, grace: 5s}")),
        Case("default listen", nil, unit: (port, port.replacing("+index", with: "+index, listen: false"))),
        Case("default drain", nil, instance: ("", "stop: {drain: 0s}")),
        Case(
            "default store", nil,
            unit: ("", "entry: {command: /bin/web, notify: false, fileDescriptorStoreMax: 0}")),
        Case("default stdin", nil, unit: ("", "entry: {command: /bin/web, stdin: none}")),
        Case("default update", nil, instance: ("", "update: {strategy: rolling, maxUnavailable: 1}")),
        Case("default logging", nil, instance: ("", "logging: {maxSize: 10Mi, maxFiles: 10}")),
        Case("default drift", nil, instance: ("", "drift: report")),
        Case("default sandbox", nil, instance: ("", "sandbox: {level: minimal}")),
        Case("default umask", nil, unit: ("", "entry: {command: /bin/web, umask: \"0022\"}")),
        Case("default profile", nil, unit: ("", "profile: keepalive")),
        Case("no config fields", nil, unit: ("", "config: {fields: []}")),
        Case(
            "default period", nil, unit: (probe(""), probe(", period: 10s, timeout: 1s, failureThreshold: 3"))
        ),
        Case(
            "the same as its default", nil,
            unit: (config, config.replacing("default: 1", with: "default: 1, min: 0"))),
        // Live.
        Case("drain", .live, instance: ("", "stop: {drain: 5s}")),
        Case("stop steps", .live, instance: ("", "stop: {steps: [{signal: SIGTERM, grace: 5s}]}")),
        Case(
            "a stop command", .live,
            instance: (
                "stop: {steps: [{command: {command: [/bin/drain]}}]}",
                "stop: {steps: [{command: {command: [/bin/drain, -q]}}]}"
            )),
        Case("listen", .restart, unit: (port, port.replacing("+index", with: "+index, listen: true"))),
        Case(
            "store", .restart,
            unit: (
                "entry: {command: /bin/web, notify: true}",
                "entry: {command: /bin/web, notify: true, fileDescriptorStoreMax: 4}"
            )),
        Case("stdin", .restart, unit: ("", "entry: {command: /bin/web, stdin: pipe}")),
        Case("restart policy", .live, instance: ("", "restart: {policy: never}")),
        Case("maxRetries", .live, instance: ("", "restart: {maxRetries: 5}")),
        Case("backoff", .live, instance: ("", "restart: {backoff: {max: 2m}}")),
        Case("stop signal", .live, instance: ("", "stop: {signal: SIGINT}")),
        Case("stop grace", .live, instance: ("", "stop: {grace: 9s}")),
        Case("log size", .live, instance: ("", "logging: {maxSize: 1Mi}")),
        Case("log files", .live, instance: ("", "logging: {maxFiles: 2}")),
        Case("strategy", .live, instance: ("", "update: {strategy: recreate}")),
        Case("maxUnavailable", .live, instance: ("", "update: {maxUnavailable: 2}")),
        Case("minHealthyTime", .live, instance: ("", "update: {minHealthyTime: 9s}")),
        Case("a probe", .live, unit: (port, probe(""))),
        Case("a probe's period", .live, unit: (probe(""), probe(", period: 3s"))),
        Case(
            "a probe's words", .live,
            unit: (
                "health: {liveness: {exec: {command: [/c, 'a b']}}}",
                "health: {liveness: {exec: {command: [/c, a, b]}}}"
            )),
        Case("drift", .live, instance: ("", "drift: heal")),
        Case("nofile", .live, instance: ("", "resources: {nofile: 4096}")),
        Case("cpu", .live, instance: ("", "resources: {cpu: 500m}")),
        Case(
            "the same share of the processors", nil,
            instance: ("resources: {cpu: 500m}", "resources: {cpu: 0.5}")),
        Case("memory", .live, instance: ("resources: {memory: 64Mi}", "resources: {memory: 65Mi}")),
        Case("pids", .live, instance: ("", "resources: {pids: 64}")),
        Case("core", .live, instance: ("resources: {core: 0}", "resources: {core: unlimited}")),
        Case("a weight", .live, instance: ("", "resources: {io: {weight: 50}}")),
        Case("no limit at all", nil, instance: ("", "resources: {io: {}}")),
        // Reload.
        Case(
            "config in a file", .reload,
            unit: (
                file + "reload: {signal: SIGHUP}", file.replacing("1", with: "2") + "reload: {signal: SIGHUP}"
            )),
        // Restart.
        Case("args", .restart, unit: ("", "entry: {command: /bin/web, args: [x]}")),
        Case("command", .restart, unit: ("", "entry: {command: /bin/other}")),
        Case("workingDir", .restart, unit: ("", "entry: {command: /bin/web, workingDir: /tmp}")),
        Case("user", .restart, unit: ("", "entry: {command: /bin/web, user: nobody}")),
        Case("umask", .restart, unit: ("", "entry: {command: /bin/web, umask: \"0077\"}")),
        Case("env", .restart, unit: ("", "env: {A: b}")),
        Case("an empty variable", .restart, unit: ("", "env: {A: \"\"}")),
        Case("port", .restart, unit: (port, port.replacing("8080", with: "8081"))),
        Case("port by index", .restart, unit: (port, port.replacing("+index", with: ""))),
        Case(
            "protocol", .restart, unit: (port, port.replacing("http,", with: "http, protocol: http,"))),
        Case(
            "config by variable", .restart, unit: (config, config.replacing("default: 1", with: "default: 2"))
        ),
        Case("config in a file without reload", .restart, unit: (file, file.replacing("1", with: "2"))),
        Case("a reload that comes", .restart, unit: (file, file + "reload: {signal: SIGHUP}")),
        Case("sandbox", .restart, instance: ("", "sandbox: {level: none}")),
        Case("secrets", .restart, instance: ("", "secrets: {PASSWORD: {file: db}}")),
    ]

    @Test("each field has the effect of the table", arguments: cases)
    func effect(_ item: Case) throws {
        let before = try spec(item.unit.0, item.instance.0)
        let after = try spec(item.unit.1, item.instance.1)
        switch item.effect {
        case nil:
            #expect(before.specHash == after.specHash)
            #expect(before.fields.map(\.path) == after.fields.map(\.path))
        case .live, .reload:
            #expect(before.startHash == after.startHash)
            #expect(before.specHash != after.specHash)
        case .restart: #expect(before.startHash != after.startHash)
        }
        let changes = fieldChanges(from: before, to: after)
        #expect(changes.isEmpty == (item.effect == nil))
        if let effect = item.effect {
            #expect(changes.contains { $0.effect.rawValue == effect.rawValue }, "\(changes)")
        }
    }

    /// `entry` given by a case replaces the usual one.
    private func spec(_ unit: String, _ instance: String) throws -> InstanceSpec {
        var text = Declared.unit("web", unit)
        if unit.contains("entry:") {
            text = text.replacing("  entry: {command: /bin/web}\n", with: "", maxReplacements: 1)
        }
        let source = Declared.source(text, Declared.instance("web", of: "web@^1", instance))
        guard let found = try source.desired(revision: .numbered(1)).instances["web"] else {
            throw Declared.NotThere()
        }
        return found.spec
    }

    @Test("files, documents and labels may move without a trace in any hash")
    func places() throws {
        let (unit, instance) = (Declared.unit(), Declared.instance())
        let labelled = instance.replacing("{name: web}", with: "{name: web, labels: {team: shop}}")
        let sources = [
            DeclaredSource(["a.yaml": unit + "\n", "b.yaml": instance + "\n"]),
            DeclaredSource(["x/y.yaml": "# all\n" + instance + "\n---\n" + unit + "\n"]),
            DeclaredSource(["z.yml": unit + "\n---\n" + labelled + "\n"]),
        ]
        let specs = try sources.map { try $0.desired(revision: .numbered(1)).instances["web"]?.spec }
        #expect(Set(specs.map { $0?.specHash }).count == 1)
    }

    @Test("the package's tree enters, the path to it does not")
    func package() throws {
        func spec(_ directory: String, _ script: String) throws -> InstanceSpec? {
            let unit = Declared.unit("web", "artifact: {source: ./\(directory), format: dir}")
                .replacing("/bin/web", with: "./run.sh")
            return try DeclaredSource([
                "\(directory)/run.sh": script, "a.yaml": unit + "\n", "b.yaml": Declared.instance() + "\n",
            ]).desired(revision: .numbered(1)).instances["web"]?.spec
        }
        let first = try spec("app", "exec true\n")
        #expect(try spec("app", "exec false\n")?.startHash != first?.startHash)
        #expect(first?.process.package?.tree.isEmpty == false)
    }

    private func archive(_ path: String, _ bytes: String, _ artifact: String) throws -> InstanceSpec {
        let unit = Declared.unit("web", "artifact: {\(artifact)}").replacing("/bin/web", with: "./run.sh")
        let source = DeclaredSource([
            path: bytes, "a.yaml": unit + "\n", "b.yaml": Declared.instance() + "\n",
        ])
        guard let found = try source.desired(revision: .numbered(1)).instances["web"] else {
            throw Declared.NotThere()
        }
        return found.spec
    }

    @Test("an archive's contents enter, the path to it does not")
    func archiveOfTheRepository() throws {
        let first = try archive("a.zip", "one", "source: a.zip")
        #expect(try archive("b/c", "one", "source: b/c, format: zip").specHash == first.specHash)
        #expect(try archive("a.zip", "two", "source: a.zip").startHash != first.startHash)
    }

    @Test("with a digest, where an archive comes from restarts nothing, and is another spec")
    func archiveElsewhere() throws {
        let digest = String(repeating: "5e", count: 32)
        func spec(_ source: String, _ digest: String = digest) throws -> InstanceSpec {
            try archive("a.zip", "one", "source: \"\(source)\", sha256: \"\(digest)\"")
        }
        let first = try spec("https://one.example.org/a.zip")
        for other in ["https://two.example.org/b.zip", "file:///srv/a.zip", "a.zip"] {
            let moved = try spec(other)
            #expect(moved.startHash == first.startHash, "\(other)")
            // Whoever mends the address alone has declared something that is tried.
            #expect(moved.specHash != first.specHash, "\(other)")
            let changes = fieldChanges(from: first, to: moved)
            #expect(changes.map(\.path) == ["unit.spec.artifact.source"])
            #expect(changes.first?.effect == .live)
        }
        let next = try spec("https://one.example.org/a.zip", String(repeating: "6f", count: 32))
        #expect(next.startHash != first.startHash)
        let change = try #require(fieldChanges(from: first, to: next).first)
        #expect(change.path == "unit.spec.artifact.sha256")
        #expect(change.old == "5e5e5e5e5e5e" && change.new == "6f6f6f6f6f6f")
    }

    @Test("a version alone is another package")
    func version() throws {
        let old = try Declared.desired()
        let source = Declared.source(Declared.unit(version: "1.0.1"), Declared.instance())
        let new = try source.desired(revision: .numbered(2)).instances["web"]
        #expect(new?.spec.startHash != old.spec.startHash)
    }
}
