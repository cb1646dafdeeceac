/// One entry of the log, as recovery reads it.
package struct JournalRecord: Equatable, Sendable {
    package enum Kind: UInt8, CaseIterable, Sendable {
        /// A host opened the journal: raises the incarnation and names its code and schema. The body is an ``Opening``.
        case opened = 1
        /// The sealed inputs of a tick. The body is the host's.
        case tick = 2
        /// An input of an earlier tick that is not to be executed again. The body is the host's.
        case skip = 3
        /// Any other amendment of an earlier tick. The body is the host's.
        case amendment = 4
    }

    package var kind: Kind
    /// Of the host that wrote it, from 1 on.
    package var incarnation: UInt64
    /// The tick that is recorded or amended; for `opened` the last one before.
    package var tick: UInt64
    package var body: [UInt8]

    package init(kind: Kind, incarnation: UInt64, tick: UInt64, body: [UInt8]) {
        self.kind = kind
        self.incarnation = incarnation
        self.tick = tick
        self.body = body
    }

    /// Of an `opened` record: the change of schema that the host began with; nil when there was none.
    package var migrated: MigratedState? { kind == .opened ? Opening(decoding: body[...])?.migrated : nil }
}

/// One entry of the log, as a host hands it over.
package struct JournalEntry: Equatable, Sendable {
    package enum Kind: UInt8, Sendable { case tick, skip, amendment }
    package var kind: Kind
    /// For `tick`: later than every tick before. Ticks without inputs may be left out where the world's pace allows it. Otherwise: the tick amended.
    package var tick: UInt64
    /// At most ``JournalLimits/recordBodyBytes``.
    package var body: [UInt8]

    package init(_ kind: Kind = .tick, tick: UInt64, body: [UInt8]) {
        self.kind = kind
        self.tick = tick
        self.body = body
    }

    var recordKind: JournalRecord.Kind {
        switch kind {
        case .tick: .tick
        case .skip: .skip
        case .amendment: .amendment
        }
    }
}

/// The 48 bytes before a record's body. The layout is in `docs/formats/journal.md`.
struct RecordHeader: Equatable, Sendable {
    static let byteCount = 48
    static let format: UInt16 = 1
    /// Records begin at multiples of this, so that a scan of damaged bytes has an eighth of the places to try.
    static let alignment = 8

    var kind: JournalRecord.Kind
    var bodyBytes: Int
    var bodyChecksum: UInt32
    var incarnation: UInt64
    var tick: UInt64
    /// The tick of the `tick` record before this one: a record that is missing shows here, also where ticks are left out on purpose.
    var previousTick: UInt64
    /// Where in the segment the group commit began that wrote this record. Everything before it was durable when this record was written.
    var groupStart: Int

    /// Bytes of header, body and padding.
    var recordBytes: Int { Self.recordBytes(body: bodyBytes) }

    static func recordBytes(body: Int) -> Int { byteCount + (body + alignment - 1) / alignment * alignment }
}
