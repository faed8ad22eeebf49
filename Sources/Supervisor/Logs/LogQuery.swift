package import Reconciler

/// Which records are wanted. All that is given has to fit.
package struct LogQuery: Sendable {
    package var slots: [SlotID]
    package var streams: Set<LogLine.Stream>
    /// Only the newest lines, over all slots and streams.
    package var last: Int?
    package var since: WallTime?
    /// Only what is older.
    package var until: WallTime?
    package var run: LogRunChoice?
    /// The least level that is wanted.
    package var level: LogLevel?
    package var text: LogPattern?
    /// Whether lines get their level although nothing is left out by it.
    package var namesLevels = false

    package init(
        slots: [SlotID], streams: Set<LogLine.Stream> = Set(LogLine.Stream.allCases), last: Int? = nil,
        since: WallTime? = nil, until: WallTime? = nil, run: LogRunChoice? = nil, level: LogLevel? = nil,
        text: LogPattern? = nil
    ) {
        self.slots = slots
        self.streams = streams
        self.last = last
        self.since = since
        self.until = until
        self.run = run
        self.level = level
        self.text = text
    }

    /// Whether every line of the places that are read is wanted, so that lines can be counted by their ends.
    var takesAll: Bool { since == nil && until == nil && run == nil && level == nil && text == nil }
}

/// `--run`.
package enum LogRunChoice: Sendable, Hashable {
    case id(RunID)
    /// The newest of each slot, and the one before it that wrote anything.
    case current
    case previous
}

/// Text that a line must hold.
package struct LogPattern: Sendable, Hashable {
    private let bytes: [UInt8]
    /// The pattern in lower case, where case does not matter.
    private let folded: String?

    package init(_ text: String, ignoresCase: Bool = false) {
        bytes = Array((ignoresCase ? text.lowercased() : text).utf8)
        folded = ignoresCase && !text.utf8.allSatisfy { $0 < 0x80 } ? text.lowercased() : nil
        isFolding = ignoresCase
    }
    private let isFolding: Bool

    func matches(_ line: [UInt8]) -> Bool {
        if let folded { return String(decoding: line, as: UTF8.self).lowercased().contains(folded) }
        guard let first = bytes.first else { return true }
        guard line.count >= bytes.count else { return false }
        return line.withUnsafeBufferPointer { line in
            for start in 0...(line.count - bytes.count) where fold(line[start]) == first {
                if bytes.indices.allSatisfy({ fold(line[start + $0]) == bytes[$0] }) { return true }
            }
            return false
        }
    }

    private func fold(_ byte: UInt8) -> UInt8 {
        isFolding && byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}

/// What an operator names: an Instance, or one replica of it.
package struct LogTarget: Sendable, Hashable {
    package var instance: String
    package var index: Int?

    package init(instance: String, index: Int? = nil) {
        self.instance = instance
        self.index = index
    }

    func covers(_ slot: SlotID) -> Bool {
        slot.instance == instance && (index == nil || slot.replica.index == index)
    }
}
