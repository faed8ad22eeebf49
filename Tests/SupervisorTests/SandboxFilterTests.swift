import Manifests
import Testing

@testable import Supervisor

/// The programs of the system call filter, for both machines, carried out by hand.
@Suite("Sandbox filter") struct SandboxFilterTests {
    private static let allowed: UInt32 = 0x7FFF_0000
    private static let notPermitted: UInt32 = 0x0005_0001
    private static let notImplemented: UInt32 = 0x0005_0026

    /// What the kernel would make of a call. Classic BPF, as far as the filters use it.
    private func verdict(
        _ program: [UInt8], _ call: UInt32, machine: UInt32, arguments: [UInt32] = []
    ) throws -> UInt32 {
        func word(_ at: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(program[at + $1]) << UInt32(8 * $1) }
        }
        var accumulator: UInt32 = 0
        var next = 0
        while next < program.count {
            let code = UInt16(program[next]) | UInt16(program[next + 1]) << 8
            let (yes, no, operand) = (Int(program[next + 2]), Int(program[next + 3]), word(next + 4))
            var isMet: Bool?
            switch code {
            case 0x20:
                let index = (Int(operand) - 16) / 8
                accumulator =
                    operand == 0
                    ? call : operand == 4 ? machine : index < arguments.count ? arguments[index] : 0
            case 0x15: isMet = accumulator == operand
            case 0x35: isMet = accumulator >= operand
            case 0x25: isMet = accumulator > operand
            case 0x45: isMet = accumulator & operand != 0
            case 0x06: return operand
            default: Issue.record("instruction \(code)")
            }
            next += 8 * (1 + (isMet.map { $0 ? yes : no } ?? 0))
        }
        Issue.record("the program has no end")
        return 0
    }

    private func program(
        _ level: Sandbox.Level, _ machine: SystemCallTable.Machine, _ filter: Sandbox.SystemCallFilter? = nil
    ) -> [UInt8] {
        var sandbox = Sandbox(level: level)
        sandbox.systemCallFilter = filter
        return SystemCallFilter(SandboxRules(sandbox)).program(for: machine)
    }

    @Test(arguments: SystemCallTable.Machine.allCases)
    func everyCallHasTheVerdictOfItsList(machine: SystemCallTable.Machine) throws {
        let deny = program(.strict, machine)
        let allow = program(.paranoid, machine)
        // The kernel takes no longer ones.
        #expect(max(deny.count, allow.count) / 8 <= 4096)
        let dependent: Set = ["clone", "clone3", "ioctl", "personality", "prlimit64"]
        for name in SystemCallTable.names where !dependent.contains(name) {
            guard let number = SystemCallTable.number(name, on: machine) else { continue }
            let denied = try verdict(deny, number, machine: machine.audit)
            #expect(
                denied == (SystemCallTable.denied.contains(name) ? Self.notPermitted : Self.allowed),
                "\(name)")
            let allowed = try verdict(allow, number, machine: machine.audit)
            #expect(
                allowed == (SystemCallTable.allowed.contains(name) ? Self.allowed : Self.notPermitted),
                "\(name)")
        }
        let unknown = SystemCallTable.lastKnown + 1
        #expect(try verdict(allow, unknown, machine: machine.audit) == Self.notImplemented)
        #expect(try verdict(deny, unknown, machine: machine.audit) == Self.allowed)
    }

    @Test(arguments: SystemCallTable.Machine.allCases)
    func callsOfAnotherMachineAreRefused(machine: SystemCallTable.Machine) throws {
        for level in [Sandbox.Level.strict, .paranoid] {
            let program = program(level, machine)
            // i386, arm, and each other's.
            for other: UInt32 in [0x4000_0003, 0x4000_0028, 0xC000_003E, 0xC000_00B7]
            where other != machine.audit {
                for call: UInt32 in [0, 1, 20, 39, 221] {
                    #expect(try verdict(program, call, machine: other) == Self.notPermitted)
                }
            }
            guard machine == .x8664 else { continue }
            #expect(try verdict(program, 0x4000_0000 + 39, machine: machine.audit) == Self.notPermitted)
            #expect(try verdict(program, 39, machine: machine.audit) == Self.allowed)
        }
    }

    @Test(arguments: SystemCallTable.Machine.allCases)
    func argumentsDecideWhereTheyMust(machine: SystemCallTable.Machine) throws {
        let program = program(.paranoid, machine)
        func call(_ name: String, _ arguments: [UInt32]) throws -> UInt32 {
            let number = try #require(SystemCallTable.number(name, on: machine))
            return try verdict(program, number, machine: machine.audit, arguments: arguments)
        }
        #expect(try call("clone", [0x11]) == Self.allowed)
        // Of a thread, and of a new user, mount and pid namespace.
        #expect(try call("clone", [0x003D_0F00]) == Self.allowed)
        for flag: UInt32 in [0x1000_0000, 0x0002_0000, 0x2000_0000, 0x4000_0000, 0x0800_0000] {
            #expect(try call("clone", [flag | 0x11]) == Self.notPermitted)
        }
        #expect(try call("clone3", []) == Self.notImplemented)
        #expect(try call("ioctl", [0, 0x5412]) == Self.notPermitted)
        #expect(try call("ioctl", [0, 0x541C]) == Self.notPermitted)
        #expect(try call("ioctl", [0, 0x5401]) == Self.allowed)
        #expect(try call("personality", [0xFFFF_FFFF]) == Self.allowed)
        #expect(try call("personality", [0x0040_0000]) == Self.notPermitted)
        #expect(try call("prlimit64", [0]) == Self.allowed)
        #expect(try call("prlimit64", [1]) == Self.notPermitted)
    }

    @Test(arguments: SystemCallTable.Machine.allCases)
    func declaredCallsGoBefore(machine: SystemCallTable.Machine) throws {
        let filter = Sandbox.SystemCallFilter(allow: ["ptrace", "clone3"], deny: ["socket"])
        for level in [Sandbox.Level.strict, .paranoid] {
            let program = program(level, machine, filter)
            func call(_ name: String) throws -> UInt32 {
                let number = try #require(SystemCallTable.number(name, on: machine))
                return try verdict(program, number, machine: machine.audit)
            }
            #expect(try call("ptrace") == Self.allowed)
            #expect(try call("clone3") == Self.allowed)
            #expect(try call("socket") == Self.notPermitted)
            #expect(try call("bpf") == Self.notPermitted)
        }
    }
}
