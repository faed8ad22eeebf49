import Manifests

/// The program of a seccomp filter. Calls of another machine (i386, x32) are refused as wholes.
struct SystemCallFilter {
    private let rules: SandboxRules

    init(_ rules: SandboxRules) { self.rules = rules }

    /// Errors that a refused call returns.
    private static let notPermitted: UInt32 = 1
    private static let notImplemented: UInt32 = 38
    /// CLONE_NEW… but for CLONE_NEWTIME, which clone takes for another thing.
    private static let namespaceFlags: UInt32 = 0x7E02_0000
    /// Requests that put words into another process's terminal.
    private static let terminalRequests: [UInt32] = [0x5412, 0x541C]
    /// What `personality` may be asked for: nothing special, and what it is now.
    private static let personalities: [UInt32] = [0, 0xFFFF_FFFF]
    private static let itself: [UInt32] = [0]
    /// MSG_FASTOPEN: a message that connects.
    private static let connecting: UInt32 = 0x2000_0000
    private static let notSupported: UInt32 = 95

    /// `struct sock_filter` as bytes: code (2), jump if true (1), if false (1), operand (4).
    func program(for machine: SystemCallTable.Machine) -> [UInt8] {
        var assembly = Assembly()
        assembly.load(4)
        assembly.refuse(unless: machine.audit, error: Self.notPermitted)
        assembly.load(0)
        // Calls of x32 are those of x86_64 with this bit.
        if machine == .x8664 { assembly.refuse(from: 0x4000_0000, error: Self.notPermitted) }
        if rules.guardsHeldPorts { letNoneConnect(&assembly, machine) }
        if rules.systemCallFilter != .off { checkArguments(&assembly, machine) }
        switch rules.systemCallFilter {
        case .off: assembly.finish(Assembly.allow)
        case .deny: deny(&assembly, machine)
        case .allow: allow(&assembly, machine)
        }
        return assembly.bytes
    }

    /// Calls that depend on what they are asked for. What is declared by name goes before.
    private func checkArguments(_ assembly: inout Assembly, _ machine: SystemCallTable.Machine) {
        func number(_ name: String) -> UInt32? {
            rules.allowedCalls.contains(name) || rules.deniedCalls.contains(name)
                ? nil : SystemCallTable.number(name, on: machine)
        }
        if let clone = number("clone") {
            assembly.on(clone) { $0.refuseArgument(0, havingAny: Self.namespaceFlags, Self.notPermitted) }
        }
        // Its flags are in memory, where no filter can look; libraries fall back to clone.
        if let clone3 = number("clone3") {
            assembly.on(clone3) { $0.finish(Assembly.error(Self.notImplemented)) }
        }
        if let ioctl = number("ioctl") {
            assembly.on(ioctl) { $0.refuseArgument(1, among: Self.terminalRequests, Self.notPermitted) }
        }
        if let personality = number("personality") {
            assembly.on(personality) { $0.allowArgument(0, among: Self.personalities, Self.notPermitted) }
        }
        // The limits of others of the same user: a limit of processor time ends them.
        if let limits = number("prlimit64") {
            assembly.on(limits) { $0.allowArgument(0, among: Self.itself, Self.notPermitted) }
        }
    }

    /// What connects a socket without `connect`, which Landlock sees. No declared call goes before.
    private func letNoneConnect(_ assembly: inout Assembly, _ machine: SystemCallTable.Machine) {
        for (name, flags) in [("sendto", UInt32(3)), ("sendmsg", 2), ("sendmmsg", 3)] {
            guard let number = SystemCallTable.number(name, on: machine) else { continue }
            assembly.on(number) { $0.refuseArgument(flags, havingAny: Self.connecting, Self.notSupported) }
        }
        if let ring = SystemCallTable.number("io_uring_setup", on: machine) {
            assembly.on(ring) { $0.finish(Assembly.error(Self.notPermitted)) }
        }
    }

    private func deny(_ assembly: inout Assembly, _ machine: SystemCallTable.Machine) {
        let names = Set(SystemCallTable.denied).union(rules.deniedCalls).subtracting(rules.allowedCalls)
        for number in Self.numbers(names, machine) {
            assembly.on(number) { $0.finish(Assembly.error(Self.notPermitted)) }
        }
        assembly.finish(Assembly.allow)
    }

    private func allow(_ assembly: inout Assembly, _ machine: SystemCallTable.Machine) {
        let names = Set(SystemCallTable.allowed).union(rules.allowedCalls).subtracting(rules.deniedCalls)
        for range in Self.ranges(Self.numbers(names, machine)) { assembly.allow(range) }
        assembly.refuse(from: SystemCallTable.lastKnown + 1, error: Self.notImplemented)
        assembly.finish(Assembly.error(Self.notPermitted))
    }

    private static func numbers(_ names: Set<String>, _ machine: SystemCallTable.Machine) -> [UInt32] {
        names.compactMap { SystemCallTable.number($0, on: machine) }.sorted()
    }

    /// Numbers mostly stand side by side, and each comparison costs every call that follows it.
    static func ranges(_ numbers: [UInt32]) -> [ClosedRange<UInt32>] {
        var ranges: [ClosedRange<UInt32>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges
    }
}

extension SystemCallTable.Machine {
    /// The machine that this program was built for.
    static var own: Self {
        #if arch(arm64)
            .aarch64
        #else
            .x8664
        #endif
    }

    /// AUDIT_ARCH_….
    var audit: UInt32 { self == .x8664 ? 0xC000_003E : 0xC000_00B7 }
}
