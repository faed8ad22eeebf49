import Manifests
import Reconciler
import TestKit
import Testing

struct FieldChangeTests {
    private func changes(_ unit: (String, String) = ("", ""), _ instance: (String, String) = ("", "")) throws
        -> [FieldChange]
    {
        fieldChanges(
            from: try Declared.desired(unit: unit.0, instance: instance.0),
            to: try Declared.desired(unit: unit.1, instance: instance.1, revision: 2))
    }

    @Test("old and new value, and the line of the new one")
    func changed() throws {
        let found = try changes(("env: {A: x}", "env: {A: y}"))
        #expect(found.map(\.text) == ["unit.spec.env.A x → y"])
        #expect(found.first?.place.short == "f0.yaml:7")
    }

    @Test("what comes and what goes")
    func comesAndGoes() throws {
        #expect(try changes(("", "env: {A: x}")).map(\.text) == ["unit.spec.env.A set to x"])
        let gone = try changes(("env: {A: x, B: y}", "env: {A: x}"))
        #expect(gone.map(\.text) == ["unit.spec.env.B removed (was y)"])
        // It stood beside A, which is where one would look.
        #expect(gone.first?.place.short == "f0.yaml:7")
    }

    @Test("several changes come in the order of their paths")
    func several() throws {
        let found = try changes(
            ("env: {A: x}", "env: {B: x}"),
            ("stop: {grace: 7s}\nreplicas: 1", "stop: {grace: 8s}\nreplicas: 2"))
        #expect(
            found.map(\.path) == ["spec.stop.grace", "unit.spec.env.A", "unit.spec.env.B", "spec.replicas"])
        #expect(found.map(\.effect) == [.live, .restart, .restart, .scale])
    }

    @Test("fields outside the hashes have their effect, too")
    func outside() throws {
        #expect(try changes(("", ""), ("", "restartNonce: a")).map(\.effect) == [.restart])
        #expect(try changes(("", ""), ("", "suspend: true")).map(\.effect) == [.none])
        #expect(
            try changes(("", ""), ("", "desired: stopped")).map(\.text) == ["spec.desired running → stopped"])
        #expect(
            try changes(("", ""), ("", "nodes: {names: [else]}")).map(\.text) == [
                "spec.nodes this node → other nodes"
            ])
    }

    @Test("a way to reload that goes is named, not the fields that it moves")
    func reload() throws {
        let file = "config: {fields: [{name: fps, type: int, default: 1}], apply: {method: file}}\n"
        let found = try changes((file + "reload: {signal: SIGHUP}", file))
        #expect(found.map(\.path) == ["unit.spec.reload.signal"])
        #expect(found.map(\.effect) == [.restart])
    }

    @Test("another file's Unit that moves the reference is the place; an edit of the reference is its own")
    func reference() throws {
        let old = Declared.unit(version: "1.0.0")
        let new = Declared.unit(version: "1.4.0")
        func desired(_ source: DeclaredSource) throws -> DesiredInstance {
            guard let found = try source.desired(revision: .numbered(1)).instances["web"] else {
                throw Declared.NotThere()
            }
            return found
        }
        let ranged = Declared.instance("web", of: "web@^1")
        let moved = fieldChanges(
            from: try desired(Declared.source(ranged, old)),
            to: try desired(Declared.source(ranged, old, new)))
        #expect(moved.map(\.text) == ["spec.unit web@1.0.0 → web@1.4.0"])
        #expect(moved.first?.place.short == "f2.yaml:5")
        let pinned = Declared.instance("web", of: "web@1.4.0")
        let edited = fieldChanges(
            from: try desired(Declared.source(ranged, old)),
            to: try desired(Declared.source(pinned, old, new)))
        #expect(edited.first?.place.short == "f0.yaml:5")
    }
}
