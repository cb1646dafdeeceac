package import OrgeSchema

/// What one tick releases: all of it, or a part. Rows, outcomes and payloads lie in one buffer.
///
/// Changes are net: an entity named in `removed` is gone with all its rows (its slot may be named again below by a new id), `unset` names
/// rows taken away from entities that live on, `set` rows as they are after the tick; no row is in both. Server-only rows are never here.
package struct Release: Sendable {
    package var head: ReleaseHead
    /// False in a part that is followed by another one of the same tick.
    package var isLast: Bool
    package var joins: [(attachment: UInt64, answer: JoinAnswer)] = []
    /// Attachments that ended in this tick: answers to leave and detach, and departures that the world decided.
    package var ended: [(attachment: UInt64, reason: EndReason)] = []
    package var removed = ContiguousArray<Entity>()
    package var unset = ContiguousArray<RowKey>()
    package private(set) var set = ContiguousArray<RowRecord>()
    package private(set) var outcomes = ContiguousArray<OutcomeRecord>()
    /// The latest intent of each session that the tick consumed, by the client's number.
    package var consumed = ContiguousArray<ConsumedIntent>()
    /// In the world's order.
    package private(set) var events = ContiguousArray<ReleasedEvent>()
    /// What attachments that resume a session are told of earlier ticks: for each in the order in which its client gets them.
    package private(set) var recalled = ContiguousArray<Recalled>()
    /// What the extents point into.
    package private(set) var bytes: [UInt8] = []

    package init(_ head: ReleaseHead) {
        self.head = head
        isLast = true
    }

    package var tick: UInt64 { head.tick }

    package func piece(_ extent: Extent) -> ArraySlice<UInt8> { bytes[extent.range] }

    package mutating func set(_ entity: Entity, _ component: UInt16, row: ArraySlice<UInt8>) {
        set.append(RowRecord(entity: entity, component: component, bytes: keep(row)))
    }

    package mutating func outcome(session: UInt64, sequence: UInt64, _ outcome: ArraySlice<UInt8>) {
        outcomes.append(OutcomeRecord(session: session, sequence: sequence, bytes: keep(outcome)))
    }

    package mutating func event(_ kind: UInt16, to audience: EventAudience, isReliable: Bool, payload: ArraySlice<UInt8>) {
        events.append(ReleasedEvent(kind: kind, audience: audience, isReliable: isReliable, payload: keep(payload)))
    }

    package mutating func recall(_ attachment: UInt64, _ tick: UInt64, _ kind: Recalled.Kind, _ piece: ArraySlice<UInt8>) {
        recalled.append(Recalled(attachment: attachment, tick: tick, kind: kind, bytes: keep(piece)))
    }

    private mutating func keep(_ piece: ArraySlice<UInt8>) -> Extent {
        precondition(piece.count <= LinkLimits.pieceBytes, "a piece over its limit")
        let offset = bytes.count
        bytes.append(contentsOf: piece)
        return Extent(offset: offset, count: piece.count)
    }
}

extension Release {
    static let moreFlag: UInt8 = 1

    init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(
            ReleaseHead(
                tick: try reader.u64(), chain: try reader.u64(), utcMilliseconds: try reader.u64(), dilationPermille: try reader.u16()))
        isLast = try reader.flags(known: Self.moreFlag) == 0
        for _ in 0..<(try reader.count32(ofAtLeast: 9)) { joins.append((try reader.u64(), try JoinAnswer(reading: &reader))) }
        for _ in 0..<(try reader.count32(ofAtLeast: 9)) { ended.append((try reader.u64(), try EndReason(reading: &reader))) }
        let removedCount = try reader.count32(ofAtLeast: 8)
        removed.reserveCapacity(removedCount)
        for _ in 0..<removedCount { removed.append(try reader.entity()) }
        for _ in 0..<(try reader.count32(ofAtLeast: 10)) { unset.append(RowKey(entity: try reader.entity(), component: try reader.u16())) }
        set = try reader.rows()
        let outcomeCount = try reader.count32(ofAtLeast: 20)
        outcomes.reserveCapacity(outcomeCount)
        for _ in 0..<outcomeCount {
            outcomes.append(OutcomeRecord(session: try reader.u64(), sequence: try reader.u64(), bytes: try reader.piece()))
        }
        for _ in 0..<(try reader.count32(ofAtLeast: 8)) {
            events.append(
                ReleasedEvent(
                    kind: try reader.u16(), audience: try EventAudience(reading: &reader), isReliable: try reader.flag(), payload: try reader.piece()))
        }
        consumed = try reader.consumedIntents()
        for _ in 0..<(try reader.count32(ofAtLeast: 8 + 8 + 1 + 4)) { recalled.append(try Recalled(reading: &reader)) }
        try reader.skipExtensions()
        bytes = reader.bytes
    }
}

extension JoinAnswer {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let raw = try reader.u8()
        if raw == 0 {
            self = .joined(
                session: try reader.u64(), avatar: try reader.entity(), nextSequence: try reader.firstSequence(), resume: try ResumeAnswer(reading: &reader))
            return
        }
        guard let reason = JoinRefusalReason(rawValue: raw) else {
            throw DecodeError(.unknown(what: "join answer", value: UInt64(raw)), at: reader.offset - 1)
        }
        self = .refused(
            reason, code: try reader.u8(), text: try reader.shortText(limit: LinkLimits.textBytes), resume: try ResumeAnswer(reading: &reader))
    }
}

extension EndReason {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let raw = try reader.u8()
        guard let reason = EndReason(rawValue: raw) else { throw DecodeError(.unknown(what: "ending", value: UInt64(raw)), at: reader.offset - 1) }
        self = reason
    }
}
