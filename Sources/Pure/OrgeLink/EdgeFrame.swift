package import OrgeSchema

/// The first frame of an edge.
package struct EdgeHello: Equatable, Sendable {
    package var version: UInt16
    /// The world's name: the edge may not know its number yet.
    package var world: String
    /// Drawn once by each edge process: attachments are unique within it, and another id means that the former edge is gone.
    package var edgeID: UInt64
    /// The highest incarnation that it has spoken to; 0: none.
    package var incarnation: UInt32
    /// The edge holds everything that was released through here.
    package var held: Timeline
    /// The tick of its rows, which an image may have brought beyond `held`.
    package var rows: Timeline
    /// What the edge holds is all of the world, and not its interest only.
    package var holdsAll: Bool
    /// The edge has monitors: it is to be sent all of the world.
    package var wantsAll: Bool

    package var lastTick: UInt64 { held.tick }

    package init(
        version: UInt16 = LinkVersion.current, world: String, edgeID: UInt64, incarnation: UInt32, held: Timeline = .none, rows: Timeline = .none,
        holdsAll: Bool = true, wantsAll: Bool = false
    ) {
        self.version = version
        self.world = world
        self.edgeID = edgeID
        self.incarnation = incarnation
        self.held = held
        self.rows = rows
        self.holdsAll = holdsAll
        self.wantsAll = wantsAll
    }
}

/// A frame from edge to host.
package enum EdgeFrame: Sendable {
    case hello(EdgeHello)
    case inputs(InputBatch)
    /// The edge holds everything that was released through this tick: reliable events and answers of it may be forgotten.
    case released(tick: UInt64)
    /// The edge wants all of the world from here on, or no longer: the host answers with an image when that changes what it sends.
    case interest(wantsAll: Bool)

    /// - Parameter frame: type and body, as ``FrameStream`` cuts them.
    /// - Parameter world: the number that all frames but a hello must name; nil where any is accepted.
    package init(decoding frame: [UInt8], world: UInt16? = nil) throws(DecodeError) {
        var reader = ByteReader(frame)
        switch try reader.frameHead(world: frame.first == FrameType.edgeHello ? 0 : world) {
        case FrameType.edgeHello: self = .hello(try EdgeHello(reading: &reader))
        case FrameType.inputs: self = .inputs(try InputBatch(reading: &reader))
        case FrameType.released:
            self = .released(tick: try reader.u64())
            try reader.expectEnd()
        case FrameType.interest:
            self = .interest(wantsAll: try reader.flag())
            try reader.skipExtensions()
            try reader.expectEnd()
        case let type: throw DecodeError(.unknown(what: "link frame", value: UInt64(type)), at: 0)
        }
    }

    package static func encode(_ hello: EdgeHello) -> [UInt8] {
        var writer = beginFrame(FrameType.edgeHello, world: 0)
        writer.u16(hello.version)
        writer.shortText(hello.world)
        writer.u64(hello.edgeID)
        writer.u32(hello.incarnation)
        hello.held.encode(to: &writer)
        hello.rows.encode(to: &writer)
        writer.flag(hello.holdsAll)
        writer.flag(hello.wantsAll)
        writer.u8(0)
        return endFrame(&writer)
    }

    package static func encode(wantsAll: Bool, world: UInt16) -> [UInt8] {
        var writer = beginFrame(FrameType.interest, world: world)
        writer.flag(wantsAll)
        writer.u8(0)
        return endFrame(&writer)
    }

    package static func encode(released tick: UInt64, world: UInt16) -> [UInt8] {
        var writer = beginFrame(FrameType.released, world: world)
        writer.u64(tick)
        return endFrame(&writer)
    }
}

extension EdgeHello {
    /// Of another version only the version is read: the answer to it is a refusal that names ours.
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let version = try reader.u16()
        guard version == LinkVersion.current else {
            self.init(version: version, world: "", edgeID: 0, incarnation: 0)
            return
        }
        self.init(
            version: version, world: try reader.shortText(limit: LinkLimits.worldNameBytes), edgeID: try reader.u64(), incarnation: try reader.u32(),
            held: try Timeline(reading: &reader), rows: try Timeline(reading: &reader), holdsAll: try reader.flag(), wantsAll: try reader.flag())
        try reader.skipExtensions()
        try reader.expectEnd()
    }
}
