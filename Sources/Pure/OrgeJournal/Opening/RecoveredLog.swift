/// What recovery found: where each segment's live records end, and what is in force after the last of them.
package struct RecoveredLog: Equatable, Sendable {
    /// The live part of one segment.
    package struct Piece: Equatable, Sendable {
        package var number: UInt64
        /// The last tick before the piece's first record.
        package var previousTick: UInt64
        /// The last tick recorded up to the piece's end.
        package var lastTick: UInt64
        /// Where the live records end, in bytes. In the last segment: the truncation point.
        package var end: Int
    }

    /// The ticks recorded by one host.
    package struct Span: Equatable, Sendable {
        package var incarnation: UInt64
        package var codeID: String
        package var firstTick: UInt64
        package var lastTick: UInt64
    }

    /// The last group of the log when it may not be durable: a new writer writes it again, into its own segment, before it believes in it.
    struct Group: Equatable, Sendable {
        var start: Int
        /// In force before it.
        var position: LogPosition
    }

    /// A change of the world's schema between two ticks.
    package struct SchemaChange: Equatable, Sendable {
        /// The last tick under the schema before.
        package var tick: UInt64
        /// The code that migrated the state.
        package var codeID: String
        package var migrated: MigratedState
    }

    /// All segments that are kept.
    package internal(set) var pieces: [Piece] = []
    /// Pieces in front whose records were not looked at: they are what the headers after them state. 0: the whole log was read.
    package internal(set) var unreadCount = 0
    /// After the image; where the whole log was read, all.
    package internal(set) var spans: [Span] = []
    package internal(set) var position = LogPosition()
    /// Bytes after the truncation point that are not zero: what is left of a group that was being written. 0 after an orderly end.
    package internal(set) var tornBytes = 0
    /// The tick of the first record in them, as far as that can be told: its header's, or the one after the last whole record's.
    package internal(set) var tornTick: UInt64 = 0
    var lastGroup: Group?
    /// The `skip` and `amendment` records that were read, in order.
    package internal(set) var amendments: [JournalRecord] = []
    /// Those that were read, in order.
    package internal(set) var schemaChanges: [SchemaChange] = []
    /// The last `tick` record.
    var lastTick: Place?

    struct Place: Equatable, Sendable {
        /// Number of the segment.
        var segment: UInt64
        var offset: Int
    }

    /// The number of the last segment; 0 when there is none.
    var newestSegment: UInt64 { pieces.last?.number ?? 0 }

    /// The last tick that the segments do not hold any more: an image must reach at least to here.
    package var beginsAfter: UInt64 { pieces.first?.previousTick ?? 0 }

    /// The last segment that begins at `tick` or before it: later ticks and what amends them are in it and after it.
    /// - Returns: an index; that of the first segment when all begin later.
    static func firstNeeded<Segment>(of segments: [Segment], after tick: UInt64, _ previousTick: (Segment) -> UInt64) -> Int {
        segments.lastIndex { previousTick($0) <= tick } ?? 0
    }
}
