import Foundation
import StatusAPI
import Testing

@testable import Plumb

/// The pages below docs/reference are what the program says of itself. PLUMB_UPDATE_GOLDEN writes them anew.
@Suite("Reference pages") struct ReferencePageTests {
    @Test("The page of declarations is that of the schema tables")
    func declarations() throws {
        try check("declarations.md", SchemaReference.page())
    }

    @Test("The page of routes is that of the table that dispatches")
    func routes() throws {
        try check("routes.md", RouteReference.page())
    }

    private func check(_ name: String, _ text: String) throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/reference/" + name)
        if ProcessInfo.processInfo.environment["PLUMB_UPDATE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                at: page.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: page, atomically: true, encoding: .utf8)
        }
        let there = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
        #expect(
            there == text,
            "docs/reference/\(name) is not what the program says: PLUMB_UPDATE_GOLDEN=1 writes it")
    }
}
