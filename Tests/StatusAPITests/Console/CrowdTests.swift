import Foundation
import TestKit
import Testing

@testable import StatusAPI

/// A thousand Instances in a real Chromium, from a server that has them and no process.
@Suite("A crowd", .enabled(if: Browser.obstacle == nil, Comment(rawValue: Browser.obstacle ?? "")))
struct CrowdTests {
    private static let count = 1_000

    @Test("A thousand Instances are there at once, can be searched, and are few elements") func thousand()
        async throws
    {
        let source = SampleSource(Sample.state(instances: Self.count))
        try await withServer(source) { listening in
            try await Browser.with { browser in
                try await browser.size(width: 1440, height: 900)
                try await browser.go(to: "http://127.0.0.1:\(listening.port)/")
                let rows = "document.querySelectorAll('table.instances tbody th.name')"
                try await browser.until("rows are there", "\(rows).length > 10")
                try await Self.tell(browser, "light")
                let all = try await browser.text(
                    "document.querySelector('table.instances').getAttribute('aria-rowcount')")
                #expect(all == String(Self.count + 2), "with the head, and the one that is broken")
                #expect(try await browser.number("\(rows).length") < 200, "the rest are no elements")
                #expect(try await browser.text("\(rows)[0].innerText").hasPrefix("broken"), "the worst first")
                try await Self.shoot(browser)

                try await browser.run("scrollTo(0, document.documentElement.scrollHeight)")
                try await browser.until(
                    "the last row is reached", "[...\(rows)].some(row => row.innerText.startsWith('web999'))")
                try await browser.press("/", text: "/")
                for letter in ["w", "e", "b", "7", "0", "7"] { try await browser.press(letter, text: letter) }
                try await browser.until("the search finds it", "\(rows).length === 1")
                #expect(try await browser.text("\(rows)[0].innerText").hasPrefix("web707"))
                #expect(browser.doings().complaints == [])
            }
        }
    }

    /// For people: a busy machine says nothing about the page.
    private static func tell(_ browser: Browser, _ name: String) async throws {
        let paint = try await browser.number(
            "performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint')?.startTime")
        let shown = try await browser.number("performance.now()")
        let bytes = try await browser.number(
            "performance.getEntriesByType('resource').reduce((sum, e) => sum + e.decodedBodySize, 0)")
        print(
            "console: \(count) Instances, first paint \(Int(paint)) ms, rows by \(Int(shown)) ms, "
                + "\(Int(bytes / 1024)) KiB of style and script")
    }

    private static func shoot(_ browser: Browser) async throws {
        let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/")
        let folder = root.dropFirst() + "/.build/console-screenshots"
        try FileManager.default.createDirectory(atPath: String(folder), withIntermediateDirectories: true)
        try await browser.picture().write(to: URL(fileURLWithPath: "\(folder)/thousand.png"))
    }
}
