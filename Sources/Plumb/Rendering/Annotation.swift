import Manifests
import Reconciler

/// A finding as forges show it beside its line.
struct Annotation {
    var isError: Bool
    /// `unknown-key`.
    var code: String
    /// Below the top of the repository, where there is one.
    var file: String
    var line: Int
    var column: Int
    var message: String

    /// A command that a GitHub workflow understands. Whatever the message holds, it is one line and ends no
    /// property.
    var workflowCommand: String {
        let properties = [
            "file=\(Self.property(file))", "line=\(line)", "col=\(column)", "title=\(Self.property(code))",
        ]
        return
            "::\(isError ? "error" : "warning") \(properties.joined(separator: ","))::\(Self.data(message))"
    }

    private static func data(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "%": "%25"
            case "\r": "%0D"
            case "\n": "%0A"
            default: PrintableText.oneLine(String(scalar))
            }
        }.joined()
    }

    private static func property(_ text: String) -> String {
        data(text).split(separator: ":", omittingEmptySubsequences: false).joined(separator: "%3A")
            .split(separator: ",", omittingEmptySubsequences: false).joined(separator: "%2C")
    }

    /// A code quality report of GitLab. A finding keeps its fingerprint when its line moves.
    static func codeQuality(_ annotations: [Annotation]) -> OutputValue {
        var seen: [String: Int] = [:]
        return .array(
            annotations.map { annotation in
                let key = [annotation.file, annotation.code, annotation.message].joined(separator: "\u{0}")
                seen[key, default: 0] += 1
                return annotation.codeQuality(key: key, number: seen[key] ?? 1)
            })
    }

    /// FNV-1a: it only has to tell findings apart.
    private static func fingerprint(_ text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func codeQuality(key: String, number: Int) -> OutputValue {
        return .object([
            "description": .string(PrintableText.oneLine(message)),
            "check_name": .string("plumb/\(code)"),
            "fingerprint": .string(Self.fingerprint(key + "\u{0}\(number)")),
            "severity": .string(isError ? "critical" : "minor"),
            "location": .object(["path": .string(file), "lines": .object(["begin": .int(Int64(line))])]),
        ])
    }
}

extension ValidationReport {
    var annotations: [Annotation] {
        let own = diagnostics.map { diagnostic in
            Annotation(
                isError: diagnostic.isError, code: diagnostic.code.rawValue,
                file: inRepository(diagnostic.location.file), line: diagnostic.location.line,
                column: diagnostic.location.column,
                message: diagnostic.message + (diagnostic.help.isEmpty ? "" : "\n" + diagnostic.help))
        }
        return own
            + hostWarnings.compactMap { warning in
                guard let place = warning.place else { return nil }
                return Annotation(
                    isError: false, code: warning.kind.rawValue, file: inRepository(place.file),
                    line: place.line, column: place.column, message: warning.message)
            }
    }

    /// Forges know files by their paths in the repository.
    private func inRepository(_ file: String) -> String {
        guard let folder = check.pathInRepository else { return shown(file) }
        return folder.isEmpty ? file : folder + "/" + file
    }
}
