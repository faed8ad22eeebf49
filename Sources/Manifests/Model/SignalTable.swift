extension Signal {
    /// Every signal of Linux by name, with its number on x86-64 and arm64.
    package static let all: [Signal] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7), ("FPE", 8),
        ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13), ("ALRM", 14), ("TERM", 15),
        ("STKFLT", 16), ("CHLD", 17), ("CONT", 18), ("STOP", 19), ("TSTP", 20), ("TTIN", 21), ("TTOU", 22),
        ("URG", 23), ("XCPU", 24), ("XFSZ", 25), ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29),
        ("PWR", 30), ("SYS", 31),
    ].map { Signal(name: "SIG" + $0.0, number: Int32($0.1)) }

    /// The first and the last real-time signal that programs may use: `SIGRTMIN+n` counts from the first.
    private static let realTime: ClosedRange<Int32> = 34...64

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// `SIGTERM`, `SIGRTMIN`, `SIGRTMIN+3`, `SIGRTMAX`; nil for any other text.
    package init?(named name: String) {
        if let found = Self.byName[name] {
            self = found
        } else if name == "SIGRTMIN" {
            self.init(name: name, number: Self.realTime.lowerBound)
        } else if name == "SIGRTMAX" {
            self.init(name: name, number: Self.realTime.upperBound)
        } else if name.hasPrefix("SIGRTMIN+"), let offset = UInt8(name.dropFirst(9)),
            Self.realTime.contains(Self.realTime.lowerBound + Int32(offset))
        {
            self.init(name: name, number: Self.realTime.lowerBound + Int32(offset))
        } else {
            return nil
        }
    }

    /// A program can neither catch nor ignore these.
    package var cannotBeCaught: Bool { name == "SIGKILL" || name == "SIGSTOP" }
}
