/// Classic BPF for seccomp, one instruction after the other. The accumulator holds the number of the call
/// between statements.
struct Assembly {
    private(set) var bytes: [UInt8] = []

    private enum Code {
        static let load: UInt16 = 0x20
        static let jumpEqual: UInt16 = 0x15
        static let jumpGreaterOrEqual: UInt16 = 0x35
        static let jumpGreater: UInt16 = 0x25
        static let jumpAnyBit: UInt16 = 0x45
        static let finish: UInt16 = 0x06
    }

    static let allow: UInt32 = 0x7FFF_0000
    /// The call returns this error.
    static func error(_ number: UInt32) -> UInt32 { 0x0005_0000 | number }

    private mutating func put(_ code: UInt16, _ operand: UInt32, yes: UInt8 = 0, no: UInt8 = 0) {
        withUnsafeBytes(of: code.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(yes)
        bytes.append(no)
        withUnsafeBytes(of: operand.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A word of `struct seccomp_data`: 0 the call's number, 4 the machine, 16 + 8n the nth argument's low
    /// half.
    mutating func load(_ offset: UInt32) { put(Code.load, offset) }

    mutating func finish(_ verdict: UInt32) { put(Code.finish, verdict) }

    mutating func refuse(unless operand: UInt32, error number: UInt32) {
        put(Code.jumpEqual, operand, yes: 1)
        finish(Self.error(number))
    }

    mutating func refuse(from operand: UInt32, error number: UInt32) {
        put(Code.jumpGreaterOrEqual, operand, no: 1)
        finish(Self.error(number))
    }

    mutating func allow(_ range: ClosedRange<UInt32>) {
        if range.count == 1 {
            put(Code.jumpEqual, range.lowerBound, no: 1)
        } else {
            put(Code.jumpGreaterOrEqual, range.lowerBound, no: 2)
            put(Code.jumpGreater, range.upperBound, yes: 1)
        }
        finish(Self.allow)
    }

    /// Only for this call. `body` either finishes or leaves the accumulator as it was.
    mutating func on(_ number: UInt32, _ body: (inout Assembly) -> Void) {
        var inner = Assembly()
        body(&inner)
        // At most a dozen instructions each, far from what a jump can reach.
        put(Code.jumpEqual, number, no: UInt8(clamping: inner.bytes.count / 8))
        bytes += inner.bytes
    }

    mutating func refuseArgument(_ index: UInt32, havingAny bits: UInt32, _ error: UInt32) {
        load(16 + 8 * index)
        put(Code.jumpAnyBit, bits, no: 1)
        finish(Self.error(error))
        load(0)
    }

    mutating func refuseArgument(_ index: UInt32, among values: [UInt32], _ error: UInt32) {
        load(16 + 8 * index)
        for value in values {
            put(Code.jumpEqual, value, no: 1)
            finish(Self.error(error))
        }
        load(0)
    }

    mutating func allowArgument(_ index: UInt32, among values: [UInt32], _ error: UInt32) {
        load(16 + 8 * index)
        for value in values {
            put(Code.jumpEqual, value, no: 1)
            finish(Self.allow)
        }
        finish(Self.error(error))
    }
}

/// A program for the packets of a control group: what does not go over the loopback interface is dropped.
enum LoopbackOnly {
    /// `struct bpf_insn`: code, registers (source in the high half), offset (2), operand (4).
    static let program: [UInt8] = [
        0x61, 0x12, 40, 0, 0, 0, 0, 0,  // r2 = the number of the packet's interface
        0xB7, 0x00, 0, 0, 1, 0, 0, 0,  // r0 = let it pass
        0x15, 0x02, 1, 0, 1, 0, 0, 0,  // if r2 is 1, the loopback interface of every host, skip one
        0xB7, 0x00, 0, 0, 0, 0, 0, 0,  // r0 = drop it
        0x95, 0x00, 0, 0, 0, 0, 0, 0,  // return r0
    ]
}
