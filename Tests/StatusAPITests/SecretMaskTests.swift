import Foundation
import Reconciler
import Testing

@testable import StatusAPI

@Suite struct SecretMaskTests {
    private static let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nshort\n-----END KEY-----"

    @Test func valuesAreMaskedAsAWholeAndLineByLine() {
        let mask = SecretMask(["correct-horse", Self.key, "short"])
        #expect(mask.masked("user=ann password=correct-horse;") == "user=ann password=***;")
        #expect(mask.masked("correct-horsecorrect-horse") == "******")
        #expect(mask.masked("MIIEvQIBADANBg") == "***")
        #expect(mask.masked("the whole \(Self.key)!") == "the whole ***!")
        // What is short is left alone: it would be everywhere.
        #expect(mask.masked("a short word") == "a short word")
        #expect(mask.masked("correct-hors") == "correct-hors")
        #expect(SecretMask().isEmpty && SecretMask(["seven77"]).isEmpty)
    }

    @Test func aValueThatIsCutAtABorderIsMaskedOnBothSides() {
        let mask = SecretMask(["correct-horse"])
        for cut in 4...9 {
            let value = "correct-horse"
            let (head, tail) = (value.prefix(cut), value.dropFirst(cut))
            #expect(mask.masked("x \(head)", endsInside: true) == "x ***")
            #expect(mask.masked("\(tail) y", startsInside: true) == "*** y")
        }
        // Where nothing was cut a part of it is a word like others.
        #expect(mask.masked("x correct") == "x correct")
    }

    @Test(arguments: [
        "correct-horse", "with \"quotes\" and \\ both", "line one of it\nline two of it",
        "tab\tand\u{1}control",
        "slash/slash/slash", "ünïcödé-sécrét", "a{\"b\":\"c\"}d",
    ])
    func documentsStayDocuments(secret: String) throws {
        let mask = SecretMask([secret])
        let value: [String: Any] = [
            "text": "before \(secret) after", secret: "as a key", "list": [secret, "\\", "n\(secret)", 7],
            "nested": ["deep": ["\(secret)\(secret)"]],
        ]
        for options: JSONSerialization.WritingOptions in [[.sortedKeys], [.sortedKeys, .prettyPrinted]] {
            let bytes = Array(try JSONSerialization.data(withJSONObject: value, options: options))
            let masked = mask.maskedJSON(bytes)
            let read = try #require(
                try JSONSerialization.jsonObject(with: Data(masked)) as? [String: Any], "\(secret)")
            #expect(read["text"] as? String == "before *** after")
            #expect(read[secret] as? String == "as a key")
            #expect((read["list"] as? [Any])?[0] as? String == "***")
            #expect((read["list"] as? [Any])?[2] as? String == "n***")
            #expect((read["nested"] as? [String: [String]])?["deep"] == ["******"])
        }
    }

    @Test func whatHasNoSecretIsNotTouched() throws {
        let bytes = Array("{\"a\" : \"b\\n\\u00e9\\\"\",\"c\":[1,true,null,\"\"]}\n".utf8)
        // Nothing of this is plain, so that every string is looked at.
        #expect(SecretMask(["\n\n\n\n\n\n\n\n\n"]).maskedJSON(bytes) == bytes)
        #expect(SecretMask(["correct-horse"]).maskedJSON(bytes) == bytes)
    }

    @Test func noAnswerHoldsAValue() async throws {
        let planted = "event 20 of Änn"
        var state = Sample.state()
        state.conditions[0].message = "said \(planted) aloud"
        let directory = TemporaryDirectory()
        let source = SampleSource(state, mask: SecretMask([planted, "ann@example.org", "the last words"]))
        try await withServer(source, socket: directory.path + "/s") { _ in
            let local = try Connection(socket: directory.path + "/s")
            for route in Route.all where !route.isEndless {
                let reply = try await local.ask(Sample.target(route.template))
                for value in [planted, "ann@example.org", "the last words"] {
                    #expect(!reply.text.contains(value), "\(route.template)")
                }
            }
            let status = try await local.ask("/v1/status").document(StatusDocument.self)
            #expect(status.conditions[0].message == "said *** aloud")
            #expect(status.source.accepted?.author == "Änn <***>")
        }
    }
}
