internal import OrgeSchema

extension JournalWriter {
    /// Takes a recovered log over from its writer and opens the next segment, with the group that may not be durable, the record that raises the incarnation,
    /// and amendments.
    init(
        continuing recovered: RecoveredJournal, codeID: String, _ amendments: [FaultAmendment], _ migrated: MigratedState?
    ) throws(JournalError) {
        guard let schemaHash = recovered.schemaHash else { preconditionFailure("a journal that was only inspected is not written") }
        precondition(!recovered.isOfOtherSchema || migrated != nil, "a schema that changes and no state that was migrated")
        try recovered.takeOver()
        let log = recovered.log
        let before = log.lastGroup?.position ?? log.position
        let opening = Opening(schemaHash: schemaHash, codeID: codeID, migrated: migrated)
        let records = try recovered.lastGroupRecords() + Self.opening(log.position, opening, amendments)
        let bytes = records.reduce(0) { $0 + RecordHeader.recordBytes(body: $1.body.count) }
        let start = SegmentStart(
            number: log.newestSegment + 1, before: before, previousEnd: log.lastGroup?.start ?? log.pieces.last?.end ?? 0,
            size: max(recovered.settings.firstSegmentBytes, SegmentHeader.byteCount + bytes))
        segment = try Self.establish(start, records, recovered.storage, recovered.genesis)
        closed = log.pieces
        if let group = log.lastGroup, let last = closed.indices.last { closed[last].lastTick = group.position.tick }
        storage = recovered.storage
        genesis = recovered.genesis
        settings = recovered.settings
        shelf = recovered.shelf
        self.codeID = codeID
        self.schemaHash = schemaHash
        incarnation = log.position.incarnation + 1
        recordedThrough = log.position.tick
        failure = nil
    }

    /// The records with which a host begins.
    private static func opening(_ position: LogPosition, _ opening: Opening, _ amendments: [FaultAmendment]) -> [JournalRecord] {
        let incarnation = position.incarnation + 1
        let opened = JournalRecord(kind: .opened, incarnation: incarnation, tick: position.tick, body: opening.encoded)
        return [opened] + amendments.map { .init(kind: $0.recordKind, incarnation: incarnation, tick: position.tick, body: $0.encoded()) }
    }

    /// Goes on in a new segment that has room for the entry.
    mutating func rotate(for entry: JournalEntry) throws(JournalError) {
        try checkOwned()
        let needed = SegmentHeader.byteCount + RecordHeader.recordBytes(body: entry.body.count)
        let start = SegmentStart(
            number: segment.number + 1, before: position, previousEnd: segment.end, size: max(min(segment.size * 2, settings.largestSegmentBytes), needed))
        goOn(in: try Self.establish(start, [], storage, genesis, replacesOf: incarnation))
    }

    /// In force at the next record.
    var position: LogPosition { LogPosition(incarnation: incarnation, codeID: codeID, schemaHash: schemaHash, tick: recordedThrough) }

    /// - Precondition: the new segment states the old one's end.
    mutating func goOn(in next: OpenSegment) {
        storage.close(segment.file)
        closed.append(.init(number: segment.number, previousTick: segment.previousTick, lastTick: recordedThrough, end: segment.end))
        segment = next
    }

    struct SegmentStart {
        var number: UInt64
        /// In force before the segment's first record.
        var before: LogPosition
        var previousEnd: Int
        var size: Int
    }

    /// Creates a segment whose header and first records are durable before it has its name, and its mark with it.
    /// - Parameter incarnation: of the writer whose own segment of this number, left by an attempt that failed, is replaced; nil: no segment is.
    /// - Throws: also `fenced`, when another host has begun a segment of this number, or has claimed this one.
    static func establish(
        _ start: SegmentStart, _ records: [JournalRecord], _ storage: any JournalStorage, _ genesis: Genesis, replacesOf incarnation: UInt64? = nil,
        isDoubted: Bool = false
    ) throws(JournalError) -> OpenSegment {
        let key = genesis.key(segment: start.number)
        let body = foundation(records, tick: start.before.tick, key)
        let header = SegmentHeader(
            number: start.number, lineage: genesis.lineage, incarnation: start.before.incarnation, codeID: start.before.codeID,
            schemaHash: start.before.schemaHash,
            previousTick: start.before.tick, previousEnd: start.previousEnd, foundationEnd: SegmentHeader.byteCount + body.count, size: start.size)
        let file = try makeFile(start, header.encoded(genesis) + body, storage, genesis, replacesOf: incarnation, isDoubted: isDoubted)
        return OpenSegment(
            number: start.number, file: file, mark: JournalNames.newest(start.number), key: key, size: start.size, end: header.foundationEnd,
            previousTick: start.before.tick)
    }

    private static func makeFile(
        _ start: SegmentStart, _ bytes: [UInt8], _ storage: any JournalStorage, _ genesis: Genesis, replacesOf incarnation: UInt64?, isDoubted: Bool
    ) throws(JournalError) -> StorageFile {
        let path = JournalNames.segment(start.number)
        let replaces = if let incarnation { try isLeft(start.number, by: incarnation, storage, genesis) } else { false }
        let file: StorageFile
        do throws(JournalError) {
            file = try storage.establish(path, with: [bytes], size: start.size, replaces: replaces, isDoubted: isDoubted)
        } catch  where error.code == .exists && incarnation == nil {
            throw JournalError(.changed, "another host has a temporary file for this segment, which the next start deletes; start once more", path: path)
        }
        do throws(JournalError) {
            try JournalMarks(storage).begin(start.number)
        } catch {
            storage.close(file)
            throw error
        }
        return file
    }

    /// Whether there is a segment of this number, and this writer has made it, in an attempt that failed after it had its name. It held the same records.
    private static func isLeft(
        _ number: UInt64, by incarnation: UInt64, _ storage: any JournalStorage, _ genesis: Genesis
    ) throws(JournalError) -> Bool {
        let path = JournalNames.segment(number)
        guard try storage.exists(path) else { return false }
        let header = try SegmentHeader(storage.read(path, from: 0, count: SegmentHeader.byteCount), named: number, of: genesis)
        var walk = SegmentWalk(try storage.read(path, from: 0, count: header.foundationEnd), number: number, key: genesis.key(segment: number))
        // Another host's first segment has a record of its incarnation.
        while walk.position < header.foundationEnd, case .record(let record, _) = try walk.next() {
            if record.incarnation != incarnation { return false }
        }
        return header.incarnation == incarnation
    }

    /// The segment's first records: one group with its header, which begins at 0.
    private static func foundation(_ records: [JournalRecord], tick: UInt64, _ key: SegmentKey) -> [UInt8] {
        var writer = ByteWriter()
        var tick = tick
        for record in records {
            let register = key.register(at: SegmentHeader.byteCount + writer.count)
            RecordHeader.append(record, previousTick: tick, groupStart: 0, register: register, to: &writer)
            if record.kind == .tick { tick = record.tick }
        }
        return writer.take()
    }
}
