import Testing

@testable import Manifests

/// A Unit with an endpoint to probe.
private let web = "endpoints: [{name: a, port: 80}]\n"

/// Single fields of Units and Instances: what is accepted, and what is refused with which code.
@Suite struct FieldTests {
    @Test(arguments: [
        ("type: service", "not-yet-supported"), ("type: proces", "invalid-value"),
        ("profile: daemon", "invalid-value"),
        ("artifact: {source: ../x}", "invalid-path"), ("artifact: {}", "missing-field"),
        ("artifact: dist", "wrong-type"),
        ("env: {A: {b: c}}", "wrong-type"), ("env: {A: }", "empty-value"),
        ("env: {\"A-B\": x}", "invalid-name"), ("env: {STDIOLINK_X: x}", "reserved-variable"),
        ("endpoints: [{name: a, port: 0}]", "invalid-port"),
        ("endpoints: [{name: a, port: +80}]", "invalid-port"), ("endpoints: [{name: a}]", "missing-field"),
        ("endpoints: [{name: a, port: 1, protocol: sctp}]", "invalid-value"),
        ("endpoints: [{name: a, port: 1}, {name: b, port: 1}]", "port-conflict"),
        ("endpoints: [{name: a, port: 1, address: 127.0.0.1}]", "listen-address"),
        ("endpoints: [{name: a, port: 1, listen: true, address: localhost}]", "invalid-value"),
        ("endpoints: [{name: a, port: 1, listen: true, address: \"1::2::3\"}]", "invalid-value"),
        (
            "endpoints: [{name: a, port: 1, listen: true}]\nhealth: {readiness: {tcp: {port: a}}}",
            "held-port-probe"
        ),
        ("reload: {signal: SIGHUP}", "reload-needs-file"), ("reload: {signal: SIGSTOP}", "invalid-signal"),
        ("reload: {}", "missing-field"),
        ("health: {readiness: {tcp: {}}}", "missing-field"),
        ("health: {readiness: {call: {method: a}}}", "not-yet-supported"),
        ("health: {readiness: {grpc: {port: a}}}", "unknown-port"),
        ("health: {liveness: {heartbeat: {ttl: 30s}}}", "probe-check"),
        (web + "health: {readiness: {http: {port: a, status: 99}}}", "invalid-value"),
        (web + "health: {readiness: {http: {port: a, status: [200, 399-200]}}}", "invalid-value"),
        (web + "health: {readiness: {http: {port: a, method: POST}}}", "invalid-value"),
        (web + "health: {readiness: {http: {port: a, body: {}}}}", "missing-field"),
        (web + "health: {readiness: {http: {port: a, body: {matches: \"(a\"}}}}", "invalid-pattern"),
        (web + "health: {readiness: {http: {port: a, body: {matches: \"a{9}\"}}}}", "invalid-pattern"),
        (web + "health: {readiness: {http: {port: a, method: HEAD, body: {contains: x}}}}", "probe-check"),
        (web + "health: {readiness: {http: {port: a, tls: {verify: false}}}}", "probe-check"),
        (web + "health: {readiness: {http: {port: a, headers: {Authorization: x}}}}", "plain-secret"),
        (web + "health: {readiness: {http: {port: a, headers: {\"A B\": x}}}}", "invalid-name"),
        (web + "health: {readiness: {http: {port: a, headers: {X-A: \"a\\r\\nB: c\"}}}}", "invalid-value"),
        (web + "health: {readiness: {http: {port: a, headers: {Content-Length: \"9\"}}}}", "probe-check"),
        ("health: {readyness: {}}", "unknown-key"),
        ("health: {liveness: {exec: {command: []}}}", "out-of-range"),
        ("health: {liveness: {exec: {command: [a]}, period: 1ms}}", "out-of-range"),
        (
            "endpoints: [{name: a, port: 1, protocol: udp}]\nhealth: {liveness: {tcp: {port: a}}}",
            "unknown-port"
        ),
        ("restart: {policy: sometimes}", "invalid-value"), ("restart: {maxRetries: -1}", "out-of-range"),
        ("restart: {maxRetries: many}", "wrong-type"),
        ("stop: {grace: 25h}", "out-of-range"), ("stop: {signal: 15}", "invalid-signal"),
        ("stop: {drain: 25h}", "out-of-range"), ("stop: {steps: []}", "out-of-range"),
        ("stop: {signal: SIGINT, steps: [{signal: SIGTERM}]}", "stop-steps"),
        ("stop: {steps: [{grace: 1s}]}", "stop-steps"),
        ("stop: {steps: [{signal: SIGTERM, closeInput: {}}]}", "stop-steps"),
        ("stop: {steps: [{signal: SIGSTOP}]}", "invalid-signal"),
        ("stop: {steps: [{closeInput: {}}]}", "input-needed"),
        ("stop: {steps: [{command: {command: [./drain.sh]}}]}", "invalid-path"),
        ("stop: {steps: [{command: {timeout: 1s}}]}", "missing-field"),
        ("resources: {nofile: 1}", "out-of-range"),
        ("resources: {cpu: 0}", "invalid-quantity"), ("resources: {cpu: 900000000m}", "invalid-quantity"),
        ("resources: {memory: 64k}", "out-of-range"), ("resources: {memory: 64MB}", "invalid-size"),
        ("resources: {pids: 0}", "out-of-range"), ("resources: {core: max}", "invalid-size"),
        ("resources: {io: {weight: 0}}", "out-of-range"), ("resources: {io: {read: 1}}", "unknown-key"),
        ("resources: {files: 3}", "unknown-key"),
        ("sandbox: {level: hard}", "invalid-value"), ("sandbox: {readOnly: true}", "unknown-key"),
        ("sandbox: {levl: none}", "unknown-key"), ("sandbox: {network: lan}", "invalid-value"),
        ("sandbox: {capabilities: [FLY]}", "invalid-value"),
        ("sandbox: {systemCallFilter: {mode: deny, deny: [opne]}}", "invalid-value"),
        ("sandbox: {readWritePaths: [data]}", "invalid-path"),
        ("sandbox: {level: strict, noNewPrivileges: false}", "sandbox-conflict"),
        ("sandbox: {systemCallFilter: {deny: [ptrace]}}", "sandbox-conflict"),
        ("sandbox: {level: strict, systemCallFilter: {deny: [execve]}}", "sandbox-conflict"),
        ("sandbox: {readOnlyPaths: [/srv], inaccessiblePaths: [/srv]}", "sandbox-conflict"),
        ("sandbox: {level: paranoid, capabilities: [NET_RAW]}", "sandbox-conflict"),
        ("sandbox: {level: paranoid}\nendpoints: [{name: http, port: 80}]", "sandbox-conflict"),
        ("sandbox: {network: local, capabilities: [NET_RAW]}", "sandbox-conflict"),
        ("sandbox: {level: standard, readWritePaths: [/tmp]}", "sandbox-conflict"),
        ("sandbox: {level: strict, readOnlyPaths: [/dev]}", "sandbox-conflict"),
        ("sandbox: {level: standard, readOnlyPaths: [/proc]}", "sandbox-conflict"),
        ("sandbox: {level: standard, readWritePaths: [/sys]}", "sandbox-conflict"),
        ("sandbox: {level: strict, systemCallFilter: {deny: [write]}}", "sandbox-conflict"),
        (
            "sandbox: {network: local}\n"
                + "endpoints: [{name: dns, port: 53, protocol: udp, listen: true}]", "sandbox-conflict"
        ),
        (
            "sandbox: {network: local}\n"
                + "endpoints: [{name: http, port: 80, listen: true, address: 192.0.2.1}]", "sandbox-conflict"
        ),
        (
            "sandbox: {level: paranoid}\n"
                + "endpoints: [{name: dns, port: 53, protocol: udp, listen: true}]", "sandbox-conflict"
        ),
        (
            "sandbox: {level: none, network: none}\nendpoints: [{name: http, port: 80, listen: true}]",
            "sandbox-conflict"
        ),
        ("logging: {maxSize: 1Ki}", "out-of-range"), ("config: {fields: [{name: a}]}", "missing-field"),
        ("config: {fields: [{name: 1a, type: int}]}", "invalid-value"),
        ("config: {fields: [{name: a, type: array, items: {type: list}}]}", "invalid-value"),
        ("config: {apply: {method: flags}}", "invalid-value"),
        ("config: {apply: {method: file, file: a/b}}", "invalid-path"),
        (
            "config: {fields: [{name: o, type: object, fields: [{name: s, type: string, secret: true}]}]}",
            "secret-placement"
        ),
        ("config: {fields: [{name: a, type: string, default: 5}]}", "config-type"),
        ("config: {fields: [{name: a, type: int, doc: 5}]}", "wrong-type"),
        (
            "config: {fields: [{name: a, type: object, fields: [{name: b, type: int}], default: {c: 1}}]}",
            "unknown-config-field"
        ),
    ])
    func unitFields(_ spec: String, code: String) {
        let assembly = TestSource(["u.yaml": Sample.unit("u", spec)]).assemble()
        #expect(assembly.codes == [code], "\(assembly.headlines)")
    }

    @Test(arguments: [
        ("replicas: -1", "out-of-range"), ("replicas: 1.5", "wrong-type"),
        ("desired: paused", "invalid-value"), ("suspend: 1", "wrong-type"),
        ("nodes: {names: [A]}", "invalid-name"), ("nodes: edge-1", "wrong-type"),
        ("config: [a]", "wrong-type"), ("config: {\"a b\": 1}", "invalid-name"),
        ("configFrom: a.yaml", "wrong-type"), ("configFrom: [missing.yaml]", "config-file-missing"),
        ("secrets: {A: name}", "wrong-type"), ("secrets: {A: {file: ..}}", "invalid-path"),
        ("secrets: {PLUMB_X: {file: a}}", "reserved-variable"), ("dependsOn: [db]", "wrong-type"),
        ("dependsOn: [{instance: db}]", "unknown-instance"),
        ("dependsOn: [{instance: i, condition: done}]", "invalid-value"),
        ("update: {strategy: blueGreen, maxSurge: 1}", "update-strategy"),
        ("update: {strategy: recreate, maxSurge: 1}", "update-strategy"),
        ("update: {maxUnavailable: 0}", "update-strategy"), ("update: {maxSurge: -1}", "out-of-range"),
        ("update: {maxUnavailable: -1}", "out-of-range"), ("update: {maxSurge: one}", "wrong-type"),
        ("update: {canary: {replicas: 1}}", "canary-without-strategy"),
        ("update: {strategy: canary, canary: {replicas: 0}}", "out-of-range"),
        ("update: {strategy: canary, canary: {steps: [1]}}", "unknown-key"),
        ("update: {minHealthyTime: 60s}", "deadline-order"),
        ("update: {healthyDeadline: 5m}", "deadline-order"),
        ("update: {rollback: {automatic: sometimes}}", "wrong-type"),
        ("prune: never", "invalid-value"),
        ("health: {readiness: {http: {port: web}}}", "unknown-port"),
        ("config: {a: 1}", "unknown-config-field"), ("unitt: x", "unknown-key"),
        ("restartNonce: [1]", "wrong-type"), ("config: {a: \"x\\0\"}", "invalid-value"),
    ])
    func instanceFields(_ spec: String, code: String) {
        let source = TestSource(["u.yaml": Sample.unit("u"), "i.yaml": Sample.instance("i", unit: "u", spec)])
        let found = source.assemble().codes.filter { $0 != "self-dependency" }
        #expect(found == [code], "\(source.assemble().headlines)")
    }

    @Test(arguments: [
        ("requires: plumb >= 0.1", ""), ("requires: plumb ^0.1", ""), ("requires: plumb *", ""),
        ("requires: plumb >= 1.2", "requires-newer-plumb"),
        ("requires: plumb", "invalid-value"), ("requires: docker >= 1", "invalid-value"),
        ("requires: plumber >= 0.1", "invalid-value"),
    ])
    func requirements(_ line: String, code: String) {
        let assembly = TestSource(["u.yaml": line + "\n" + Sample.unit("u")]).assemble()
        #expect(assembly.codes == (code.isEmpty ? [] : [code]), "\(assembly.headlines)")
    }

    @Test(arguments: [
        ("web", true), ("a", true), ("a-1", true), ("0", true), (String(repeating: "a", count: 63), true),
        (String(repeating: "a", count: 64), false),
        ("-a", false), ("a-", false), ("A", false), ("a_b", false), ("a.b", false), ("é", false),
    ])
    func names(_ name: String, isValid: Bool) { #expect(StringRule.name.accepts(name) == isValid) }

    @Test(arguments: [
        ("fileDescriptorStoreMax: 1", "store-needs-notify"),
        ("notify: true, fileDescriptorStoreMax: 129", "out-of-range"),
        ("notify: true, fileDescriptorStoreMax: 128", ""), ("fileDescriptorStoreMax: 0", ""),
    ])
    func storeFields(_ fields: String, code: String) {
        let unit = Sample.unit("u").replacing("args: [\"1\"]", with: fields)
        let assembly = TestSource(["u.yaml": unit]).assemble()
        #expect(assembly.codes == (code.isEmpty ? [] : [code]), "\(assembly.headlines)")
    }

    /// What is not written gets the model's defaults, which are the schema's.
    @Test func defaultsOfTheTableAreThoseOfTheModel() throws {
        let unit =
            "restart: {}\nstop: {}\nresources: {}\nsandbox: {}\nlogging: {}\nconfig: {apply: {}}\n"
            + "endpoints: [{name: a, port: 80}]\n"
            + "health: {liveness: {tcp: {port: a}}, readiness: {http: {port: a}}}"
        let source = Sample.pair(unit: unit, instance: "update: {}\nnodes: {}")
        let snapshot = try #require(source.assemble().snapshot, "\(source.assemble().headlines)")
        let web = try #require(snapshot.units.values.first)
        #expect(
            web.defaults.restart == RestartPolicy() && web.defaults.stop == StopPolicy()
                && web.defaults.resources == Resources())
        #expect(web.defaults.sandbox == Sandbox() && web.defaults.logging == LoggingPolicy())
        #expect(
            web.defaults.health?.liveness == Probe(check: .tcp(port: "a"))
                && web.defaults.health?.readiness == Probe(check: .http(port: "a", path: "/"))
                && web.configApply == ConfigApply()
        )
        #expect(
            web.endpoints == [Endpoint(name: "a", port: .fixed(80))] && web.profile == .keepalive
                && web.entry.umask == 0o022)
        let instance = try #require(snapshot.instances["web"])
        let standard = InstanceDeclaration(
            metadata: instance.metadata, unit: instance.unit, source: instance.source)
        #expect(
            instance.update == standard.update && instance.nodes == standard.nodes
                && instance.replicas == standard.replicas)
        #expect(
            instance.desired == standard.desired && instance.suspend == standard.suspend
                && instance.restartNonce == standard.restartNonce && instance.drift == standard.drift)
    }

    @Test func limitsAreReadInTheirUnits() throws {
        let text =
            "resources: {cpu: 1.5, memory: 64Mi, pids: 128, nofile: 4096, core: unlimited, io: {weight: 50}}"
        let source = Sample.pair(unit: text, instance: "resources: {cpu: 250m, core: 1M}")
        let snapshot = try #require(source.assemble().snapshot, "\(source.assemble().headlines)")
        let unit = try #require(snapshot.units.values.first)
        #expect(
            unit.defaults.resources
                == Resources(
                    cpu: 1_500, memory: 64 << 20, pids: 128, nofile: 4_096, core: Resources.coreUnlimited,
                    io: Resources.DiskShare(weight: 50)))
        // The Instance's block replaces the Unit's as a whole.
        #expect(snapshot.instances["web"]?.overrides.resources == Resources(cpu: 250, core: 1_000_000))
    }

    @Test func everyDefaultOfTheTablesIsAValidValue() {
        func walk(_ schema: ObjectSchema, _ path: String, _ depth: Int) {
            for field in schema.fields {
                if let text = field.defaultText, text != "null" {
                    #expect(field.defaultValue != nil, "\(path).\(field.key)")
                }
                if depth < 8, let below = Schema.objectBelow(field.type) {
                    walk(below, "\(path).\(field.key)", depth + 1)
                }
            }
        }
        for kind in Kind.allCases { walk(Schema.document(of: kind), kind.rawValue, 0) }
    }

    @Test func aOneshotIsRestartedOnFailureUnlessItSaysOtherwise() throws {
        func policy(unit: String, instance: String) throws -> RestartPolicy {
            let snapshot = try #require(
                Sample.pair(unit: "profile: oneshot\n" + unit, instance: instance).assemble().snapshot)
            let found = try #require(snapshot.instances["web"])
            return found.overrides.restart ?? snapshot.unit(of: found)?.defaults.restart ?? RestartPolicy()
        }
        #expect(try policy(unit: "", instance: "").policy == .onFailure)
        #expect(
            try policy(unit: "restart: {maxRetries: 2}", instance: "")
                == RestartPolicy(policy: .onFailure, maxRetries: 2))
        #expect(try policy(unit: "restart: {policy: never}", instance: "").policy == .never)
        #expect(
            try policy(unit: "restart: {policy: never}", instance: "restart: {maxRetries: 1}")
                == RestartPolicy(policy: .onFailure, maxRetries: 1))
        #expect(
            Sample.pair(unit: "profile: oneshot", instance: "restart: {policy: always}").assemble().codes == [
                "oneshot-policy"
            ])
    }
}
