import OrgeLink
import OrgeSchema

/// The record of the section `host`: `u64` record chain · `u64` world's chain · `u64` UTC ms · `u64` number of the next session.
struct HostRecord {
    var chain: UInt64
    var worldChain: UInt64
    var utcMilliseconds: UInt64
    var nextSession: UInt64

    init(chain: UInt64, worldChain: UInt64, utcMilliseconds: UInt64, nextSession: UInt64) {
        self.chain = chain
        self.worldChain = worldChain
        self.utcMilliseconds = utcMilliseconds
        self.nextSession = nextSession
    }

    func encode(to writer: inout ByteWriter) {
        writer.u64(chain)
        writer.u64(worldChain)
        writer.u64(utcMilliseconds)
        writer.u64(nextSession)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        self.init(chain: try reader.u64(), worldChain: try reader.u64(), utcMilliseconds: try reader.u64(), nextSession: try reader.u64())
    }
}

/// What commands come from, as an image holds it: a session, or another world. The outcomes kept for it follow as records of their own.
protocol SourceRecord {
    func encode(to writer: inout ByteWriter)
    init(reading reader: inout ByteReader) throws(DecodeError)
}

extension Session: SourceRecord {}
extension WorldInboxRecord: SourceRecord {}

/// A record of the sections `sessions`, `worlds` and `ended`: a source, or an outcome kept for the source before it.
enum SourceSectionRecord<Source: SourceRecord> {
    /// `u8` 0 · source.
    case source(Source)
    /// `u8` 1 · outcome.
    case outcome(KeptOutcomes.Outcome)

    static func encode(_ source: Source, to writer: inout ByteWriter) {
        writer.u8(0)
        source.encode(to: &writer)
    }

    /// Writes the next outcome, which is encoded already.
    static func encode(next outcomes: inout KeptOutcomes.Iterator, to writer: inout ByteWriter) {
        writer.u8(1)
        outcomes.encodeNext(to: &writer)
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 0: self = .source(try Source(reading: &reader))
        case 1: self = .outcome(try KeptOutcomes.Outcome(reading: &reader))
        case let tag: throw DecodeError(.unknown(what: "record of a source", value: UInt64(tag)), at: start)
        }
    }
}

/// A record of the section `edges`: an edge, or an answer kept for the edge before it.
enum EdgeSectionRecord {
    /// `u8` 0 · edge `u64` · released through `u64` · given up `u8` · since tick `u64`.
    case edge(UInt64, EdgeRecord)
    /// `u8` 1 · tick `u64` · attachment `u64` · answer.
    case answer(KeptAnswers.Entry)

    func encode(to writer: inout ByteWriter) {
        switch self {
        case .edge(let number, let edge):
            writer.u8(0)
            writer.u64(number)
            writer.u64(edge.released)
            writer.tickIfPresent(edge.goneSince)
        case .answer(let entry):
            writer.u8(1)
            writer.u64(entry.tick)
            writer.u64(entry.attachment)
            entry.answer.encode(to: &writer)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 0:
            let number = try reader.u64()
            var edge = EdgeRecord()
            edge.released = try reader.u64()
            edge.goneSince = try reader.tickIfPresent()
            self = .edge(number, edge)
        case 1: self = .answer(.init(tick: try reader.u64(), attachment: try reader.u64(), answer: try AttachmentAnswer(reading: &reader)))
        case let tag: throw DecodeError(.unknown(what: "edge record", value: UInt64(tag)), at: start)
        }
    }
}

/// A record of the section `events`: a tick, or an event of the tick before it.
enum EventSectionRecord {
    /// `u8` 0 · tick `u64` · UTC ms `u64`.
    case tick(UInt64, UInt64)
    /// `u8` 2 · tick `u64` · UTC ms `u64` · events dropped through it `u64`. These come first.
    case drop(EventHistory.Drop)
    /// `u8` 1 · kind `u16` · audience · payload after its `u32` length.
    case event(UInt16, EventAudience, [UInt8])

    func encode(to writer: inout ByteWriter) {
        switch self {
        case .tick(let tick, let utc):
            writer.u8(0)
            writer.u64(tick)
            writer.u64(utc)
        case .drop(let drop):
            writer.u8(2)
            writer.u64(drop.tick)
            writer.u64(drop.utcMilliseconds)
            writer.u64(drop.total)
        case .event(let kind, let audience, let payload):
            writer.u8(1)
            writer.u16(kind)
            audience.encode(to: &writer)
            writer.blob(payload)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodeError) {
        let start = reader.offset
        switch try reader.u8() {
        case 0: self = .tick(try reader.u64(), try reader.u64())
        case 2: self = .drop(.init(tick: try reader.u64(), utcMilliseconds: try reader.u64(), total: try reader.u64()))
        case 1: self = .event(try reader.u16(), try EventAudience(reading: &reader), try reader.blob(limit: LinkLimits.pieceBytes))
        case let tag: throw DecodeError(.unknown(what: "event record", value: UInt64(tag)), at: start)
        }
    }
}
