internal import OrgeSchema

/// What became of entries that were handed to a writer.
package enum AppendResult: Equatable, Sendable {
    /// All are durable.
    case durable(through: UInt64)
    /// The disk has no room for those from this index on; the ones before are durable. The writer goes on when it is given the rest again.
    case noRoom(from: Int, through: UInt64, JournalError)

    /// The last tick that is durable.
    package var durableThrough: UInt64 {
        switch self {
        case .durable(let tick), .noRoom(_, let tick, _): tick
        }
    }
}

/// Appends to a journal. Owned by one thread, which may block in here: every call ends on the disk.
///
/// A full disk is waited out: a segment has its room before it is used, so that only the next one can find none, and nothing of it counts before it is
/// whole. After another failed write, or a failed sync, it is unknown what of the last group is durable. The segment is dead then and takes nothing any
/// more: the way on is ``renew(with:)``, a new segment for what the old one may not have, or a new start, which reads what there is.
package struct JournalWriter: ~Copyable, Sendable {
    package let storage: any JournalStorage
    let genesis: Genesis
    let settings: JournalSettings
    package let codeID: String
    let schemaHash: UInt64
    /// Of this writer: one more than any before.
    package let incarnation: UInt64
    /// The last tick whose record is on the disk.
    package internal(set) var recordedThrough: UInt64
    /// Durable records do not come back from the disk: nothing after them counts before an image makes them needless. Nil while all is well.
    package internal(set) var loss: Loss?
    /// Entries of the last ``append(_:)`` that are recorded, when it threw.
    package private(set) var appendedCount = 0
    /// Bytes of all records that this writer has made durable after its first ones.
    package internal(set) var appendedBytes: UInt64 = 0
    /// What ended the segment; nil while the writer works.
    package internal(set) var failure: JournalError?
    var segment: OpenSegment
    /// Segments before the open one, oldest first, with the last tick in each.
    var closed: [RecoveredLog.Piece]
    var shelf: ImageShelf

    package struct Loss: Equatable, Sendable {
        /// What was durable before.
        var durable: UInt64
        /// The tick of an image that makes the lost records needless; `UInt64.max` when no image does.
        package var imageTick: UInt64
    }

    struct OpenSegment: Sendable {
        var number: UInt64
        var file: StorageFile
        /// There as long as no other host has taken the journal.
        var mark: StoragePath
        var key: SegmentKey
        var size: Int
        /// Where the next group begins.
        var end: Int
        /// The last tick before the segment's first record.
        var previousTick: UInt64
    }

    /// The last tick that may be released: a start comes to it.
    package var durableThrough: UInt64 { loss?.durable ?? recordedThrough }

    deinit { storage.close(segment.file) }

    /// Makes the entries durable, in order, and returns when they are: one write and one sync for all of them, unless a segment ends in between.
    /// - Throws: what failed, other than for want of room, and from then on `failed` at every call until ``renew(with:)`` succeeds. Of the entries from
    ///   ``appendedCount`` on a next start may find any first few. `fenced` is final: the journal has another writer.
    /// - Precondition: ticks rise; amendments name a tick that is recorded; bodies are within their limit.
    @discardableResult
    package mutating func append(_ entries: [JournalEntry]) throws(JournalError) -> AppendResult {
        try checkUsable()
        checkOrder(of: entries)
        var done = 0
        do throws(JournalError) {
            while done < entries.count {
                let count = fittingCount(entries[done...])
                if count == 0 { try rotate(for: entries[done]) } else { try commit(entries[done..<done + count]) }
                done += count
            }
        } catch {
            guard error.code == .full, failure == nil else {
                failure = error
                appendedCount = done
                throw error
            }
            return .noRoom(from: done, through: durableThrough, error)
        }
        return .durable(through: durableThrough)
    }

    func checkUsable() throws(JournalError) {
        if let failure { throw JournalError(.failed, "the journal takes nothing since: \(failure)", cause: failure.cause, path: failure.path) }
    }

    /// - Throws: `fenced` when another host has taken the journal.
    func checkOwned() throws(JournalError) { try JournalMarks(storage).checkOwned(segment.number, segment.mark) }

    func checkOrder(of entries: [JournalEntry]) {
        var tick = recordedThrough
        for entry in entries {
            precondition(entry.body.count <= JournalLimits.recordBodyBytes, "a record's body of \(entry.body.count) bytes")
            switch entry.kind {
            case .tick:
                precondition(entry.tick > tick, "tick \(entry.tick) is journaled after tick \(tick)")
                tick = entry.tick
            case .skip, .amendment:
                precondition(entry.tick <= tick, "tick \(entry.tick) is amended before it is journaled")
            }
        }
    }

    /// How many of the entries the open segment has room for.
    private func fittingCount(_ entries: ArraySlice<JournalEntry>) -> Int {
        var room = segment.size - segment.end
        var count = 0
        for entry in entries {
            room -= RecordHeader.recordBytes(body: entry.body.count)
            if room < 0 { break }
            count += 1
        }
        return count
    }

    private mutating func commit(_ group: ArraySlice<JournalEntry>) throws(JournalError) {
        var tick = recordedThrough
        let bytes = encode(group, &tick)
        // Where even room that was taken runs out (a file system that never writes in place), the group is written again to the same place.
        try storage.write(segment.file, at: segment.end, bytes)
        do throws(JournalError) {
            try storage.sync(segment.file)
            try checkOwned()
        } catch {
            failure = error
            throw error
        }
        segment.end += bytes.count
        appendedBytes += UInt64(bytes.count)
        recordedThrough = tick
    }

    private func encode(_ group: ArraySlice<JournalEntry>, _ tick: inout UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: group.reduce(0) { $0 + RecordHeader.recordBytes(body: $1.body.count) })
        for entry in group {
            let record = JournalRecord(kind: entry.recordKind, incarnation: incarnation, tick: entry.tick, body: entry.body)
            let register = segment.key.register(at: segment.end + writer.count)
            RecordHeader.append(record, previousTick: tick, groupStart: segment.end, register: register, to: &writer)
            if entry.kind == .tick { tick = entry.tick }
        }
        return writer.take()
    }
}
