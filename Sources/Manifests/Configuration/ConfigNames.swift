/// How a config field is called where it reaches the program.
enum ConfigNames {
    /// `maxConns` → `MAX_CONNS`, `HTTPPort` → `HTTP_PORT`, `log-level` → `LOG_LEVEL`.
    static func variable(_ field: String, prefix: String) -> String {
        prefix + words(field).map { $0.uppercased() }.joined(separator: "_")
    }

    /// `maxConns` → `--max-conns`.
    static func option(_ field: String) -> String {
        "--" + words(field).map { $0.lowercased() }.joined(separator: "-")
    }

    /// Cut where a capital follows a small letter or digit, and before the last capital of several.
    private static func words(_ name: String) -> [String] {
        let characters = Array(name)
        var words: [String] = []
        var current = ""
        for (index, character) in characters.enumerated() {
            if character == "-" || character == "_" {
                if !current.isEmpty { words.append(current) }
                current = ""
                continue
            }
            if character.isUppercase, index > 0 {
                let before = characters[index - 1]
                let startsWord = index + 1 < characters.count && characters[index + 1].isLowercase
                if before.isLowercase || before.isNumber || (before.isUppercase && startsWord),
                    !current.isEmpty
                {
                    words.append(current)
                    current = ""
                }
            }
            current.append(character)
        }
        if !current.isEmpty { words.append(current) }
        return words
    }
}
