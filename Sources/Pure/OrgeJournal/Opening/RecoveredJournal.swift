package import OrgeImage

/// What a journal held when it was read. Restoring reads ``image`` and ``tail()``; going on is ``startWriting(codeID:)``.
///
/// Nothing that follows from the tail may be released before `startWriting` has returned: its last records may lie in the page cache alone.
package struct RecoveredJournal: Sendable {
    let storage: any JournalStorage
    let settings: JournalSettings
    package let genesis: Genesis
    package let log: RecoveredLog
    /// The newest whole image; nil: start from the genesis.
    package let image: JournalImage?
    /// The tick after which ``tail()`` begins: the image's, unless the state of another one is at hand.
    package let startTick: UInt64
    /// Newer images that could not be used; the operator is told of them.
    package let damagedImages: [JournalError]
    let shelf: ImageShelf
    /// Of the code that opened it; nil when it was only inspected.
    var schemaHash: UInt64?
    /// The same code's id.
    package internal(set) var codeID: String?

    var isInspected: Bool { schemaHash == nil }

    /// Whether the state at the log's end is under another schema than that of the code that opened it.
    package var isOfOtherSchema: Bool {
        guard let schemaHash, log.position.tick > 0 || image != nil else { return false }
        return log.position.schemaHash != schemaHash
    }

    /// Of the host that wrote last; 0 when there was none.
    package var incarnation: UInt64 { log.position.incarnation }
    /// The tick that the world has when image and tail are restored.
    package var lastTick: UInt64 { log.position.tick }

    /// The first ticks after the image that other code recorded.
    package func tailOfOtherCode(than codeID: String) -> RecoveredLog.Span? {
        log.spans.first { $0.codeID != codeID }
    }

    /// A file for an image of a tick that is durable.
    package func imageFile(tick: UInt64) throws(JournalError) -> ImageFile { try ImageFile(tick: tick, in: storage) }

    /// The header of such an image.
    package func imageHeader(tick: UInt64, incarnation: UInt64, codeID: String) -> ImageHeader {
        ImageHeader(lineage: genesis.lineage, tick: tick, incarnation: incarnation, codeID: codeID)
    }

    /// The records after the image, oldest first.
    package func tail() -> JournalTail { JournalTail(storage, genesis, log.pieces, after: startTick) }

    /// The oldest image from which the whole log that is kept can be run; nil where none is whole.
    package func oldestStart() throws(JournalError) -> UInt64? {
        var shelf = shelf
        return try shelf.oldest(from: log.beginsAfter, through: lastTick)
    }

    /// All records that are kept, oldest first.
    /// - Precondition: the journal was inspected; a start has not looked at what lies before its image.
    package func records() -> JournalTail {
        precondition(log.unreadCount == 0, "records that were not checked are not used")
        return JournalTail(storage, genesis, log.pieces, after: nil)
    }

    /// Takes the journal over and opens a new segment with a raised incarnation, durably. The old segments are never written again.
    ///
    /// The last group may be in the page cache only, when a sync had failed or never came: it is written again, as the new segment's first records.
    /// - Parameters:
    ///   - amendments: become durable with the segment, or not at all.
    ///   - migrated: likewise: the state is under this code's schema from here on. Needed where the schema in force is another.
    /// - Throws: also `fenced`, when another host is at work on the journal; and `changed`, when its last records were written after the log was read: that
    ///   host has ended now, and a start from the beginning finds them.
    /// - Precondition: the journal was opened and not only inspected; the code id is 1 to ``JournalLimits/codeIDBytes`` bytes of UTF-8; amendments are of
    ///   the last tick.
    package func startWriting(
        codeID: String, amendments: [FaultAmendment] = [], migrated: MigratedState? = nil
    ) throws(JournalError) -> JournalWriter {
        precondition((1...JournalLimits.codeIDBytes).contains(codeID.utf8.count), "a code id has 1 to \(JournalLimits.codeIDBytes) bytes")
        return try JournalWriter(continuing: self, codeID: codeID, amendments, migrated)
    }
}
