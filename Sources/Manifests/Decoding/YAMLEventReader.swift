internal import CLibYAML

/// The one owner of a libyaml parser: initialised once, deleted with the value.
struct YAMLEventReader: ~Copyable {
    /// What the tree needs of an event; the C event is deleted before this is handed out.
    enum Event {
        case streamStart
        case streamEnd
        case documentStart(hasVersionDirective: Bool)
        case documentEnd
        case alias(String)
        case scalar(Scalar)
        case sequenceStart(Properties)
        case sequenceEnd
        case mappingStart(Properties)
        case mappingEnd
    }

    struct Properties {
        var anchor: String?
        var tag: String?
    }

    struct Scalar {
        var text: String
        var properties: Properties
        var isPlain: Bool
    }

    /// What libyaml says of text that it cannot read.
    struct Problem: Error {
        enum Origin { case memory, reader, scanner, parser }
        var origin: Origin
        var message: String
        var mark: Mark
        /// Where the construct began that the problem is in, and libyaml's words for it.
        var context: String?
        var contextMark: Mark
        /// For reader problems, where marks are not known yet: the byte's offset.
        var byteOffset: Int
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// Where the event that was read last begins and ends.
    private(set) var start = Mark(line: 1, column: 1)
    private(set) var end = Mark(line: 1, column: 1)
    /// In characters from the start of the input.
    private(set) var endIndex = 0

    /// The bytes must outlive the reader. nil only where memory is exhausted.
    init?(bytes: UnsafeBufferPointer<UInt8>) {
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        // Without this libyaml would guess, and take UTF-16.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        self.parser = parser
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    mutating func next() throws(Problem) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        start = Mark(event.start_mark)
        end = Mark(event.end_mark)
        endIndex = Int(event.end_mark.index)
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_DOCUMENT_START_EVENT:
            return .documentStart(hasVersionDirective: event.data.document_start.version_directive != nil)
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias(Self.string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT: return .scalar(Self.scalar(event.data.scalar))
        case YAML_SEQUENCE_START_EVENT:
            let data = event.data.sequence_start
            return .sequenceStart(Properties(anchor: Self.string(data.anchor), tag: Self.string(data.tag)))
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let data = event.data.mapping_start
            return .mappingStart(Properties(anchor: Self.string(data.anchor), tag: Self.string(data.tag)))
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        default: return .streamEnd
        }
    }

    private typealias CScalar = yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar

    private static func scalar(_ data: CScalar) -> Scalar {
        let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
        return Scalar(
            text: String(decoding: bytes, as: UTF8.self),
            properties: Properties(anchor: string(data.anchor), tag: string(data.tag)),
            isPlain: data.style == YAML_PLAIN_SCALAR_STYLE)
    }

    private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }

    private func problem() -> Problem {
        let origin: Problem.Origin =
            switch parser.pointee.error {
            case YAML_READER_ERROR: .reader
            case YAML_SCANNER_ERROR: .scanner
            case YAML_PARSER_ERROR: .parser
            default: .memory
            }
        return Problem(
            origin: origin, message: parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read",
            mark: Mark(parser.pointee.problem_mark),
            context: parser.pointee.context.map { String(cString: $0) },
            contextMark: Mark(parser.pointee.context_mark), byteOffset: Int(parser.pointee.problem_offset))
    }
}

extension Mark {
    init(_ mark: yaml_mark_t) {
        self.init(line: Int32(clamping: mark.line) + 1, column: Int32(clamping: mark.column) + 1)
    }
}
