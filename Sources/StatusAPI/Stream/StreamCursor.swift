/// How far one client has come. It says what to write next, and holds no document itself: what a slow client
/// does not take is not kept for it.
struct StreamCursor: Sendable {
    /// A picture on its way: first the head, then every Instance and Schedule, then what happened meanwhile.
    private struct Picture {
        var names: [String]
        var next = 0
        var schedules: [String]
        var nextSchedule = 0
        /// Everything up to here is in it.
        var base: UInt64
        var isBegun = false
    }

    private let query: StreamQuery
    private var state: UInt64
    private var events: UInt64
    /// Of the last event that was passed.
    private var ordinal: UInt64
    private var picture: Picture?
    private var reset: ResetDocument.Reason?
    /// What was asked for is told from an id on, without a new picture.
    let replays: Bool

    init(_ query: StreamQuery, resuming text: String?, in ledger: StreamLedger) {
        self.query = query
        (state, events, ordinal) = (ledger.last, ledger.last, ledger.ordinal)
        reset = text == nil ? .start : .badId
        if let id = text.flatMap(StreamID.init) { reset = ledger.obstacle(to: id) }
        replays = reset == nil
        if reset == nil, let id = text.flatMap(StreamID.init) {
            (state, events) = (id.number, id.number)
            // Nothing is lost since then, so what is told is all there was.
            ordinal -= UInt64(ledger.events(after: id.number).count)
        } else {
            paint(ledger)
        }
    }

    /// The place up to which everything is told; nil while a picture is on its way.
    func id(in ledger: StreamLedger) -> StreamID? {
        picture == nil ? StreamID(epoch: ledger.epoch, number: max(state, events)) : nil
    }

    private mutating func paint(_ ledger: StreamLedger) {
        guard query.topics.contains(.status) else { return }
        let names = query.instance.map { [$0] } ?? ledger.names
        let schedules = query.instance == nil ? ledger.scheduleNames : []
        picture = Picture(names: names, schedules: schedules, base: ledger.last)
    }

    /// What is to be written now; empty: everything is told.
    mutating func next(in ledger: StreamLedger, bytesMax: Int = StatusLimits.streamChunkBytes) throws
        -> [UInt8]
    {
        var bytes: [UInt8] = []
        try checkLosses(in: ledger, &bytes)
        if let reason = reset {
            reset = nil
            if query.wantsPicture {
                StreamMessage.append(
                    "reset", data: try WireFormat.encode(ResetDocument(reason: reason)), to: &bytes)
            }
        }
        if picture != nil { try draw(ledger, &bytes, bytesMax) }
        if picture == nil, bytes.count < bytesMax { tell(ledger, &bytes, bytesMax) }
        return bytes
    }

    /// What this client was too slow for.
    private mutating func checkLosses(in ledger: StreamLedger, _ bytes: inout [UInt8]) throws {
        if query.topics.contains(.status), picture == nil, state < ledger.removalsForgotten {
            reset = .slow
            paint(ledger)
        }
        guard query.topics.contains(.events), events < ledger.eventsForgotten else { return }
        let kept = ledger.events(after: ledger.eventsForgotten)
        let first = kept.first?.ordinal ?? ledger.ordinal + 1
        let missed = MissedDocument(
            topic: "events", count: first - 1 - ordinal,
            reason: "they were not read in time, and are no longer kept for the stream",
            read: "/v1/events")
        StreamMessage.append("missed", data: try WireFormat.encode(missed), to: &bytes)
        events = ledger.eventsForgotten
        ordinal = first - 1
    }

    private mutating func draw(_ ledger: StreamLedger, _ bytes: inout [UInt8], _ bytesMax: Int) throws {
        guard var picture else { return }
        if !picture.isBegun, let head = ledger.head {
            StreamMessage.append("status", data: head.bytes, to: &bytes)
        }
        picture.isBegun = true
        while picture.next < picture.names.count, bytes.count < bytesMax {
            // One that is gone meanwhile is told of behind the picture.
            if let document = ledger.document(of: picture.names[picture.next]) {
                StreamMessage.append("instance", data: document.bytes, to: &bytes)
            }
            picture.next += 1
        }
        while picture.nextSchedule < picture.schedules.count, bytes.count < bytesMax {
            if let document = ledger.document(ofSchedule: picture.schedules[picture.nextSchedule]) {
                StreamMessage.append("schedule", data: document.bytes, to: &bytes)
            }
            picture.nextSchedule += 1
        }
        self.picture = picture
        guard picture.next == picture.names.count, picture.nextSchedule == picture.schedules.count,
            bytes.count < bytesMax
        else { return }
        // The id of a whole picture says that every event before it is told too.
        for event in ledger.events(after: events, upTo: picture.base) {
            events = event.number
            ordinal = event.ordinal
            if isWanted(event) { StreamMessage.append("event", data: event.bytes, to: &bytes) }
            if bytes.count >= bytesMax { return }
        }
        let count = query.instance.map { ledger.document(of: $0) == nil ? 0 : 1 } ?? picture.names.count
        StreamMessage.append(
            "complete", id: StreamID(epoch: ledger.epoch, number: picture.base),
            data: try WireFormat.encode(
                CompleteDocument(instances: count, schedules: picture.schedules.count)),
            to: &bytes)
        (state, events) = (picture.base, max(events, picture.base))
        self.picture = nil
    }

    /// Changes and events in the order of their numbers, so that the last id that was read says it all.
    private mutating func tell(_ ledger: StreamLedger, _ bytes: inout [UInt8], _ bytesMax: Int) {
        let changes =
            query.topics.contains(.status) ? ledger.changes(after: state, of: query.instance) : []
        var pending = ledger.events(after: events)
        func message(_ name: String, _ number: UInt64, _ data: [UInt8]) {
            StreamMessage.append(
                name, id: StreamID(epoch: ledger.epoch, number: number), data: data, to: &bytes)
        }
        func tellEvents(before number: UInt64) {
            while let event = pending.first, event.number < number, bytes.count < bytesMax {
                pending.removeFirst()
                (events, ordinal) = (event.number, event.ordinal)
                if isWanted(event) { message("event", event.number, event.bytes) }
            }
        }
        for change in changes {
            tellEvents(before: change.number)
            guard bytes.count < bytesMax else { return }
            message(change.event, change.number, change.bytes)
            state = change.number
        }
        tellEvents(before: .max)
        guard pending.isEmpty else { return }
        (state, events) = (ledger.last, ledger.last)
    }

    private func isWanted(_ event: StreamLedger.Event) -> Bool {
        query.topics.contains(.events) && (query.instance == nil || query.instance == event.instance)
    }
}
