import Testing

@testable import Plumb

@Suite("Tables") struct TableTests {
    /// The columns of `plumb status`: what people look for first yields last.
    private static var table: Table {
        var table = Table(columns: [
            .init(title: "INSTANCE"), .init(title: "UNIT", yield: 2), .init(title: "READY", isNumber: true),
            .init(title: "REASON", yield: 3),
        ])
        table.add([
            "worker", "worker@1.0.0", .init("0/1", .bad),
            "waits for queue to be ready: it has not answered on port 18070 since the last restart of the agent",
        ])
        table.add(["web", "web@1.1.0-rc.2+build.20261121", .init("2/2", .good), ""])
        return table
    }

    @Test("A pipe shortens nothing") func pipe() {
        let lines = Self.table.render(width: nil, paint: .none)
        #expect(lines.count == 3)
        #expect(lines[1].hasSuffix("since the last restart of the agent"))
    }

    @Test("At 120 columns only the reason is shortened") func wide() {
        #expect(
            Self.table.render(width: 120, paint: .none) == [
                "INSTANCE  UNIT                           READY  REASON",
                "worker    worker@1.0.0                     0/1  "
                    + "waits for queue to be ready: it has not answered on port 18070 since th…",
                "web       web@1.1.0-rc.2+build.20261121    2/2",
            ])
    }

    @Test("At 80 columns every line fits, and the reason yields first") func narrow() {
        #expect(
            Self.table.render(width: 80, paint: .none) == [
                "INSTANCE  UNIT                           READY  REASON",
                "worker    worker@1.0.0                     0/1  waits for queue to be ready: it…",
                "web       web@1.1.0-rc.2+build.20261121    2/2",
            ])
    }

    @Test("Where shortening is not enough, columns are left out", arguments: [20, 30, 40, 50])
    func tiny(width: Int) {
        let lines = Self.table.render(width: width, paint: .none)
        for line in lines { #expect(PrintableText.columns(line) <= width) }
        #expect(lines[1].contains("worker"))
        #expect(lines[1].contains("0/1"))
    }

    @Test("Colour changes no column") func colour() {
        let plain = Self.table.render(width: 80, paint: .none)
        let painted = Self.table.render(width: 80, paint: Paint(isOn: true))
        #expect(painted[1].contains("\u{1B}[31m0/1\u{1B}[0m"))
        let codes = #/\u{1B}\[\d+m/#
        #expect(painted.map { $0.replacing(codes, with: "") } == plain)
    }

    @Test("Text from elsewhere cannot steer the terminal") func controlCharacters() {
        var table = Table(columns: [.init(title: "REASON")])
        table.add([.init("one\ntwo \u{1B}[2J\u{202E}three")])
        #expect(table.render(width: nil, paint: .none)[1] == "one two \\u{1b}[2J\\u{202e}three")
    }

    @Test("Wide characters take two columns") func wideCharacters() {
        #expect(PrintableText.columns("日本") == 4)
        #expect(PrintableText.columns("e\u{301}") == 1)
        #expect(PrintableText.shortened("日本語", to: 4) == "日…")
        #expect(PrintableText.shortened("plain", to: 5) == "plain")
        #expect(PrintableText.shortened("plain", to: 0) == "")
    }

    @Test(
        "Colour follows --color, NO_COLOR and the terminal",
        arguments: [
            (ColorChoice.always, false, [:], true), (.never, true, [:], false), (.auto, true, [:], true),
            (.auto, false, [:], false), (.auto, true, ["NO_COLOR": "1"], false),
            (.auto, true, ["NO_COLOR": ""], true), (.auto, true, ["TERM": "dumb"], false),
            (.always, true, ["NO_COLOR": "1"], true),
        ] as [(ColorChoice, Bool, [String: String], Bool)])
    func choice(choice: ColorChoice, interactive: Bool, environment: [String: String], isOn: Bool) {
        let terminal = Terminal(width: nil, isInteractive: interactive)
        #expect(choice.paint(for: terminal, environment: environment).isOn == isOn)
    }
}
