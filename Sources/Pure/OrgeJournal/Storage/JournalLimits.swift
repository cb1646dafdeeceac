/// Bounds of the journal's files. Each is part of the format or of what recovery may cost.
package enum JournalLimits {
    /// How often a lock that another process holds is tried again, and how long to wait between: half a second in all, a hundred times what a
    /// dying holder needs, and short for a person who started a second server by mistake.
    package static let lockAttempts = 50
    package static let lockPauseMicroseconds: UInt32 = 10_000
    /// Bytes of one record's body. A batch is bounded by credit far below this; recovery holds one segment in memory, and a record lies in one segment.
    package static let recordBodyBytes = 16 << 20
    /// Bytes of a segment, header included: what recovery reads at a time. Must hold the largest record, and offsets are 32 bits.
    package static let segmentBytes = 64 << 20
    /// Bytes of an amendment's body: all its fields, with names as long as they may be.
    package static let amendmentBytes = 320
    /// Amendments that a reader keeps: one for each of so many faults, 20 MiB. A start has those after its image, a few.
    package static let amendments = 65_536
    /// Bytes of UTF-8 that name the code which made a record: a SHA-256 in hexadecimal has 64.
    package static let codeIDBytes = 64
    /// Bytes of UTF-8 of a world's name, as in the wire protocol.
    package static let worldNameBytes = 64
    /// Images that are kept: the newest, and the one before in case the newest is damaged.
    package static let imagesKept = 2
    /// How a removed file's room is given back: in pieces of so many bytes, with a pause after each. A file system frees a piece in one transaction,
    /// and a sync of another file waits for it: 500 MB at once held a commit up for 31 ms, and in these pieces for 8 ms, which is what commits
    /// took at worst without any removal. The pauses add 60 ms to the removal of 500 MB.
    package static let removalBytes = 16 << 20
    package static let removalPauseMicroseconds: UInt32 = 2_000
    /// Files are written under their name with this suffix, and renamed when durable.
    static let temporarySuffix = ".tmp"
}

/// How a journal spends the disk.
package struct JournalSettings: Equatable, Sendable {
    /// Bytes of the first segment after a start; each following one is twice as large up to `largestSegmentBytes`. Small, because a world that
    /// dies at every start adds one each time.
    package var firstSegmentBytes = 4 << 20
    /// Bytes; a new segment costs two syncs, so larger ones cost less, and recovery holds one in memory.
    package var largestSegmentBytes = JournalLimits.segmentBytes
    /// Whether segments stay that no kept image needs, for replay from the beginning.
    package var keepsHistory = false

    package init() {}
}
