/// One document of a file as a tree; empty ones are left out.
struct YAMLDocument: Sendable {
    var root: Node
    /// Values of mappings and items of lists, all levels together.
    var fieldCount: Int
    /// Which document of the file, from 0; empty ones count.
    var index: Int
}

/// A file's documents, as far as they could be read.
struct YAMLFile: Sendable {
    var documents: [YAMLDocument] = []
    /// False where reading stopped early, so that declarations may be missing.
    var isComplete = true

    /// Reads a whole file. Never fails: what cannot be read is reported and left out.
    static func read(
        bytes: [UInt8], file: String, into diagnostics: inout DiagnosticCollector
    ) -> YAMLFile {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            let place = Location(file: file, line: 1, column: 1)
            diagnostics.add(Diagnostic(.byteOrderMark, at: place, "the file begins with a byte order mark"))
            return YAMLFile(isComplete: false)
        }
        if bytes.count > DecodingLimits.fileBytesMax {
            let place = Location(file: file, line: 1, column: 1)
            let limit = DecodingLimits.fileBytesMax >> 20
            diagnostics.add(Diagnostic(.documentTooLarge, at: place, "the file is larger than \(limit) MiB"))
            return YAMLFile(isComplete: false)
        }
        var collected = diagnostics
        let result = bytes.withUnsafeBufferPointer { buffer in
            readAll(buffer, file: file, into: &collected)
        }
        diagnostics = collected
        return result
    }

    private static func readAll(
        _ bytes: UnsafeBufferPointer<UInt8>, file: String, into diagnostics: inout DiagnosticCollector
    ) -> YAMLFile {
        var result = YAMLFile()
        guard var reader = YAMLEventReader(bytes: bytes) else { return YAMLFile(isComplete: false) }
        var sizes = DocumentSizes(bytes: bytes)
        var index = 0
        do throws(YAMLEventReader.Problem) {
            reading: while true {
                switch try reader.next() {
                case .streamEnd: break reading
                case .documentStart(let hasDirective):
                    var builder = YAMLTreeBuilder(file: file)
                    let start = reader.start
                    if hasDirective { builder.hasVersionDirective(at: reader.start) }
                    let root = try builder.build(from: &reader)
                    if sizes.bytes(from: start.line, through: reader.end.line)
                        > DecodingLimits.documentBytesMax
                    {
                        builder.refuseSize(start)
                    }
                    diagnostics.add(contentsOf: builder.problems)
                    guard builder.isWhole else {
                        result.isComplete = false
                        break reading
                    }
                    if builder.problems.isEmpty, let root, !root.isEmptyDocument {
                        result.documents.append(
                            YAMLDocument(root: root, fieldCount: builder.fieldCount, index: index))
                    } else if !builder.problems.isEmpty {
                        result.isComplete = false
                    }
                    index += 1
                    if index > DecodingLimits.documentsMax { break reading }
                default: continue
                }
            }
        } catch {
            result.isComplete = false
            diagnostics.add(YAMLProblems.diagnostic(error, file: file, bytes: bytes))
        }
        return result
    }
}

extension Node {
    /// Nothing at all between two `---`; an explicit `null` is not empty.
    fileprivate var isEmptyDocument: Bool {
        if case .scalar(let scalar) = content { return scalar.text.isEmpty && scalar.style == .plain }
        return false
    }
}

/// Counts the bytes of documents, by lines. Only ever moves forward, so that a file is walked once.
private struct DocumentSizes {
    private let input: UnsafeBufferPointer<UInt8>
    private var line: Int32 = 1
    private var offset = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { input = bytes }

    /// 0 for files that are small enough as a whole.
    mutating func bytes(from first: Int32, through last: Int32) -> Int {
        guard input.count > DecodingLimits.documentBytesMax else { return 0 }
        let start = move(to: first)
        return move(to: last) - start
    }

    private mutating func move(to target: Int32) -> Int {
        while line < target, offset < input.count {
            if input[offset] == UInt8(ascii: "\n") { line += 1 }
            offset += 1
        }
        return offset
    }
}
