package import Reconciler

/// One thing that a log tells: a line, or what happened between two lines.
package struct LogRecordDocument: Codable, Sendable, Hashable {
    /// `line`, `gap` (bytes that are in no log), `runStarted` or `runEnded`.
    package var kind: String
    package var time: Timestamp
    /// `web/0`.
    package var replica: String
    /// `stdout` or `stderr`.
    package var stream: String
    package var runId: String?
    /// `debug`, `info`, `warn` or `error`, where the line says it.
    package var level: String?
    package var text: String?
    /// False: no line feed has come yet, or more of the line follows.
    package var complete: Bool?
    /// Bytes of the same line that came before these.
    package var offset: Int?
    /// Of a gap.
    package var lostBytes: UInt64?
    package var since: Timestamp?
    package var reason: String?
    /// `exit code 1`: how a run ended.
    package var how: String?

    package init(kind: String, time: WallTime, replica: String, stream: String, runId: String? = nil) {
        self.kind = kind
        self.time = Timestamp(time)
        self.replica = replica
        self.stream = stream
        self.runId = runId
    }
}

/// `/v1/instances/{name}/logs`: the oldest first.
package struct LogListDocument: Codable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var instance: String
    package var items: [LogRecordDocument]
    /// Leads to older lines; nil: there are none.
    package var next: String?

    init(instance: String, items: [LogRecordDocument], next: String?) {
        apiVersion = WireFormat.apiVersion
        kind = "LogList"
        self.instance = instance
        self.items = items
        self.next = next
    }
}
