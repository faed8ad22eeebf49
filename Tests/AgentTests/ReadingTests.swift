import Agent
import Foundation
import Manifests
import Reconciler
import Synchronization
import TestKit
import Testing

/// What is read of a revision by what differs from the one before it is what all of it says.
struct ReadingTests {
    private static let node = Node(name: "edge-1", labels: ["zone": "a"])

    /// Everything that a reading leads to, as text that can be compared.
    private func portrait(_ reading: RevisionReading, _ resolver: inout Resolver) throws -> String {
        switch reading.result {
        case .valid(let snapshot, let source):
            let content = source.encoded()
            let desired = resolver.resolve(snapshot, revision: reading.revision, node: Self.node)
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let units = snapshot.units.keys.map(\.description).sorted()
            return String(decoding: try encoder.encode(desired.instances), as: UTF8.self)
                + String(decoding: try encoder.encode(desired.schedules), as: UTF8.self)
                + "\n\(units) \(snapshot.packageTrees.sorted { $0.key < $1.key })"
                + "\n\(snapshot.configFiles.keys.sorted())"
                + "\n\(content.count) bytes, \(content.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF })"
        case .invalid(let lines): return "invalid\n" + lines.joined(separator: "\n")
        case .failed(let failure): return "failed \(failure.code)"
        case .rewound(let rewind): return "rewound \(rewind.range)"
        }
    }

    @Test("random edits: by what differs, whole, and from what was stored it is the same", arguments: 1...3)
    func same(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let source = MemorySource()
        var edits = RandomEdits()
        let following = RevisionReader(source: source)
        var resolver = Resolver()
        var (valid, invalid) = (0, 0)
        for number in 1...40 {
            let revision = Revision.numbered(number)
            for _ in 0..<random.number(1...3) { edits.edit(&random) }
            source.add(revision.id, edits.files)
            let before = source.wholeListings
            let read = await following.read(revision)
            let isWhole = source.wholeListings > before
            var fresh = Resolver()
            let whole = await RevisionReader(source: source).read(revision)
            let expected = try portrait(whole, &fresh)
            #expect(
                try portrait(read, &resolver) == expected,
                "seed \(seed), revision \(number), whole: \(isWhole)")
            guard case .valid(_, let content) = whole.result else {
                invalid += 1
                continue
            }
            valid += 1
            let stored = AcceptedSource(
                revision: revision, acceptedAt: WallTime(nanoseconds: 0), source: content)
            let snapshot = try #require(await RevisionReader(source: source).restore(stored))
            var again = Resolver()
            let desired = again.resolve(snapshot, revision: revision, node: Self.node)
            let direct = resolver.resolve(snapshot, revision: revision, node: Self.node)
            #expect(desired.instances == direct.instances)
            if case .valid(let first, _) = whole.result {
                #expect(
                    fresh.resolve(first, revision: revision, node: Self.node).instances == desired.instances)
            }
        }
        #expect(valid > 10, "seed \(seed): \(valid) valid, \(invalid) invalid")
    }

    @Test("a Schedule that only an earlier version took for one takes nothing along") func envelope()
        async throws
    {
        let texts = [
            "u.yaml": Declared.unit("web"), "i.yaml": Declared.instance("web", of: "web@^1"),
            "s.yaml": "apiVersion: plumb.dev/v1\nkind: Schedule\nmetadata: {name: nightly}\n"
                + "spec: {cron: 0 3 * * *, unit: migrate}",
        ]
        let source = MemorySource()
        let revision = Revision.numbered(1)
        source.add(revision.id, texts.mapValues { MemorySource.File($0 + "\n") })
        let content = SourceContent(
            listing: try source.listing(of: revision.id),
            blobs: try source.blobs(try source.listing(of: revision.id).entries.map(\.id)))
        let reader = RevisionReader(source: source)
        let stored = AcceptedSource(revision: revision, acceptedAt: WallTime(nanoseconds: 0), source: content)
        #expect(await reader.restore(stored) == nil)
        let snapshot = try #require(await reader.restoreWithoutSchedules(content))
        #expect(snapshot.instances.keys.sorted() == ["web"] && snapshot.schedules.isEmpty)
        // Read again, the revision is invalid, and says where.
        guard case .invalid(let lines) = await reader.read(revision).result else {
            throw Declared.NotThere()
        }
        #expect(lines.contains { $0.contains("s.yaml:4:") && $0.contains("unknown-key") }, "\(lines)")
    }

    @Test("of one file that changed among many, that one is read") func one() async throws {
        let source = MemorySource()
        var files = ["unit.yaml": MemorySource.File(Declared.unit("web") + "\n")]
        for index in 0..<500 {
            files["d\(index % 7)/i\(index).yaml"] = .init(Declared.instance("i\(index)", of: "web@^1") + "\n")
        }
        source.add(Revision.numbered(1).id, files)
        files["d3/i3.yaml"] = .init(Declared.instance("i3", of: "web@^1", "replicas: 2") + "\n")
        files["d3/more.yaml"] = .init(Declared.instance("more", of: "web@^1") + "\n")
        files["d4/i4.yaml"] = nil
        source.add(Revision.numbered(2).id, files)
        let reader = RevisionReader(source: source)
        _ = await reader.read(.numbered(1))
        let (listings, blobs) = (source.wholeListings, source.blobsRead)
        #expect(listings == 1 && blobs == 501)
        guard case .valid(let snapshot, _) = await reader.read(.numbered(2)).result else {
            throw Declared.NotThere()
        }
        #expect(source.wholeListings == 1 && source.blobsRead == blobs + 2)
        #expect(snapshot.instances.count == 500 && snapshot.instances["i3"]?.replicas == 2)
        #expect(snapshot.instances["more"] != nil && snapshot.instances["i4"] == nil)
    }

    @Test("where the old commit is gone, or the reader fails in between, nothing is lost") func gone()
        async throws
    {
        let source = MemorySource()
        let unit = MemorySource.File(Declared.unit("web") + "\n")
        source.add(Revision.numbered(1).id, ["unit.yaml": unit])
        source.add(
            Revision.numbered(2).id,
            [
                "unit.yaml": unit, "a.yaml": .init(Declared.instance("a", of: "web@^1") + "\n"),
            ])
        source.add(
            Revision.numbered(3).id,
            [
                "unit.yaml": unit, "b.yaml": .init(Declared.instance("b", of: "web@^1") + "\n"),
            ])
        let reader = RevisionReader(source: source)
        _ = await reader.read(.numbered(1))
        source.failBlobs(true)
        guard case .failed = await reader.read(.numbered(2)).result else { throw Declared.NotThere() }
        source.failBlobs(false)
        // The second was listed and not read; the third is told apart from it.
        guard case .valid(let third, _) = await reader.read(.numbered(3)).result else {
            throw Declared.NotThere()
        }
        #expect(Array(third.instances.keys) == ["b"] && source.wholeListings == 1)
        source.forget(Revision.numbered(3).id)
        guard case .valid(let second, _) = await reader.read(.numbered(2)).result else {
            throw Declared.NotThere()
        }
        #expect(Array(second.instances.keys) == ["a"] && source.wholeListings == 2)
    }
}

/// Declarations with room for a line of their spec.
private enum Declared {
    static func unit(_ name: String, _ more: String = "") -> String {
        declaration("Unit", name, ["version: 1.0.0", "entry: {command: /bin/\(name)}", more])
    }

    static func instance(_ name: String, of unit: String, _ more: String = "") -> String {
        declaration("Instance", name, ["unit: \(unit)", more])
    }

    private static func declaration(_ kind: String, _ name: String, _ spec: [String]) -> String {
        "apiVersion: plumb.dev/v1\nkind: \(kind)\nmetadata: {name: \(name)}\nspec:\n"
            + spec.filter { !$0.isEmpty }.map { "  \($0)" }.joined(separator: "\n")
    }

    struct NotThere: Error {}
}

/// Files as they are edited, some of them wrong.
private struct RandomEdits {
    private(set) var files: [String: MemorySource.File] = [
        "units/web.yaml": .init(
            Declared.unit("web", "config: {fields: [{name: fps, type: int, default: 1}]}") + "\n"),
        "units/pack.yaml": .init(Declared.unit("pack", "artifact: {source: dist/pack}") + "\n"),
        "units/arch.yaml": .init(Declared.unit("arch", "artifact: {source: dist/app.tar.gz}") + "\n"),
        "dist/app.tar.gz": .init("an archive\n"),
        "dist/pack/start.sh": .init("#!/bin/sh\n", kind: .executable),
        "dist/pack/part.yaml": .init("not: a declaration\n"),
        "config/one.yaml": .init("fps: 3\n"),
    ]
    private var stamp = 0

    private static let places = ["a", "b", "b-c", "b.d", "b/e", "ü", "zz/y/x"]

    mutating func edit(_ random: inout SeededRandom) {
        stamp += 1
        let place = random.pick(Self.places) ?? "a"
        let name = "i\(random.number(0...9))-\(Self.places.firstIndex(of: place) ?? 0)"
        let path = "\(place)/\(name).yaml"
        switch random.number(0...32) {
        case 0...9: files[path] = .init(instance(name, &random))
        case 10: files[path] = nil
        case 11: files["config/one.yaml"] = .init("fps: \(random.number(1...9))\n")
        case 12: files["config/two.yaml"] = files["config/two.yaml"] == nil ? .init("fps: 5\n") : nil
        case 13: files["dist/pack/start.sh"]?.text += "# \(stamp)\n"
        case 14: files["dist/pack/new\(random.number(0...2)).txt"] = .init("\(stamp)\n")
        case 15:
            let unit = "config: {fields: [{name: fps, type: int, default: \(random.number(1...9))}]}"
            files["units/web.yaml"] = .init(Declared.unit("web", unit) + "\n")
        case 16:
            let rules = ["b/\n", "*.yml\n", "# none\n"][random.number(0...2)]
            files[SourceSelection.ignoreFileName] = random.once(in: 2) ? .init(rules) : nil
        case 17: files[path] = random.once(in: 2) ? .init("kind: [broken\n") : files[path]
        case 18:
            let link = MemorySource.File("", kind: .symbolicLink(target: "x"))
            files["\(place)/link.yaml"] = random.once(in: 2) ? link : nil
        case 19: turn(&random)
        case 21: files["dist/app.tar.gz"] = .init("archive \(stamp)\n")
        case 22:
            // Somebody forgot to fetch it: the revision is invalid.
            let text = "version https://git-lfs.github.com/spec/v1\noid sha256:\(stamp)\nsize 1\n"
            files["dist/app.tar.gz"] = .init(text)
        case 20:
            if let moved = files.removeValue(forKey: path) { files["moved/\(name)\(stamp).yaml"] = moved }
        default: mend(&random)
        }
    }

    /// A file becomes a directory, or the other way round.
    private mutating func turn(_ random: inout SeededRandom) {
        let (file, inner) = ("q.yaml", "q.yaml/z.yaml")
        let isFile = files[file] != nil
        files[isFile ? file : inner] = nil
        files[isFile ? inner : file] = .init(instance("q", &random))
    }

    /// What is wrong is mended more often than not.
    private mutating func mend(_ random: inout SeededRandom) {
        for (path, file) in files where file.text.contains("broken") || file.text.contains("dependsOn") {
            files[path] = nil
        }
        files["dist/app.tar.gz"] = .init("mended \(stamp)\n")
        files["config/two.yaml"] = files["config/two.yaml"] ?? .init("fps: 6\n")
        if random.once(in: 2) { files[SourceSelection.ignoreFileName] = nil }
    }

    private func instance(_ name: String, _ random: inout SeededRandom) -> String {
        let fields = [
            "replicas: \(random.number(1...4))", "configFrom: [config/one.yaml]",
            "configFrom: [config/one.yaml, config/two.yaml]", "config: {fps: \(random.number(1...9))}",
            "dependsOn: [{instance: i\(random.number(0...9))-0}]", "nodes: {names: [edge-2]}",
        ]
        let unit = random.once(in: 3) ? (random.once(in: 2) ? "pack@^1" : "arch@^1") : "web@^1"
        let extra = unit == "web@^1" ? random.pick(fields) ?? "" : "replicas: 2"
        return (random.once(in: 4) ? "# \(stamp)\n" : "") + Declared.instance(name, of: unit, extra) + "\n"
    }
}

/// A repository in memory: whoever changes it adds a revision.
private final class MemorySource: SourcePort {
    struct File: Equatable {
        var text: String
        var kind: SourceListing.Entry.Kind

        init(_ text: String, kind: SourceListing.Entry.Kind = .file) {
            self.text = text
            self.kind = kind
        }

        var blob: String { "blob-\(text.hashValue)" }
    }
    private struct State {
        var revisions: [RevisionID: [String: File]] = [:]
        var blobs: [String: [UInt8]] = [:]
        var wholeListings = 0
        var blobsRead = 0
        var isFailing = false
    }
    private let state = Mutex(State())

    var wholeListings: Int { state.withLock { $0.wholeListings } }
    var blobsRead: Int { state.withLock { $0.blobsRead } }

    func failBlobs(_ fails: Bool) { state.withLock { $0.isFailing = fails } }
    func forget(_ revision: RevisionID) { state.withLock { $0.revisions[revision] = nil } }

    func add(_ revision: RevisionID, _ files: [String: File]) {
        state.withLock { state in
            state.revisions[revision] = files
            for file in files.values { state.blobs[file.blob] = Array(file.text.utf8) }
        }
    }

    private func files(_ revision: RevisionID) throws(SourceFailure) -> [String: File] {
        guard let files = state.withLock({ $0.revisions[revision] }) else {
            throw SourceFailure(code: "ObjectMissing", message: "\(revision) is not there", advice: "")
        }
        return files
    }

    private func entries(_ files: [String: File]) -> [SourceListing.Entry] {
        files.map { SourceListing.Entry(path: $0.key, kind: $0.value.kind, id: $0.value.blob, size: 0) }
            .sorted { $0.isBefore($1.path) }
    }

    func approvals(after held: RevisionID, upTo revision: Revision) -> [Revision] { [] }
    func commits(after old: RevisionID, upTo new: RevisionID) -> [RevisionID] { [] }

    func listing(of revision: RevisionID) throws(SourceFailure) -> SourceListing {
        state.withLock { $0.wholeListings += 1 }
        return SourceListing(entries: entries(try files(revision)))
    }

    func changes(from old: RevisionID, to new: RevisionID) throws(SourceFailure) -> SourceChanges {
        let (before, after) = (try files(old), try files(new))
        return SourceChanges(
            changed: entries(after.filter { before[$0.key] != $0.value }),
            removed: before.keys.filter { after[$0] == nil })
    }

    func tree(of revision: RevisionID, path: String) throws(SourceFailure) -> String {
        let own = entries(try files(revision).filter { $0.key.hasPrefix(path + "/") })
        return "tree-\(own.map { "\($0.path) \($0.id)" }.hashValue)"
    }

    func blobs(_ ids: [String]) throws(SourceFailure) -> [String: [UInt8]] {
        try state.withLock { state throws(SourceFailure) in
            if state.isFailing {
                throw SourceFailure(code: "ObjectCorrupt", message: "a blob is truncated", advice: "")
            }
            state.blobsRead += Set(ids).count
            return state.blobs.filter { ids.contains($0.key) }
        }
    }

    func pointers(among ids: [String]) -> Set<String> {
        state.withLock { state in Set(ids.filter { GitLFS.isPointer(state.blobs[$0] ?? []) }) }
    }

    func ancestry(of accepted: RevisionID, in candidate: RevisionID) -> Ancestry { .ancestor }
    func couldNotRead(_ revision: RevisionID, because failure: SourceFailure) {}
    func accepted(_ revision: RevisionID) {}
}
