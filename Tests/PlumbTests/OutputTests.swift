import Testing

@testable import Plumb

@Suite("JSON and YAML") struct OutputTests {
    private static let value = OutputValue.object([
        "name": "web", "empty": .object([]), "none": .null, "list": .array([1, "two", .bool(false)]),
        "nested": .array([.object(["a": .double(0.5), "b": .array([.array([2])])])]),
    ])

    @Test("JSON has one member a line") func json() {
        #expect(
            JSONText.pretty(Self.value) == """
                {
                  "name": "web",
                  "empty": {},
                  "none": null,
                  "list": [
                    1,
                    "two",
                    false
                  ],
                  "nested": [
                    {
                      "a": 0.5,
                      "b": [
                        [
                          2
                        ]
                      ]
                    }
                  ]
                }
                """)
        #expect(JSONText.compact(.object(["a": .array([1, .null])])) == #"{"a":[1,null]}"#)
    }

    @Test("YAML is in block style") func yaml() {
        #expect(
            YAMLText.document(Self.value) == """
                name: web
                empty: {}
                none: null
                list:
                  - 1
                  - two
                  - false
                nested:
                  - a: 0.5
                    b:
                      - - 2
                """)
    }

    @Test(
        "Text that YAML could take for something else is quoted",
        arguments: [
            ("web", "web"), ("main@3f2a9c1", "main@3f2a9c1"), ("true", "\"true\""), ("Yes", "\"Yes\""),
            ("1.0", "\"1.0\""), ("", "\"\""), ("a: b", "\"a: b\""), ("a\nb", "\"a\\nb\""), ("- a", "\"- a\""),
            ("null", "\"null\""), ("tail ", "\"tail \""), ("\u{1B}[2J", "\"\\u001b[2J\""),
            ("naïve", "\"naïve\""),
        ])
    func quoting(text: String, written: String) {
        #expect(YAMLText.document(.string(text)) == written)
    }

    @Test("JSON comes back as it went") func roundTrip() throws {
        let text = #"{"a":[1,2.5,"x",null,true,{"b":{}}],"z":-7}"#
        let value = try #require(OutputValue(json: Array(text.utf8)))
        #expect(JSONText.compact(value) == text)
        #expect(OutputValue(json: Array("{".utf8)) == nil)
    }
}

extension OutputValue: ExpressibleByIntegerLiteral {
    init(integerLiteral number: Int64) { self = .int(number) }
}
