import Foundation
import Testing

@testable import Manifests

/// Small, and the same on every machine for one seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    /// splitmix64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Whatever the bytes are: no trap, no hang, and never a snapshot beside an error. PLUMB_SEED repeats a run.
@Suite struct RandomTests {
    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["PLUMB_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64.max)

    private func check(_ bytes: [UInt8]) {
        var source = TestSource(["u.yaml": Sample.unit("u", "config: {fields: [{name: fps, type: int}]}")])
        source.files["a.yaml"] = bytes
        source.files[SourceSelection.ignoreFileName] = bytes
        _ = ParsedConfig.parse(path: "a.yaml", blob: "1", bytes: bytes)
        let file = ParsedFile.parse(path: "a.yaml", blob: "1", bytes: bytes)
        let listing = SourceListing(entries: [])
        let selection = SourceSelection(listing: listing, ignoreFile: bytes)
        let assembly = Assembly.assemble(listing: listing, selection: selection, files: [file], configs: [])
        #expect((assembly.snapshot == nil) == (assembly.errorCount > 0))
        for diagnostic in assembly.diagnostics { _ = diagnostic.render(sourceLines: source.lines) }
    }

    @Test func randomBytes() {
        print("seed \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        let alphabet = Array("ab:-[]{},&*!|>'\"%@`#?\n\n  \t019.^~<>=_/\\é\u{0}".utf8) + [0xFF, 0xC3]
        for round in 0..<1_500 {
            let count = Int.random(in: 0...200, using: &random)
            check(
                (0..<count).map { _ in
                    round % 3 == 0
                        ? UInt8.random(in: 0...255, using: &random)
                        : alphabet.randomElement(using: &random) ?? 0
                })
        }
    }

    @Test func mutationsOfValidDeclarations() throws {
        print("seed \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        let valid = try TestSource(directory: TestSource.fixtures.appending(path: "valid")).files.values
            .sorted { $0.count < $1.count }
        let pieces = [
            "\n", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!int ", "\"", "'", "|", "1e999", "-0",
            "99999999999999999999", "~", "---\n", "\t", "é", "0x", "+index", "@", "||", "\u{2028}", ".",
        ]
        for _ in 0..<1_500 {
            guard var bytes = valid.randomElement(using: &random), !bytes.isEmpty else { continue }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<Swift.max(1, bytes.count), using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    bytes.insert(
                        contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8),
                        at: Swift.min(place, bytes.count))
                case 1 where place < bytes.count: bytes.remove(at: place)
                case 2 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
                default:
                    let end = Swift.min(bytes.count, place + Int.random(in: 0...40, using: &random))
                    if place < end { bytes.append(contentsOf: bytes[place..<end]) }
                }
            }
            check(bytes)
        }
    }

    @Test func randomRangesAndPaths() {
        print("seed \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        let alphabet = Array("0123456789.xX*^~<>=-+| ,arcé/")
        for _ in 0..<5_000 {
            let text = String(
                (0..<Int.random(in: 0...16, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? " "
                })
            if let range = VersionRange(text) {
                _ = range.contains(SemanticVersion(major: 1, minor: 2, patch: 3))
            }
            if let version = SemanticVersion(text) { #expect(version.description == text) }
            _ = SourcePath.normalised(text)
            _ = Quantities.duration(text)
            _ = Quantities.size(text)
            _ = Quantities.cpu(text)
        }
    }

    /// Order of keys, comments and spacing are no part of a declaration's meaning.
    @Test func orderAndCommentsChangeNothing() throws {
        print("seed \(Self.seed)")
        var random = SeededGenerator(seed: Self.seed)
        let text = try String(
            contentsOf: TestSource.fixtures.appending(path: "valid/units/web.yaml"), encoding: .utf8)
        let instance = try String(
            contentsOf: TestSource.fixtures.appending(path: "valid/instances/web.yaml"), encoding: .utf8)
        for document in text.components(separatedBy: "---\n") + [instance] {
            let first = try #require(meaning(document))
            for _ in 0..<40 { #expect(meaning(Self.shuffled(document, &random)) == first) }
        }
    }

    private func meaning(_ text: String) -> [String]? {
        let file = ParsedFile.parse(path: "a.yaml", blob: "1", bytes: Array(text.utf8))
        guard file.diagnostics.isEmpty else {
            Issue.record("\(file.diagnostics.map(\.headline)) in\n\(text)")
            return nil
        }
        var snapshot = Snapshot()
        for declaration in file.declarations {
            if case .unit(let unit) = declaration { snapshot.units[unit.id] = unit }
            if case .instance(let instance) = declaration {
                snapshot.instances[instance.metadata.name] = instance
            }
        }
        return Portrait.of(snapshot)
    }

    /// Shuffles the entries of every block mapping, and puts comments and blank lines between them.
    private static func shuffled(_ text: String, _ random: inout SeededGenerator) -> String {
        func indent(_ line: Substring) -> Int { line.prefix { $0 == " " }.count }
        func shuffle(_ lines: [Substring]) -> [String] {
            guard let first = lines.first else { return [] }
            var entries: [[Substring]] = []
            for line in lines {
                if indent(line) == indent(first) {
                    entries.append([line])
                } else {
                    entries[entries.count - 1].append(line)
                }
            }
            // Lists keep their order, which is part of what they mean.
            if !first.drop(while: { $0 == " " }).hasPrefix("- ") { entries.shuffle(using: &random) }
            var result: [String] = []
            for entry in entries {
                if Bool.random(using: &random) {
                    result.append(
                        String(repeating: " ", count: Int.random(in: 0...9, using: &random)) + "# x: y")
                }
                if Bool.random(using: &random) { result.append("") }
                result.append(entry[0] + (Bool.random(using: &random) ? "   # why" : ""))
                if entry[0].drop(while: { $0 == " " }).hasPrefix("- ") {
                    result += entry.dropFirst().map(String.init)
                } else {
                    result += shuffle(Array(entry.dropFirst()))
                }
            }
            return result
        }
        let lines = text.split(separator: "\n").filter { !$0.drop(while: { $0 == " " }).hasPrefix("#") }
        return shuffle(Array(lines)).joined(separator: "\n") + "\n"
    }
}
