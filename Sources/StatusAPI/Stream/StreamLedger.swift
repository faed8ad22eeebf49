/// What the stream knows: the newest document of everything, each with the number of its last change, and the
/// newest events. Changes of one Instance that nobody has read yet are one change, so that it is bounded by
/// what is declared, however slow its readers are. Without I/O, and without a clock.
struct StreamLedger: Sendable {
    struct Document: Sendable {
        var bytes: [UInt8]
        var number: UInt64
    }

    struct Event: Sendable {
        var number: UInt64
        /// How many there were before it, lost ones included.
        var ordinal: UInt64
        var instance: String?
        var bytes: [UInt8]
    }

    /// A change that has not been read yet.
    struct Change: Sendable {
        var number: UInt64
        var event: String
        var bytes: [UInt8]
    }

    /// Something that is shown no longer.
    private struct Removal: Sendable {
        var name: String
        var isSchedule: Bool
        var number: UInt64
    }

    let epoch: String
    /// The number that was given last.
    private(set) var last: UInt64 = 0
    /// Of the last change of state; nothing is looked for behind it.
    private(set) var lastState: UInt64 = 0
    private(set) var head: Document?
    private var instances: [String: (value: InstanceDocument, document: Document)] = [:]
    /// Sorted.
    private(set) var names: [String] = []
    private var schedules: [String: (value: ScheduleDocument, document: Document)] = [:]
    /// Sorted.
    private(set) var scheduleNames: [String] = []
    private var removals: [Removal] = []
    /// Whoever has not read up to here does not know of every removal.
    private(set) var removalsForgotten: UInt64 = 0
    private var events: [Event] = []
    private var eventsBytes = 0
    /// Whoever has not read up to here has missed an event.
    private(set) var eventsForgotten: UInt64 = 0
    private(set) var ordinal: UInt64 = 0
    private var headText: [UInt8] = []

    init(epoch: String) { self.epoch = epoch }

    var id: StreamID { StreamID(epoch: epoch, number: last) }

    func document(of instance: String) -> Document? { instances[instance]?.document }

    func document(ofSchedule name: String) -> Document? { schedules[name]?.document }

    /// The documents of the Instances as they were taken last.
    var values: [InstanceDocument] { names.compactMap { instances[$0]?.value } }

    private mutating func next() -> UInt64 {
        last += 1
        return last
    }

    // What comes in ----------------------------------------------------------------------------------

    /// Takes a picture of everything; what is as it was costs nothing.
    mutating func take(_ status: StatusDocument, schedules all: [ScheduleDocument] = []) throws {
        var status = status
        try take(all)
        let shown = Dictionary(
            status.instances.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for name in names where shown[name] == nil { remove(name) }
        for value in status.instances where instances[value.name]?.value != value {
            let document = Document(bytes: try WireFormat.encode(value), number: next())
            instances[value.name] = (value, document)
            lastState = last
        }
        names = status.instances.map(\.name)
        status.instances = []
        // The moment that it shows is no change.
        let observedAt = status.observedAt
        status.observedAt = status.startedAt
        let text = try WireFormat.encode(status)
        guard text != headText else { return }
        headText = text
        status.observedAt = observedAt
        head = Document(bytes: try WireFormat.encode(status), number: next())
        lastState = last
    }

    private mutating func take(_ all: [ScheduleDocument]) throws {
        let shown = Set(all.map(\.name))
        for name in scheduleNames where !shown.contains(name) { remove(name, isSchedule: true) }
        for value in all where schedules[value.name]?.value != value {
            schedules[value.name] = (
                value, Document(bytes: try WireFormat.encode(value), number: next())
            )
            lastState = last
        }
        scheduleNames = all.map(\.name)
    }

    private mutating func remove(_ name: String, isSchedule: Bool = false) {
        if isSchedule { schedules[name] = nil } else { instances[name] = nil }
        removals.append(Removal(name: name, isSchedule: isSchedule, number: next()))
        lastState = last
        guard removals.count > StatusLimits.removalsMax else { return }
        removalsForgotten = removals.removeFirst().number
    }

    /// - Parameter lost: so many came before these that nobody kept.
    mutating func take(_ entries: [EventDocument], lost: UInt64 = 0) throws {
        if lost > 0 {
            ordinal += lost
            (events, eventsBytes, eventsForgotten) = ([], 0, next())
        }
        for entry in entries {
            let bytes = try WireFormat.encode(entry)
            ordinal += 1
            events.append(Event(number: next(), ordinal: ordinal, instance: entry.instance, bytes: bytes))
            eventsBytes += bytes.count
        }
        var excess = 0
        while events.count - excess > StatusLimits.replayEventsMax
            || eventsBytes > StatusLimits.replayBytesMax,
            excess < events.count
        {
            eventsBytes -= events[excess].bytes.count
            eventsForgotten = events[excess].number
            excess += 1
        }
        events.removeFirst(excess)
    }

    // What is read -----------------------------------------------------------------------------------

    /// Changes of state behind a number, in their order.
    func changes(after number: UInt64, of instance: String?) -> [Change] {
        guard number < lastState else { return [] }
        var found: [Change] = []
        for (name, entry) in instances where entry.document.number > number {
            guard instance == nil || instance == name else { continue }
            found.append(
                Change(number: entry.document.number, event: "instance", bytes: entry.document.bytes))
        }
        for entry in schedules.values where entry.document.number > number && instance == nil {
            found.append(
                Change(number: entry.document.number, event: "schedule", bytes: entry.document.bytes))
        }
        for removal in removals.reversed() {
            guard removal.number > number else { break }
            guard instance == nil || instance == removal.name && !removal.isSchedule else { continue }
            let bytes = (try? WireFormat.encode(RemovedDocument(name: removal.name))) ?? []
            let event = removal.isSchedule ? "scheduleRemoved" : "removed"
            found.append(Change(number: removal.number, event: event, bytes: bytes))
        }
        if let head, head.number > number {
            found.append(Change(number: head.number, event: "status", bytes: head.bytes))
        }
        return found.sorted { $0.number < $1.number }
    }

    /// Events behind a number, in their order.
    func events(after number: UInt64, upTo end: UInt64 = .max) -> ArraySlice<Event> {
        let first = events.firstIndex { $0.number > number } ?? events.endIndex
        let past = events[first...].firstIndex { $0.number > end } ?? events.endIndex
        return events[first..<past]
    }

    /// Why what was missed since an id cannot be told; nil where it can.
    func obstacle(to id: StreamID) -> ResetDocument.Reason? {
        if id.epoch != epoch { return .epoch }
        if id.number > last { return .badId }
        return id.number < removalsForgotten || id.number < eventsForgotten ? .tooOld : nil
    }
}
