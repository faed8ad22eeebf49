/// The blocks that a Unit and an Instance share, from what the schema has checked.
extension SchemaDecoder {
    mutating func policies(_ spec: CheckedObject) -> PolicyBlocks {
        PolicyBlocks(
            health: spec.object("health").map { health($0) },
            restart: spec.object("restart").map { restart($0) },
            stop: spec.object("stop").map { stop($0) },
            resources: spec.object("resources").map(Self.resources),
            sandbox: spec.object("sandbox").map { sandbox($0) },
            logging: spec.object("logging").map(Self.logging))
    }

    /// The place of a path, or of its nearest parent that is written.
    func mark(of path: String) -> Mark {
        var path = Substring(path)
        while !path.isEmpty {
            if let found = positions[String(path)] { return Mark(line: found.line, column: found.column) }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<cut]
        }
        return Mark(line: 1, column: 1)
    }
}
