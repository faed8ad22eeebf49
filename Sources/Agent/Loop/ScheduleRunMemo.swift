import Foundation
import Reconciler

/// What is kept beside the slot of a Schedule's run. Its own words for its members: an earlier version takes
/// it for the record of nobody it knows, and leaves the run alone.
struct ScheduleRunMemo: Codable {
    var scheduled: ScheduledRun

    func encoded() -> [UInt8] {
        // Every member is a plain value: encoding it cannot fail.
        (try? [UInt8](JSONEncoder().encode(self))) ?? []
    }

    static func decode(_ bytes: [UInt8]) -> ScheduleRunMemo? {
        try? JSONDecoder().decode(ScheduleRunMemo.self, from: Data(bytes))
    }
}
