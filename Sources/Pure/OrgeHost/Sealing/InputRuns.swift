import OrgeLink
import OrgeSchema

/// The inputs of a record in their compact form: runs of one tag, numbers as varints, and numbers that repeat or rise as differences.
///
/// A run is `tag u8` · count varint · that many inputs without their tag. Sessions, edges, attachments, sequences and the parts of a world as a source
/// are zigzag differences to the last one of the same kind in the record, modulo 2⁶⁴; before the first stands 0. The layout of each input is in
/// `docs/formats/host.md`.
enum InputRuns {
    /// Values are part of the format. 15 and 16 are reserved: see the page.
    enum Tag: UInt8 {
        case acknowledged = 1
        case released, leave, expire, detach, edgeGone, join, intent, command, malformed, keyed
        case worldCommand
        case worldMalformed, worldAcknowledged
        case lift = 17
    }

    /// What differences are taken from.
    struct Last {
        var session: UInt64 = 0
        var edge: UInt64 = 0
        var attachment: UInt64 = 0
        var sequence: UInt64 = 0
        var world: UInt64 = 0
        var timeline: UInt64 = 0
    }

    /// Appends the count of runs, then the runs.
    static func encode(_ inputs: [HostInput], to writer: inout ByteWriter) {
        let ends = inputs.indices.filter { $0 + 1 == inputs.count || inputs[$0 + 1].tag != inputs[$0].tag }
        writer.varint(UInt64(ends.count))
        var last = Last()
        var start = 0
        for end in ends {
            writer.u8(inputs[end].tag.rawValue)
            writer.varint(UInt64(end + 1 - start))
            for input in inputs[start...end] { input.encode(to: &writer, &last) }
            start = end + 1
        }
    }

    /// - Throws: also for runs that one encoder would not have written, so that equal inputs have equal bytes.
    static func decode(_ reader: inout ByteReader) throws(DecodeError) -> [HostInput] {
        var inputs: [HostInput] = []
        var last = Last()
        var before: Tag?
        for _ in 0..<(try count(&reader, ofAtLeast: 3)) {
            let start = reader.offset
            let raw = try reader.u8()
            guard let tag = Tag(rawValue: raw) else { throw DecodeError(.unknown(what: "input", value: UInt64(raw)), at: start) }
            guard tag != before else { throw DecodeError(.inconsistent("two runs of one kind in a row"), at: start) }
            before = tag
            let count = try count(&reader, ofAtLeast: 1)
            guard count > 0 else { throw DecodeError(.inconsistent("an empty run"), at: start) }
            for _ in 0..<count { inputs.append(try HostInput(reading: &reader, tag, &last)) }
        }
        return inputs
    }

    /// A count of items of at least `size` bytes each; refused when the bytes that are left cannot hold so many.
    private static func count(_ reader: inout ByteReader, ofAtLeast size: Int) throws(DecodeError) -> Int {
        let start = reader.offset
        let count = Int(clamping: try reader.varint())
        guard count <= reader.remaining / size else {
            throw DecodeError(.truncated(need: count.multipliedReportingOverflow(by: size).partialValue, have: reader.remaining), at: start)
        }
        return count
    }
}

extension ByteWriter {
    fileprivate mutating func difference(_ value: UInt64, _ last: inout UInt64) {
        varint(Varint.zigzag(Int64(bitPattern: value &- last)))
        last = value
    }

    fileprivate mutating func attachment(_ attachment: Attachment, _ last: inout InputRuns.Last) {
        difference(attachment.edge, &last.edge)
        difference(attachment.number, &last.attachment)
    }

    fileprivate mutating func source(_ source: Source, _ last: inout InputRuns.Last) {
        switch source {
        case .session(let session): difference(session, &last.session)
        case .world(let source):
            difference(UInt64(source.world), &last.world)
            difference(source.timeline, &last.timeline)
        }
    }

    /// A varint of the length, then the bytes.
    fileprivate mutating func payload(_ bytes: [UInt8]) {
        varint(UInt64(bytes.count))
        self.bytes(bytes)
    }
}

extension ByteReader {
    fileprivate mutating func difference(_ last: inout UInt64) throws(DecodeError) -> UInt64 {
        last &+= UInt64(bitPattern: Varint.unzigzag(try varint()))
        return last
    }

    fileprivate mutating func attachment(_ last: inout InputRuns.Last) throws(DecodeError) -> Attachment {
        Attachment(edge: try difference(&last.edge), number: try difference(&last.attachment))
    }

    fileprivate mutating func session(_ last: inout InputRuns.Last) throws(DecodeError) -> Source { .session(try difference(&last.session)) }

    fileprivate mutating func world(_ last: inout InputRuns.Last) throws(DecodeError) -> Source {
        let start = offset
        let world = try difference(&last.world)
        guard world < UInt64(WorldSource.worldLimit) else { throw DecodeError(.inconsistent("world number \(world)"), at: start) }
        return .world(WorldSource(world: UInt16(world), timeline: try difference(&last.timeline)))
    }

    fileprivate mutating func kind() throws(DecodeError) -> UInt16 {
        let start = offset
        guard let kind = UInt16(exactly: try varint()) else { throw DecodeError(.inconsistent("a kind of more than 16 bits"), at: start) }
        return kind
    }

    fileprivate mutating func payload(limit: Int) throws(DecodeError) -> [UInt8] {
        let start = offset
        let count = Int(clamping: try varint())
        guard count <= limit else { throw DecodeError(.overLimit(length: count, limit: limit), at: start) }
        return Array(try bytes(count))
    }
}

extension HostInput {
    fileprivate var tag: InputRuns.Tag {
        switch self {
        case .acknowledged(.session, _): .acknowledged
        case .acknowledged(.world, _): .worldAcknowledged
        case .released: .released
        case .lift: .lift
        case .leave: .leave
        case .expire: .expire
        case .detach: .detach
        case .edgeGone: .edgeGone
        case .join: .join
        case .intent: .intent
        case .command(.session, _, _, _): .command
        case .command(.world, _, _, _): .worldCommand
        case .keyed: .keyed
        case .malformed(.session, _): .malformed
        case .malformed(.world, _): .worldMalformed
        }
    }

    fileprivate func encode(to writer: inout ByteWriter, _ last: inout InputRuns.Last) {
        switch self {
        case .acknowledged(let source, let sequence), .malformed(let source, let sequence):
            writer.source(source, &last)
            writer.difference(sequence, &last.sequence)
        case .released(let edge, let tick):
            writer.difference(edge, &last.edge)
            writer.varint(tick)
        case .lift(let lift): lift.encode(to: &writer)
        case .leave(let attachment), .detach(let attachment): writer.attachment(attachment, &last)
        case .expire(let session): writer.difference(session, &last.session)
        case .edgeGone(let edge): writer.difference(edge, &last.edge)
        case .join(let attachment, let identity, let tickets, let takesOver, let fork):
            writer.attachment(attachment, &last)
            identity.encode(to: &writer)
            tickets.encode(to: &writer)
            writer.flag(takesOver)
            Fork.encode(fork, to: &writer)
        case .intent(let session, let number, let kind, let payload):
            writer.difference(session, &last.session)
            writer.varint(UInt64(number))
            writer.varint(UInt64(kind))
            writer.payload(payload)
        case .keyed(let session, let sequence, let key, let kind, let payload):
            writer.difference(session, &last.session)
            writer.difference(sequence, &last.sequence)
            key.encode(to: &writer)
            writer.varint(UInt64(kind))
            writer.payload(payload)
        case .command(let source, let sequence, let kind, let payload):
            writer.source(source, &last)
            writer.difference(sequence, &last.sequence)
            writer.varint(UInt64(kind))
            writer.payload(payload)
        }
    }

    fileprivate init(reading reader: inout ByteReader, _ tag: InputRuns.Tag, _ last: inout InputRuns.Last) throws(DecodeError) {
        let payloadLimit = HostLimits.payloadBytes
        switch tag {
        case .acknowledged: self = .acknowledged(try reader.session(&last), sequence: try reader.difference(&last.sequence))
        case .worldAcknowledged: self = .acknowledged(try reader.world(&last), sequence: try reader.difference(&last.sequence))
        case .released: self = .released(edge: try reader.difference(&last.edge), tick: try reader.varint())
        case .lift: self = .lift(try FaultLift(reading: &reader))
        case .leave: self = .leave(try reader.attachment(&last))
        case .expire: self = .expire(session: try reader.difference(&last.session))
        case .detach: self = .detach(try reader.attachment(&last))
        case .edgeGone: self = .edgeGone(edge: try reader.difference(&last.edge))
        case .join:
            self = .join(
                try reader.attachment(&last), try Identity(reading: &reader), try JoinTickets(reading: &reader), takesOver: try reader.flag(),
                fork: try Fork.read(&reader))
        case .intent:
            self = .intent(
                session: try reader.difference(&last.session), number: try reader.varint32(), kind: try reader.kind(),
                payload: try reader.payload(limit: payloadLimit))
        case .command, .worldCommand:
            self = .command(
                tag == .command ? try reader.session(&last) : try reader.world(&last), sequence: try reader.difference(&last.sequence),
                kind: try reader.kind(), payload: try reader.payload(limit: payloadLimit))
        case .keyed:
            self = .keyed(
                session: try reader.difference(&last.session), sequence: try reader.difference(&last.sequence), try IdempotencyKey(reading: &reader),
                kind: try reader.kind(), payload: try reader.payload(limit: payloadLimit))
        case .malformed: self = .malformed(try reader.session(&last), sequence: try reader.difference(&last.sequence))
        case .worldMalformed: self = .malformed(try reader.world(&last), sequence: try reader.difference(&last.sequence))
        }
    }
}
