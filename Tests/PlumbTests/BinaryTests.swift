import Foundation
import Testing

@testable import Plumb

/// Skipped where the program was not built beside the tests, as in a package that holds a part of it.
@Suite("The plumb program", .enabled(if: BuiltBinary.path != nil, "plumb is not built beside the tests"))
struct BinaryTests {
    private static let fixtures: String = {
        "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Fixtures"
    }()

    @Test("validate names every mistake of a broken source with place and remedy, and exits 3") func broken()
        throws
    {
        let result = try BuiltBinary.run(["validate", "."], in: Self.fixtures + "/broken")
        #expect(result.code == 3)
        #expect(result.errors == "")
        let expected = try String(contentsOfFile: Self.fixtures + "/broken.expected.txt", encoding: .utf8)
        #expect(result.output.hasPrefix(expected), "the diagnostics are those of the golden file")
        let codes = Set(result.output.matches(of: #/(?:error|warning)\[([a-z-]+)\]/#).map(\.1))
        #expect(codes.count >= 25)
        #expect(result.output.split(separator: "\n").last?.hasPrefix("invalid: .: ") == true)
    }

    @Test("validate of a valid source exits 0, in every format", arguments: ["text", "json", "yaml"])
    func valid(format: String) throws {
        let result = try BuiltBinary.run(["validate", "-o", format, "."], in: Self.fixtures + "/valid")
        #expect(result.code == 0)
        #expect(result.errors == "")
        if format == "json" {
            let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
            #expect(value?["valid"] as? Bool == true)
            #expect(value?["apiVersion"] as? String == "plumb.dev/v1")
        }
    }

    @Test(
        "Exit codes, and errors on standard error alone",
        arguments: [
            (["--help"], 0), (["version"], 0), (["schema", "--kind", "instance"], 0),
            (["explain", "unit.spec.version"], 0), (["explain", "unit.spec.versoin"], 2), (["nonsense"], 2),
            (["validate"], 2), (["validate", "/nowhere"], 2),
            (["status", "--socket", "/nowhere/plumb.sock"], 2),
            (["events", "-n", "-1"], 2), (["events", "-n", "5000"], 2),
            (["logs", "web", "--state-dir", "/nowhere"], 2),
            (["logs", "web", "--since", "soon"], 2),
        ] as [([String], Int32)])
    func codes(arguments: [String], code: Int32) throws {
        let result = try BuiltBinary.run(arguments, in: "/")
        #expect(result.code == code)
        #expect(result.output.isEmpty == (code != 0))
        #expect(result.errors.isEmpty == (code == 0))
    }

    @Test("The schema is JSON, and a draft 2020-12 one") func schema() throws {
        let result = try BuiltBinary.run(["schema"], in: "/")
        let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(value?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test("COLUMNS is obeyed, colour is only where it is asked for") func terminal() throws {
        let narrow = try BuiltBinary.run(
            ["explain", "instance.spec.update"], in: "/", environment: ["COLUMNS": "60"])
        #expect(narrow.output.split(separator: "\n").allSatisfy { $0.count <= 60 })
        let broken = Self.fixtures + "/broken"
        let plain = try BuiltBinary.run(["validate", "."], in: broken)
        let painted = try BuiltBinary.run(["validate", "--color", "always", "."], in: broken)
        #expect(!plain.output.contains("\u{1B}"))
        #expect(painted.output.replacing(#/\u{1B}\[[\d;]+m/#, with: "") == plain.output)
    }
}
