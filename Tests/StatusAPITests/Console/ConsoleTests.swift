import Foundation
import Testing

@testable import StatusAPI

/// What can be known of the console without a browser.
@Suite("Console") struct ConsoleTests {
    @Test("The page, its style and its script are served, and to be looked at alone") func served()
        async throws
    {
        try await withServer { listening in
            for asset in ConsoleAsset.allCases {
                let reply = try await Connection(port: listening.port).ask(asset.path)
                #expect(reply.status == 200)
                #expect(reply.headers["content-type"] == asset.contentType)
                #expect(reply.headers["x-content-type-options"] == "nosniff")
                #expect(reply.body == asset.bytes)
                let head = try await Connection(port: listening.port).ask(asset.path, method: "HEAD")
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == String(asset.bytes.count))
                let post = try await Connection(port: listening.port).ask(asset.path, method: "POST")
                #expect(post.status == 405)
            }
        }
    }

    @Test("Nothing comes from elsewhere, and nothing is written into the page") func selfContained() {
        let page = Self.text(.page)
        for source in page.matches(of: #/(?:src|href)="([^"]*)"/#).map({ String($0.1) }) {
            let isOwn = ConsoleAsset.allCases.contains { $0.path == source } || source.hasPrefix("#")
            #expect(
                isOwn || source.hasPrefix("data:image/svg+xml,") || source == "/v1/status?pretty", "\(source)"
            )
        }
        #expect(page.matches(of: #/<script>|<style|\sstyle=|\son\w+=|javascript:/#).isEmpty)
        #expect(page.contains("require-trusted-types-for 'script'"))
        for asset in ConsoleAsset.allCases {
            let urls = Self.text(asset).matches(of: #/https?:\/\/[^'"\s`)]*/#).map { String($0.0) }
            #expect(urls.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "\(asset): \(urls)")
        }
        #expect(!Self.text(.style).contains("@import") && !Self.text(.style).contains("url("))
    }

    @Test("Text never becomes elements or code, and nothing is asked for but to look") func script() {
        let script = Self.text(.script)
        for word in [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
            "DOMParser",
            "srcdoc", "createContextualFragment", "method:", "XMLHttpRequest", "sendBeacon", "WebSocket",
            "EventSource",
            "import(", "document.cookie",
        ] {
            // The script is long, and would be printed whole.
            let isThere = script.contains(word)
            #expect(!isThere, "\(word) in the console's script")
        }
        // The one clock renews ages on the page; it asks for nothing.
        #expect(script.matches(of: #/setInterval\(/#).count == 1)
        #expect(script.contains("setInterval(tick, 1000)"))
    }

    @Test("Every text can be read on every ground, in both sets of colours", arguments: Palette.all)
    func contrast(palette: Palette) throws {
        let texts =
            [
                "text", "soft", "accent", "healthy", "recovering", "degraded", "unhealthy", "failed",
                "unknown",
                "info",
            ] + (0..<8).map { "a\($0)" }
        let grounds = [
            "ground", "panel", "raised", "code-ground", "bad-ground", "warn-ground", "good-ground",
        ]
        for text in texts {
            for ground in grounds {
                let contrast = try palette.contrast(of: text, on: ground)
                #expect(contrast >= 4.5, "\(palette.name): \(text) on \(ground) has \(contrast)")
            }
        }
        #expect(try palette.contrast(of: "on-accent", on: "accent") >= 4.5)
        // Borders of what can be used, and the ring of the focus.
        for line in ["line-strong", "focus"] {
            for ground in ["ground", "panel", "raised"] {
                #expect(
                    try palette.contrast(of: line, on: ground) >= 3, "\(palette.name): \(line) on \(ground)")
            }
        }
    }

    @Test("No colour is written where the sets of colours do not reach") func colours() {
        let style = Self.text(.style)
        let declared = style.matches(of: #/--[\w-]+:\s*#[0-9a-f]{3,8}/#).count
        #expect(style.matches(of: #/#[0-9a-f]{3,8}\b/#).count == declared)
    }

    static func text(_ asset: ConsoleAsset) -> String { String(decoding: asset.bytes, as: UTF8.self) }
}

/// One set of the style's colours.
struct Palette: Sendable, CustomTestStringConvertible {
    var name: String
    var colours: [String: String]

    var testDescription: String { name }

    static let all = [
        ("light", ":root {"), ("dark", ":root[data-theme=dark] {"),
        ("dark by preference", ":root[data-theme=auto] {"),
    ].map { name, selector in
        let style = ConsoleTests.text(.style)
        let block = style.components(separatedBy: selector).dropFirst().first?.prefix { $0 != "}" } ?? ""
        let colours = block.matches(of: #/--([\w-]+):\s*(#[0-9a-f]{6})/#).map { (String($0.1), String($0.2)) }
        return Palette(name: name, colours: Dictionary(colours, uniquingKeysWith: { _, last in last }))
    }

    struct NoColour: Error { var name: String }

    /// As WCAG 2 defines it.
    func contrast(of text: String, on ground: String) throws -> Double {
        let (one, other) = (try luminance(text), try luminance(ground))
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)
    }

    private func luminance(_ name: String) throws -> Double {
        guard let colour = colours[name], let number = Int(colour.dropFirst(), radix: 16) else {
            throw NoColour(name: name)
        }
        func part(_ shift: Int) -> Double {
            let value = Double((number >> shift) & 0xff) / 255
            return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
    }
}
