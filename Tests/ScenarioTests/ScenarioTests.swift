import Foundation
import TestKit
import Testing

/// Stories of what is declared, what happens, and what the planner does about it. Their expectations are part
/// of the files; with PLUMB_RETELL=1 in the environment they are written anew, to be read before they are
/// committed.
struct ScenarioTests {
    private static let directory = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Scenarios")

    private static var stories: [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: directory.path)
        return (names ?? []).filter { $0.hasSuffix(".txt") }.sorted()
    }

    @Test("there are stories to tell") func present() {
        #expect(Self.stories.count >= 15)
    }

    @Test(arguments: stories) func story(_ name: String) throws {
        let file = Self.directory.appending(path: name)
        let text = try String(contentsOf: file, encoding: .utf8)
        let story = Story(text)
        let retold = story.text(expecting: try story.tell())
        if ProcessInfo.processInfo.environment["PLUMB_RETELL"] != nil {
            try retold.write(to: file, atomically: true, encoding: .utf8)
        } else if retold != text {
            Issue.record("\(name) reads differently now:\n\(difference(from: text, to: retold))")
        }
    }

    /// Both texts line by line; lines of only one have a sign before them.
    private func difference(from old: String, to new: String) -> String {
        let before = old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var lines = before.map { " \($0)" }
        let after = new.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let changes = after.difference(from: before)
        for change in changes.removals {
            if case .remove(let offset, let line, _) = change { lines[offset] = "-\(line)" }
        }
        var result: [String] = []
        var rest = lines[...]
        let inserted = Dictionary(
            uniqueKeysWithValues: changes.insertions.compactMap { change -> (Int, String)? in
                if case .insert(let offset, let line, _) = change { (offset, line) } else { nil }
            })
        for index in after.indices {
            while let removed = rest.first, removed.hasPrefix("-") {
                result.append(removed)
                rest.removeFirst()
            }
            if let line = inserted[index] {
                result.append("+\(line)")
            } else if let kept = rest.popFirst() {
                result.append(kept)
            }
        }
        return (result + rest).joined(separator: "\n")
    }
}
