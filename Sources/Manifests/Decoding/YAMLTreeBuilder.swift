/// Builds the tree of one document from events, within the bounds of `DecodingLimits`.
struct YAMLTreeBuilder {
    /// A mapping or sequence that is still open.
    private struct Frame {
        var mark: Mark
        var isMapping: Bool
        var anchor: String?
        var items: [Node] = []
        var pairs: [Node.Pair] = []
        /// The key whose value comes next; nil where a key comes next.
        var key: (text: String, mark: Mark)?
        /// Where each key stands, once there are too many to look through one by one.
        var keyMarks: [String: Mark] = [:]
        /// The key was refused, and so its value is dropped.
        var dropsValue = false
        /// Nodes within, what aliases stand for included.
        var nodeCount = 1
        /// Levels within, this one included.
        var depth = 1

        private static let scanMax = 16

        /// Where a key of this mapping stands already. Few keys are compared one by one, many are indexed:
        /// a mapping of a hundred thousand keys must not take hours.
        mutating func mark(of key: String) -> Mark? {
            if pairs.count <= Self.scanMax { return pairs.first { $0.key == key }?.keyMark }
            if keyMarks.isEmpty {
                for pair in pairs { keyMarks[pair.key] = pair.keyMark }
            } else if let last = pairs.last {
                keyMarks[last.key] = last.keyMark
            }
            return keyMarks[key]
        }
    }

    /// A complete node that an alias may stand for.
    private struct Anchored {
        var node: Node
        var nodeCount: Int
        var depth: Int
    }

    private let file: String
    private var frames: [Frame] = []
    private var anchors: [String: Anchored] = [:]
    private var aliasNodes = 0
    private(set) var fieldCount = 0
    private(set) var problems: [Diagnostic] = []
    /// False where a bound was broken and the rest of the file is not worth reading.
    private(set) var isWhole = true

    init(file: String) { self.file = file }

    /// `%YAML 1.1` would promise `yes` as a boolean, which this reader does not keep.
    mutating func hasVersionDirective(at mark: Mark) {
        report(.yamlSyntax, mark, "a %YAML directive", help: "remove it; files are read as YAML 1.2")
    }

    /// Reads up to the document's end. nil where the document has no usable root.
    mutating func build(
        from reader: inout YAMLEventReader
    ) throws(YAMLEventReader.Problem) -> Node? {
        var root: Node?
        let firstIndex = reader.endIndex
        while isWhole {
            let event = try reader.next()
            if reader.endIndex - firstIndex > DecodingLimits.documentBytesMax {
                refuseSize(reader.start)
                return nil
            }
            switch event {
            case .documentEnd, .streamEnd: return root
            case .scalar(let scalar):
                root = close(node(scalar, reader.start), scalar.properties.anchor) ?? root
            case .alias(let name): root = alias(name, reader.start) ?? root
            case .sequenceStart(let properties): open(properties, isMapping: false, reader.start)
            case .mappingStart(let properties): open(properties, isMapping: true, reader.start)
            case .sequenceEnd, .mappingEnd: root = closeFrame() ?? root
            case .streamStart, .documentStart: continue
            }
        }
        return nil
    }

    // MARK: Collections

    private mutating func open(_ properties: YAMLEventReader.Properties, isMapping: Bool, _ mark: Mark) {
        if let tag = properties.tag, tag != (isMapping ? CoreTag.map : CoreTag.seq), tag != "!" {
            report(.unsupportedTag, mark, "the tag '\(CoreTag.short(tag))' is not supported here")
        }
        if frames.count >= DecodingLimits.nestingMax {
            report(
                .nestingTooDeep, mark,
                "mappings and lists are nested more than \(DecodingLimits.nestingMax) deep")
            isWhole = false
            return
        }
        frames.append(Frame(mark: mark, isMapping: isMapping, anchor: properties.anchor))
    }

    private mutating func closeFrame() -> Node? {
        guard let frame = frames.popLast() else { return nil }
        let node = Node(
            content: frame.isMapping ? .mapping(frame.pairs) : .sequence(frame.items), mark: frame.mark)
        return add(node, anchor: frame.anchor, nodeCount: frame.nodeCount, depth: frame.depth)
    }

    private mutating func close(_ node: Node, _ anchor: String?) -> Node? {
        add(node, anchor: anchor, nodeCount: 1, depth: 0)
    }

    /// Hands a complete node to its parent; returns it where it has none, as the document's root.
    private mutating func add(_ node: Node, anchor: String?, nodeCount: Int, depth: Int) -> Node? {
        if let anchor { anchors[anchor] = Anchored(node: node, nodeCount: nodeCount, depth: depth) }
        guard let last = frames.indices.last else { return node }
        frames[last].nodeCount += nodeCount
        frames[last].depth = Swift.max(frames[last].depth, depth + 1)
        if !frames[last].isMapping {
            frames[last].items.append(node)
            fieldCount += 1
        } else if frames[last].dropsValue {
            frames[last].dropsValue = false
        } else if let key = frames[last].key {
            frames[last].pairs.append(Node.Pair(key: key.text, keyMark: key.mark, value: node))
            frames[last].key = nil
            fieldCount += 1
        } else {
            addKey(node, to: last)
        }
        return nil
    }

    private mutating func addKey(_ node: Node, to frame: Int) {
        guard case .scalar(let scalar) = node.content, !scalar.text.isEmpty else {
            report(.invalidKey, node.mark, "\(node.describedType) cannot be a key")
            frames[frame].dropsValue = true
            return
        }
        if scalar.text == "<<", scalar.style == .plain {
            report(.mergeKey, node.mark, "the merge key '<<' is not supported")
            frames[frame].dropsValue = true
            return
        }
        if let first = frames[frame].mark(of: scalar.text) {
            let note = Diagnostic.Note(location: place(first), message: "first written here")
            problems.append(
                Diagnostic(
                    .duplicateKey, at: place(node.mark),
                    "the key '\(scalar.text)' stands twice in one mapping",
                    notes: [note]))
            frames[frame].dropsValue = true
            return
        }
        frames[frame].key = (scalar.text, node.mark)
    }

    // MARK: Scalars and aliases

    private mutating func node(_ scalar: YAMLEventReader.Scalar, _ mark: Mark) -> Node {
        var style: Node.Style = scalar.isPlain ? .plain : .string
        if let tag = scalar.properties.tag {
            if let forced = CoreTag.style(of: tag), CoreTag.fits(scalar.text, forced) {
                style = forced
            } else {
                report(
                    .unsupportedTag, mark, "the tag '\(CoreTag.short(tag))' is not supported or does not fit")
            }
        }
        return Node(content: .scalar(.init(text: scalar.text, style: style)), mark: mark)
    }

    private mutating func alias(_ name: String, _ mark: Mark) -> Node? {
        guard var found = anchors[name] else {
            report(.unknownAlias, mark, "no complete value is anchored as '&\(name)' before this place")
            return close(Node(content: .scalar(.init(text: "", style: .null)), mark: mark), nil)
        }
        aliasNodes += found.nodeCount
        if aliasNodes > DecodingLimits.aliasNodesMax {
            report(
                .aliasExpansion, mark,
                "the document's aliases stand for more than \(DecodingLimits.aliasNodesMax) nodes")
            isWhole = false
            return nil
        }
        if frames.count + found.depth > DecodingLimits.nestingMax {
            report(.nestingTooDeep, mark, "this alias nests more than \(DecodingLimits.nestingMax) deep")
            isWhole = false
            return nil
        }
        found.node.mark = mark
        return add(found.node, anchor: nil, nodeCount: found.nodeCount, depth: found.depth)
    }

    // MARK: Bounds

    mutating func refuseSize(_ mark: Mark) {
        let limit = DecodingLimits.documentBytesMax >> 20
        report(.documentTooLarge, mark, "the document is larger than \(limit) MiB")
        isWhole = false
    }

    private mutating func report(
        _ code: DiagnosticCode, _ mark: Mark, _ message: String, help: String? = nil
    ) {
        problems.append(Diagnostic(code, at: place(mark), message, help: help))
    }

    private func place(_ mark: Mark) -> Location {
        Location(file: file, line: Int(mark.line), column: Int(mark.column))
    }
}

/// The tags of the core schema, the only ones that are read.
private enum CoreTag {
    static let prefix = "tag:yaml.org,2002:"
    static let map = prefix + "map"
    static let seq = prefix + "seq"

    static func style(of tag: String) -> Node.Style? {
        switch tag {
        case "!", prefix + "str": .string
        case prefix + "int": .int
        case prefix + "float": .float
        case prefix + "bool": .bool
        case prefix + "null": .null
        default: nil
        }
    }

    static func fits(_ text: String, _ style: Node.Style) -> Bool {
        switch (style, ScalarKind.plain(text)) {
        case (.string, _), (.plain, _), (.int, .int), (.float, .float), (.float, .int): true
        case (.bool, .bool), (.null, .null): true
        default: false
        }
    }

    static func short(_ tag: String) -> String {
        tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
    }
}
