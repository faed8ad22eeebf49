/// Every bound on what a source may hold, in one place.
package enum DecodingLimits {
    /// Bytes of one document.
    package static let documentBytesMax = 1 << 20
    /// Bytes of one file, whatever its documents: more is not even parsed.
    package static let fileBytesMax = 64 << 20
    /// Mappings and sequences within one another.
    package static let nestingMax = 64
    /// Nodes that the aliases of one document may stand for, all together.
    package static let aliasNodesMax = 10_000
    /// Documents of a whole source.
    package static let documentsMax = 100_000
    /// Diagnostics that are kept; the rest is counted.
    package static let diagnosticsMax = 1_000
    /// Diagnostics that are gathered before the first ones by place are kept: the same ones each time.
    package static let assemblyDiagnosticsMax = 20_000
    /// Diagnostics kept of one file, so that one broken file does not hide the others.
    package static let fileDiagnosticsMax = 100
}
