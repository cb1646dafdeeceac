internal import OrgeSchema

/// Going on after a disk error.
///
/// After a failed write or sync it is unknown what of the last group is on the disk, and neither reading nor a second sync tells: the kernel marks the
/// pages clean and shows them to every reader. So the segment is never written, synced or believed again. But the group is still in memory: it becomes the
/// foundation of a new segment, whose header says that the old one ends where the group began. Whether the disk has the old copy or not, it is dead.
extension JournalWriter {
    /// Goes on in a new segment. The old one is dead from the end of its last durable group on.
    ///
    /// Each attempt writes a new file, and believes it when it reads back from the disk. Then the old segment is read back as well,
    /// because a disk that fails once may fail more: see ``loss``.
    /// - Parameter entries: the ones that were handed over and are not recorded, in order; at least one.
    /// - Returns: how many of them are recorded now, the first few; the rest is to be appended. And what is wrong with the old segment, or nil.
    /// - Throws: what the disk says. Nothing has changed then, and the next attempt may succeed.
    /// - Precondition: the writer has failed; the entries are in order, as for ``append(_:)``.
    package mutating func renew(with entries: [JournalEntry]) throws(JournalError) -> (count: Int, damage: JournalError?) {
        precondition(failure != nil && !entries.isEmpty, "a segment is renewed after a failure, with what it may not have")
        checkOrder(of: entries)
        try checkOwned()
        let group = entries.prefix(foundationCount(entries))
        let bytes = group.reduce(0) { $0 + RecordHeader.recordBytes(body: $1.body.count) }
        let start = SegmentStart(
            number: segment.number + 1, before: position, previousEnd: segment.end, size: max(settings.firstSegmentBytes, SegmentHeader.byteCount + bytes))
        let records = group.map { JournalRecord(kind: $0.recordKind, incarnation: incarnation, tick: $0.tick, body: $0.body) }
        let next = try Self.establish(start, records, storage, genesis, replacesOf: incarnation, isDoubted: true)
        let damage = lookForDamage()
        goOn(in: next)
        recordedThrough = group.last { $0.kind == .tick }?.tick ?? recordedThrough
        appendedBytes += UInt64(bytes)
        failure = nil
        return (group.count, damage)
    }

    /// Entries that a foundation takes: as many as fit into the largest segment, and one at least.
    private func foundationCount(_ entries: [JournalEntry]) -> Int {
        var room = settings.largestSegmentBytes - SegmentHeader.byteCount
        let count = entries.prefix { entry in
            room -= RecordHeader.recordBytes(body: entry.body.count)
            return room >= 0
        }.count
        return max(1, count)
    }

    /// Reads the segment's durable records from the disk. When they do not come back, a start needs an image that makes them needless; a header it
    /// needs anyway.
    private mutating func lookForDamage() -> JournalError? {
        let path = JournalNames.segment(segment.number)
        do throws(JournalError) {
            _ = try SegmentHeader(storage.readBack(path, count: SegmentHeader.byteCount), named: segment.number, of: genesis)
        } catch {
            loss = Loss(durable: durableThrough, imageTick: .max)
            return error
        }
        let damage = damagedRecord(path)
        if damage != nil, recordedThrough > shelf.kept.last ?? 0 {
            loss = Loss(durable: durableThrough, imageTick: max(recordedThrough, loss?.imageTick ?? 0))
        }
        return damage
    }

    private func damagedRecord(_ path: StoragePath) -> JournalError? {
        do throws(JournalError) {
            let bytes = try storage.readBack(path, count: segment.end)
            var walk = SegmentWalk(bytes, number: segment.number, key: segment.key)
            while walk.position < segment.end {
                if case .invalid(_, let place) = try walk.next() {
                    return JournalError(.corrupt, "a record that was durable does not come back from the disk", path: path, offset: place)
                }
            }
            return nil
        } catch {
            return error
        }
    }
}
