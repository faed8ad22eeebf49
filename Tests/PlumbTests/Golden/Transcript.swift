import Foundation

/// Commands as somebody types them, and beneath each what it said. The file says what is run as well, so a
/// new golden is written by typing a command into a file.
///
///     @ state shop             from here on the agent is that of Tests/Golden/states/shop.txt; none: nobody
///     $ plumb status nope      what the shell is given
///       worker  Running        standard output, indented
///     ! plumb: there is none   standard error
///     = 2                      how it ended, if not with 0
struct Transcript: Sendable, Equatable {
    struct Step: Sendable, Equatable {
        /// Comments and blank lines before it.
        var preface: [String] = []
        var command: String
        var said: [String] = []
    }
    enum Entry: Sendable, Equatable {
        case state(preface: [String], name: String)
        case step(Step)
    }
    var entries: [Entry] = []
    var ending: [String] = []

    init(_ text: String) {
        var preface: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("$ ") {
                entries.append(.step(Step(preface: preface, command: String(line.dropFirst(2)))))
                preface = []
            } else if line.hasPrefix("@ state ") {
                entries.append(.state(preface: preface, name: String(line.dropFirst(8))))
                preface = []
            } else if ["  ", "! ", "= "].contains(where: line.hasPrefix), case .step(var step)? = entries.last
            {
                step.said.append(line)
                entries[entries.count - 1] = .step(step)
            } else {
                preface.append(line)
            }
        }
        ending = preface
    }

    var steps: [Step] {
        entries.compactMap { if case .step(let step) = $0 { step } else { nil } }
    }

    var text: String {
        var lines: [String] = []
        for entry in entries {
            switch entry {
            case .state(let preface, let name): lines += preface + ["@ state \(name)"]
            case .step(let step): lines += step.preface + ["$ \(step.command)"] + step.said
            }
        }
        return (lines + ending).joined(separator: "\n")
    }
}

/// The files below Tests/Golden.
enum GoldenFiles {
    static let folder: String = {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/Golden"
    }()

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/commands")) ?? []
        return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    }()

    static func path(_ name: String) -> String { folder + "/commands/\(name).txt" }

    static func read(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    static var areWritten: Bool { ProcessInfo.processInfo.environment["PLUMB_UPDATE_GOLDEN"] != nil }
}
