import Testing

@testable import Manifests

/// Bytes → tree: the bounds, the core schema, and several documents.
@Suite struct YAMLTests {
    private func codes(_ text: String) -> [String] { codes(Array(text.utf8)) }

    private func codes(_ bytes: [UInt8]) -> [String] {
        ParsedFile.parse(path: "a.yaml", blob: "1", bytes: bytes).diagnostics.map(\.code.rawValue)
    }

    private func config(_ text: String) throws -> [String: ConfigValue] {
        let parsed = ParsedConfig.parse(path: "a.yaml", blob: "1", bytes: Array(text.utf8))
        return try #require(parsed.file, "\(parsed.diagnostics.map(\.headline))").values
    }

    @Test func scalarsAreThoseOfTheCoreSchema() throws {
        let values = try config(
            """
            a: yes
            b: on
            c: True
            d: 0o17
            e: 0x1F
            f: 012
            g: 1e3
            h: .5
            i: ~
            j:
            k: "1"
            l: '~'
            m: -7
            n: +7
            o: 1_000
            p: .inf
            q: 99999999999999999999
            r: 2026-11-21
            s: 1.4.2
            t: !!str 5
            u: "a\\tb"
            v: |
              two
              lines

            """)
        let wanted: [String: ConfigValue] = [
            "a": .string("yes"), "b": .string("on"), "c": .bool(true), "d": .int(15), "e": .int(31),
            "f": .int(12), "g": .double(1000),
            "h": .double(0.5), "i": .null, "j": .null, "k": .string("1"), "l": .string("~"), "m": .int(-7),
            "n": .int(7),
            "o": .string("1_000"), "p": .string(".inf"), "q": .double(1e20), "r": .string("2026-11-21"),
            "s": .string("1.4.2"),
            "t": .string("5"), "u": .string("a\tb"), "v": .string("two\nlines\n"),
        ]
        for (key, value) in wanted { #expect(values[key] == value, "\(key)") }
    }

    @Test func placesCountLinesAndScalars() throws {
        let parsed = ParsedConfig.parse(path: "a.yaml", blob: "1", bytes: Array("é: {ü: [1,\n   2]}\n".utf8))
        let fields = try #require(parsed.file).source.fields
        #expect(fields["é"] == .init(line: 1, column: 4))
        #expect(fields["é.ü[1]"] == .init(line: 2, column: 4))
    }

    @Test func aliasesStandForTheirAnchors() throws {
        let values = try config("a: &x {b: [1, 2]}\nc: *x\n")
        #expect(values["c"] == values["a"] && values["c"] == .object(["b": .array([.int(1), .int(2)])]))
    }

    @Test func boundsAreErrors() {
        let head =
            "apiVersion: plumb.dev/v1\nkind: Instance\nmetadata: {name: a}\nspec: {unit: a, config: {a: "
        let limit = DecodingLimits.nestingMax
        #expect(
            codes(
                head + String(repeating: "[", count: limit + 1) + String(repeating: "]", count: limit + 1)
                    + "}}") == ["nesting-too-deep"])
        #expect(
            codes(
                head + String(repeating: "[", count: limit - 4) + String(repeating: "]", count: limit - 4)
                    + "}}") == [])
        #expect(
            codes(head + "\"" + String(repeating: "x", count: DecodingLimits.documentBytesMax) + "\"}}") == [
                "document-too-large"
            ])
        // Bytes count, not characters.
        #expect(
            codes(head + "\"" + String(repeating: "é", count: 600_000) + "\"}}") == ["document-too-large"])
        // A large file of small documents is none of these.
        let small = "---\n" + head + String(repeating: "x", count: 1_000) + "}}\n"
        let many = String(repeating: small, count: 1_100)
        #expect(codes(many) == [])
        #expect(codes(head + "&x [*x]}}") == ["unknown-alias"])
        #expect(
            codes([UInt8](repeating: UInt8(ascii: "a"), count: DecodingLimits.fileBytesMax + 1)) == [
                "document-too-large"
            ])
    }

    @Test func aliasesCannotNestBeyondTheBound() {
        var text =
            "apiVersion: plumb.dev/v1\nkind: Instance\nmetadata: {name: a}\n"
            + "spec:\n  unit: a\n  config:\n    a0: &a0 [[[[[[[[1]]]]]]]]\n"
        for level in 1...10 { text += "    a\(level): &a\(level) [[[[[[[[*a\(level - 1)]]]]]]]]\n" }
        #expect(codes(text) == ["nesting-too-deep"])
    }

    /// Must end at once: a hundred thousand keys in one mapping, and a duplicate at the end.
    @Test func manyKeysAreComparedInGoodTime() {
        var text = ""
        for key in 0..<60_000 { text += "k\(key): 1\n" }
        let clock = ContinuousClock()
        let time = clock.measure { #expect(codes(text + "k7: 2\n").contains("duplicate-key")) }
        #expect(time < .seconds(10))
    }

    @Test func severalDocumentsOfWhichSomeAreEmpty() {
        let text = "---\n---\n" + Sample.unit("a") + "\n---\n# nothing\n---\n" + Sample.unit("b") + "\n...\n"
        let parsed = ParsedFile.parse(path: "a.yaml", blob: "1", bytes: Array(text.utf8))
        #expect(parsed.diagnostics.isEmpty && parsed.declarations.count == 2)
        #expect(
            codes("") == [] && codes("\n# only a comment\n") == [] && codes("null\n") == ["not-a-declaration"]
        )
    }

    @Test(arguments: [
        ("a: 1\n\tb: 2\n", "tab-indentation"), ("a:\n\t- b\n", "tab-indentation"),
        ("a: [1, 2\n", "yaml-syntax"), ("a: 'x\n", "yaml-syntax"),
        ("a: b: c\n", "yaml-syntax"), ("a: @b\n", "yaml-syntax"), ("a: \"\\q\"\n", "yaml-syntax"),
        ("a: - b\n", "yaml-syntax"),
        ("a: \u{01}\n", "yaml-syntax"), ("%YAML 1.1\n---\na: 1\n", "yaml-syntax"),
        ("? [a]\n: b\n", "invalid-key"), ("{a: 1, a: 2}\n", "duplicate-key"),
        ("a: !!int x\n", "unsupported-tag"), ("a: !!binary eA==\n", "unsupported-tag"),
        ("<<: {a: 1}\n", "merge-key"), ("a\n", "not-a-declaration"),
        ("a: *b\n", "unknown-alias"), ("a: %b\n", "yaml-syntax"), ("a: 1\n  b: 2\n", "yaml-syntax"),
        ("- a\nb: 1\n", "yaml-syntax"),
    ])
    func whatIsWrongIsSaidInPlainWords(_ text: String, code: String) throws {
        let found = try #require(
            ParsedFile.parse(path: "a.yaml", blob: "1", bytes: Array(text.utf8)).diagnostics.first)
        #expect(found.code.rawValue == code, "\(found.headline)")
        #expect(
            !found.message.contains("did not find expected") && !found.message.contains("token"),
            "\(found.message)")
    }

    @Test func bytesThatAreNoTextAreLocated() {
        let latin = ParsedFile.parse(
            path: "a.yaml", blob: "1", bytes: Array("a: b\nname: caf".utf8) + [0xE9, 0x0A])
        #expect(latin.diagnostics.map(\.headline) == ["a.yaml:2:10: error[not-utf8]: this is not UTF-8 text"])
        #expect(codes([0xFF, 0xFE, 0x61, 0x00]) == ["not-utf8"])
        #expect(codes([0xEF, 0xBB, 0xBF] + Array("a: b".utf8)) == ["byte-order-mark"])
        #expect(codes([0x61, 0x3A, 0x20, 0x00]) == ["yaml-syntax"])
    }
}
