/// Reads a journal's segments and decides what the log is.
///
/// First every segment's header is shown, in order of number; ``begin(after:readsAll:)`` names the segments to show whole, in the same order; then
/// ``finish()``. One segment is held at a time. Whatever contradicts is thrown as `corrupt`, with the place; nothing after that is to be believed.
///
/// Headers alone tell where each segment's live records end and which ticks they hold, for each states what is in force at its beginning.
/// So a start reads the segments after its image, and of older ones nothing but that.
///
/// The rules, in full in `docs/formats/journal.md`:
/// 1. A segment was durable up to its foundation before it got its name; damage there is corruption.
/// 2. A segment that has a successor must be whole up to the end that the successor states; what lies after it is dead.
/// 3. In the last segment the first place without a whole record is the end. It is corruption all the same when a header after it was written later.
/// 4. Every record continues the one before (``LogPosition``).
package struct RecoveryMachine: Sendable {
    private let genesis: Genesis
    private var headers: [SegmentHeader] = []
    private var log = RecoveredLog()
    private var imageTick: UInt64 = 0

    package init(genesis: Genesis) {
        self.genesis = genesis
    }

    /// Bytes of a segment's header.
    package static var headerBytes: Int { SegmentHeader.byteCount }

    /// Takes the next segment's first ``headerBytes``.
    /// - Parameter number: of the file's name; numbers rise.
    package mutating func addHeader(_ bytes: [UInt8], number: UInt64) throws(JournalError) {
        precondition(log.pieces.isEmpty, "headers come before segments")
        let header = try SegmentHeader(bytes, named: number, of: genesis)
        if let before = headers.last, before.number + 1 != number {
            let message = "segments \(before.number + 1) to \(number - 1) are missing; restore them from a backup"
            throw JournalError(.corrupt, message, path: JournalNames.segment(number))
        }
        if let before = headers.last, header.previousTick < before.previousTick || header.incarnation < before.incarnation {
            let message = """
                this segment begins after tick \(header.previousTick) of incarnation \(header.incarnation), and the one before after tick \
                \(before.previousTick) of incarnation \(before.incarnation); restore them from a backup
                """
            throw JournalError(.corrupt, message, path: JournalNames.segment(number))
        }
        headers.append(header)
    }

    /// Ends the headers.
    /// - Parameters:
    ///   - tick: of the image whose tail is wanted; 0 for the genesis.
    ///   - readsAll: whether all of the log is wanted: then all of it is in the spans.
    /// - Returns: numbers of the segments to show, oldest first.
    package mutating func begin(after tick: UInt64, readsAll: Bool) -> [UInt64] {
        precondition(log.pieces.isEmpty, "the log begins once")
        let first = readsAll ? 0 : RecoveredLog.firstNeeded(of: headers, after: tick, \.previousTick)
        imageTick = readsAll ? 0 : tick
        for (header, next) in zip(headers[..<first], headers.dropFirst()) {
            log.pieces.append(
                .init(number: header.number, previousTick: header.previousTick, lastTick: next.previousTick, end: next.previousEnd))
        }
        log.unreadCount = first
        if let header = headers[first...].first { log.position = header.position }
        return headers[first...].map(\.number)
    }

    /// Takes the next segment, whole.
    package mutating func addSegment(_ bytes: [UInt8]) throws(JournalError) {
        precondition(log.pieces.count < headers.count, "a segment without its header")
        let header = headers[log.pieces.count]
        let path = JournalNames.segment(header.number)
        guard bytes.count == header.size else {
            throw JournalError(.corrupt, "the file has \(bytes.count) bytes and was durable with \(header.size); restore it from a backup", path: path)
        }
        try checkContinuation(header)
        let next = log.pieces.count + 1 < headers.count ? headers[log.pieces.count + 1] : nil
        try walk(bytes, header, until: next?.previousEnd)
    }

    /// - Precondition: every segment was added.
    package consuming func finish() -> RecoveredLog {
        precondition(log.pieces.count == headers.count, "a header without its segment")
        return log
    }

    /// A segment states what is in force at its beginning; the log before it must have come to the same.
    private func checkContinuation(_ header: SegmentHeader) throws(JournalError) {
        let stated = header.position
        guard stated == log.position else {
            let message = """
                this segment continues tick \(stated.tick) of incarnation \(stated.incarnation), and the one before ends with tick \
                \(log.position.tick) of incarnation \(log.position.incarnation): records are missing
                """
            throw JournalError(.corrupt, message, path: JournalNames.segment(header.number))
        }
    }

    private mutating func walk(_ bytes: [UInt8], _ segment: SegmentHeader, until limit: Int?) throws(JournalError) {
        var walk = SegmentWalk(bytes, number: segment.number, key: genesis.key(segment: segment.number))
        log.lastGroup = nil
        while walk.position != limit {
            switch try walk.next() {
            case .record(let header, let place): try advance(over: header, at: place, walk, foundationEnd: segment.foundationEnd)
            case .invalid(let header, let place):
                try checkEnd(header, at: place, walk, segment, limit)
                log.tornBytes = walk.remains(from: place)
                if log.tornBytes > 0 { log.tornTick = header?.tick ?? log.position.tick + 1 }
                return close(segment, at: place)
            }
        }
        close(segment, at: walk.position)
    }

    private mutating func close(_ segment: SegmentHeader, at end: Int) {
        log.pieces.append(.init(number: segment.number, previousTick: segment.previousTick, lastTick: log.position.tick, end: end))
    }

    private mutating func advance(over header: RecordHeader, at place: Int, _ walk: SegmentWalk, foundationEnd: Int) throws(JournalError) {
        if place >= foundationEnd, header.groupStart == place {
            log.lastGroup = .init(start: place, position: log.position)
        }
        if let contradiction = log.position.advance(header, body: walk.body(of: header, at: place)) {
            throw JournalError(.corrupt, contradiction, path: JournalNames.segment(walk.number), offset: place)
        }
        switch header.kind {
        case .tick:
            log.lastTick = .init(segment: walk.number, offset: place)
            if header.tick > imageTick { extendSpans(header.tick) }
        case .skip, .amendment:
            guard log.amendments.count < JournalLimits.amendments else {
                let message = "more than \(JournalLimits.amendments) amendments; start the world once more with the executable that wrote them"
                throw JournalError(.corrupt, message, path: JournalNames.segment(walk.number), offset: place)
            }
            log.amendments.append(header.record(in: walk.bytes, at: place))
        case .opened:
            if let migrated = header.record(in: walk.bytes, at: place).migrated {
                log.schemaChanges.append(.init(tick: log.position.tick, codeID: log.position.codeID, migrated: migrated))
            }
        }
    }

    private mutating func extendSpans(_ tick: UInt64) {
        if let last = log.spans.last, last.incarnation == log.position.incarnation {
            log.spans[log.spans.count - 1].lastTick = tick
        } else {
            log.spans.append(.init(incarnation: log.position.incarnation, codeID: log.position.codeID, firstTick: tick, lastTick: tick))
        }
    }

    /// Whether a place without a whole record can be the end of the log.
    private func checkEnd(_ header: RecordHeader?, at place: Int, _ walk: SegmentWalk, _ segment: SegmentHeader, _ limit: Int?) throws(JournalError) {
        let what = header.map { "the record of tick \($0.tick)" } ?? "a record"
        var proof: String?
        if place < segment.foundationEnd {
            proof = "the segment was durable up to byte \(segment.foundationEnd)"
        } else if let limit {
            proof = "the next segment says that this one is whole up to byte \(limit)"
        } else if let later = try walk.writtenLater(than: place) {
            proof = "the record at byte \(later) was written after it was durable"
        }
        guard let proof else { return }
        let message = "\(what) is damaged, and \(proof); restore this file from a backup"
        throw JournalError(.corrupt, message, path: JournalNames.segment(walk.number), offset: place)
    }
}
