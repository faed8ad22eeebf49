import Testing

@testable import Manifests

@Suite struct QuantityTests {
    @Test(arguments: [
        ("0s", 0), ("500ms", 500), ("1s", 1_000), ("1m30s", 90_000), ("1h", 3_600_000),
        ("2d3h4m5s6ms", 183_845_006), ("90s", 90_000),
    ])
    func durations(_ text: String, milliseconds: Int) {
        #expect(Quantities.duration(text) == .milliseconds(milliseconds))
        #expect(
            Quantities.duration(Quantities.text(.milliseconds(milliseconds))) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "5", "s", "1 s", "-1s", "1.5s", "1s1s", "1s1m", "1S", "1sec", "1m 30s", "99999999999999999999s",
        "106751991168d", "1s ", "٣s",
    ])
    func noDurations(_ text: String) { #expect(Quantities.duration(text) == nil) }

    @Test(arguments: [
        ("0", 0), ("4096", 4_096), ("64Mi", 64 << 20), ("10M", 10_000_000), ("1Gi", 1 << 30), ("2k", 2_000),
        ("2K", 2_000), ("1Ti", 1 << 40),
    ])
    func sizes(_ text: String, bytes: UInt64) {
        #expect(Quantities.size(text) == bytes)
        #expect(Quantities.size(Quantities.text(size: bytes)) == bytes)
    }

    @Test(arguments: [
        "", "Mi", "1.5Gi", "-1", "10MB", "1 Mi", "99999999999999999999", "18446744073709551615Ki", "1mi", "٣",
    ])
    func noSizes(_ text: String) { #expect(Quantities.size(text) == nil) }

    @Test(arguments: [("500m", 500), ("0.5", 500), ("2", 2_000), ("1.25", 1_250)])
    func processors(_ text: String, thousandths: UInt64) { #expect(Quantities.cpu(text) == thousandths) }

    @Test(arguments: ["", "m", "0", "0m", "-1", "1e9", "half", "1.5m"])
    func noProcessors(_ text: String) { #expect(Quantities.cpu(text) == nil) }

    @Test func signalsByName() {
        #expect(Signal(named: "SIGHUP")?.number == 1 && Signal(named: "SIGRTMIN+2")?.number == 36)
        #expect(
            Signal(named: "TERM") == nil && Signal(named: "SIGRTMIN+99") == nil && Signal(named: "15") == nil)
        #expect(Signal.all.count == 31 && Set(Signal.all.map(\.number)).count == 31)
    }

    @Test(arguments: [
        ("./a/b/", "a/b"), ("a//b", "a/b"), (".", ""), ("a/../b", "b"), ("a/./b", "a/b"), ("..", nil),
        ("a/../../b", nil), ("/a", nil), ("", nil),
    ])
    func paths(_ text: String, normalised: String?) { #expect(SourcePath.normalised(text) == normalised) }
}
