/// One spec that was wanted of an Instance on this host, and what became of it.
package struct SpecRecord: Sendable, Hashable, Codable {
    package typealias Outcome = StoredWord<SpecRecord>

    package var instance: String
    /// `web@1.4.2`.
    package var unit: String
    package var specHash: SpecHash
    package var nonce: String
    /// The revision that brought it.
    package var revision: Revision
    /// The fields by which it differs from the one before; empty for a new Instance.
    package var changes: [FieldChange]
    package var wantedAt: WallTime
    /// It was wanted before this history began: `wantedAt` is when it was found.
    package var isOlder: Bool?
    package var progress: SpecProgress
    /// It runs now, though another spec is wanted, which failed here; said when it is shown, not stored.
    package var runsNow: Bool?

    package init(
        instance: String, unit: String, specHash: SpecHash, nonce: String, revision: Revision,
        changes: [FieldChange], wantedAt: WallTime, isOlder: Bool? = nil,
        progress: SpecProgress = SpecProgress()
    ) {
        self.instance = instance
        self.unit = unit
        self.specHash = specHash
        self.nonce = nonce
        self.revision = revision
        self.changes = changes
        self.wantedAt = wantedAt
        self.isOlder = isOlder
        self.progress = progress
    }

    /// Fields that are kept of one change.
    package static let changesMax = 20
}

/// The part of a spec's history that goes on changing.
package struct SpecProgress: Sendable, Hashable, Codable {
    package var outcome: SpecRecord.Outcome
    /// Every replica was ready as this spec for the first time.
    package var readyAt: WallTime?
    /// It became last known good, or completed.
    package var provenAt: WallTime?
    /// nil: it is wanted still.
    package var endedAt: WallTime?

    package init(
        outcome: SpecRecord.Outcome = .current, readyAt: WallTime? = nil, provenAt: WallTime? = nil,
        endedAt: WallTime? = nil
    ) {
        self.outcome = outcome
        self.readyAt = readyAt
        self.provenAt = provenAt
        self.endedAt = endedAt
    }
}

/// What is known of a spec that is wanted now, as far as its history needs it to go on.
package struct OpenSpec: Sendable, Hashable {
    package var instance: String
    package var specHash: SpecHash
    package var nonce: String
    package var wantedAt: WallTime
    package var progress: SpecProgress

    package init(
        instance: String, specHash: SpecHash, nonce: String, wantedAt: WallTime, progress: SpecProgress
    ) {
        self.instance = instance
        self.specHash = specHash
        self.nonce = nonce
        self.wantedAt = wantedAt
        self.progress = progress
    }
}

/// What a turn of the loop adds to the history of specs.
package enum SpecChange: Sendable {
    case began(SpecRecord)
    case went(OpenSpec)
}

extension StoredWord where Of == SpecRecord {
    /// It is wanted, and nothing is proven yet.
    package static let current = Self(rawValue: "current")
    /// It proved healthy: last known good, then or now.
    package static let good = Self(rawValue: "good")
    /// A oneshot that did its work.
    package static let completed = Self(rawValue: "completed")
    /// A replica of it is not started again.
    package static let gaveUp = Self(rawValue: "gaveUp")
    /// It failed here, and the last known good spec runs in its place.
    package static let rolledBack = Self(rawValue: "rolledBack")
    /// Another spec took its place before it had proven itself.
    package static let superseded = Self(rawValue: "superseded")
    /// It was declared no longer before it had proven itself.
    package static let withdrawn = Self(rawValue: "withdrawn")
}
