import Testing

@testable import Manifests

/// Prints, and asserts nothing: debug builds are many times slower than what is measured by the benchmarks.
@Suite struct PerformanceTests {
    @Test func tenThousandFiles() {
        var files: [(path: String, bytes: [UInt8])] = [("units/web.yaml", Array(Sample.unit("web").utf8))]
        for index in 0..<10_000 {
            let text = Sample.instance("web-\(index)", unit: "web@^1", "replicas: 2\nstop: {grace: 10s}")
            files.append(("instances/\(index / 100)/web-\(index).yaml", Array(text.utf8)))
        }
        let clock = ContinuousClock()
        var parsed: [ParsedFile] = []
        let decoding = clock.measure {
            parsed = files.map { ParsedFile.parse(path: $0.path, blob: $0.path, bytes: $0.bytes) }
        }
        let listing = SourceListing(
            entries: files.map { .init(path: $0.path, kind: .file, id: $0.path, size: $0.bytes.count) })
        let selection = SourceSelection(listing: listing)
        var assembly: Assembly?
        let assembling = clock.measure {
            assembly = Assembly.assemble(listing: listing, selection: selection, files: parsed, configs: [])
        }
        print("10,000 files: decoded in \(decoding), assembled in \(assembling)")
        #expect(assembly?.snapshot?.instances.count == 10_000)
    }
}
