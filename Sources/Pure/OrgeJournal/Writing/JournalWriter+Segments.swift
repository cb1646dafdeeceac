internal import OrgeSchema

extension JournalWriter {
    /// Opens the segment after a recovered log, with the group that may not be durable, the record that raises the incarnation, and amendments.
    init(continuing recovered: RecoveredJournal, codeID: String, _ amendments: [FaultAmendment]) throws(JournalError) {
        guard let schemaHash = recovered.schemaHash else { preconditionFailure("a journal that was only inspected is not written") }
        let log = recovered.log
        let before = log.lastGroup?.position ?? log.position
        var records: [JournalRecord] = try recovered.lastGroupRecords()
        records.append(
            .init(
                kind: .opened, incarnation: log.position.incarnation + 1, tick: log.position.tick, body: Opening(schemaHash: schemaHash, codeID: codeID).encoded
            ))
        for amendment in amendments {
            records.append(
                .init(kind: amendment.recordKind, incarnation: log.position.incarnation + 1, tick: log.position.tick, body: amendment.encoded()))
        }
        let bytes = records.reduce(0) { $0 + RecordHeader.recordBytes(body: $1.body.count) }
        let start = SegmentStart(
            number: (log.pieces.last?.number ?? 0) + 1, before: before, previousEnd: log.lastGroup?.start ?? log.pieces.last?.end ?? 0,
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

    /// Goes on in a new segment that has room for the entry.
    mutating func rotate(for entry: JournalEntry) throws(JournalError) {
        let needed = SegmentHeader.byteCount + RecordHeader.recordBytes(body: entry.body.count)
        let start = SegmentStart(
            number: segment.number + 1, before: position, previousEnd: segment.end, size: max(min(segment.size * 2, settings.largestSegmentBytes), needed))
        goOn(in: try Self.establish(start, [], storage, genesis))
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

    /// Creates a segment whose header and first records are durable before it has its name.
    static func establish(
        _ start: SegmentStart, _ records: [JournalRecord], _ storage: any JournalStorage, _ genesis: Genesis, isDoubted: Bool = false
    ) throws(JournalError) -> OpenSegment {
        let key = genesis.key(segment: start.number)
        let body = foundation(records, tick: start.before.tick, key)
        let header = SegmentHeader(
            number: start.number, lineage: genesis.lineage, incarnation: start.before.incarnation, codeID: start.before.codeID,
            schemaHash: start.before.schemaHash,
            previousTick: start.before.tick, previousEnd: start.previousEnd, foundationEnd: SegmentHeader.byteCount + body.count, size: start.size)
        let file = try storage.establish(JournalNames.segment(start.number), with: [header.encoded(genesis) + body], size: start.size, isDoubted: isDoubted)
        return OpenSegment(
            number: start.number, file: file, key: key, size: start.size, end: header.foundationEnd, previousTick: start.before.tick)
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

extension RecoveredJournal {
    /// The records of the group that may not be durable, none when all are.
    fileprivate func lastGroupRecords() throws(JournalError) -> [JournalRecord] {
        guard let group = log.lastGroup, let piece = log.pieces.last else { return [] }
        return try JournalTail.records(storage, genesis, piece, from: group.start)
    }
}
