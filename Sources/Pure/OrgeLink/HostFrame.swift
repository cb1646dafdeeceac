package import OrgeSchema

/// The first frame of a host that accepts the edge.
package struct HostHello: Equatable, Sendable {
    package var version: UInt16
    package var world: String
    /// The world's number in its universe: the highest bits of its entities.
    package var number: UInt16
    package var pace: PaceKind
    /// How many times the host was started on its journal.
    package var incarnation: UInt32
    /// The last tick released.
    package var tick: UInt64
    /// Releases go on after the edge's last tick. Otherwise an image comes next.
    package var resumes: Bool
    /// The edge holds another timeline: its sessions come next, then an image.
    package var fork: Fork?
    /// The whole schema; the edge cuts the clients' view out of it.
    package var document: [UInt8]

    package init(
        version: UInt16 = LinkVersion.current, world: String, number: UInt16, pace: PaceKind, incarnation: UInt32, tick: UInt64, resumes: Bool,
        fork: Fork? = nil, document: [UInt8]
    ) {
        self.version = version
        self.world = world
        self.number = number
        self.pace = pace
        self.incarnation = incarnation
        self.tick = tick
        self.resumes = resumes
        self.fork = fork
        self.document = document
    }
}

/// A frame from host to edge.
package enum HostFrame: Sendable {
    case hello(HostHello)
    case image(LinkImage)
    case release(Release)
    case auditAnswer(HostAudit)
    /// After a hello with a fork, before its image: the edge's attached sessions after the image's tick.
    case sessions([HeldSession])
    /// The last frame: the host closes the link. The text is for logs.
    case refusedEdge(String)

    /// - Parameter frame: type and body, as ``FrameStream`` cuts them.
    /// - Parameter world: the number that the frame must name; nil where any is accepted.
    package init(decoding frame: [UInt8], world: UInt16? = nil) throws(DecodeError) {
        var reader = ByteReader(frame)
        switch try reader.frameHead(world: world) {
        case FrameType.hostHello: self = .hello(try HostHello(reading: &reader))
        case FrameType.image: self = .image(try LinkImage(reading: &reader))
        case FrameType.release: self = .release(try Release(reading: &reader))
        case FrameType.auditAnswer: self = .auditAnswer(try HostAudit(reading: &reader))
        case FrameType.sessions: self = .sessions(try reader.sessions())
        case FrameType.refusedEdge: self = .refusedEdge(try reader.shortText(limit: LinkLimits.textBytes))
        case let type: throw DecodeError(.unknown(what: "link frame", value: UInt64(type)), at: 0)
        }
        try reader.expectEnd()
    }

    package static func encode(_ hello: HostHello) -> [UInt8] {
        var writer = beginFrame(FrameType.hostHello, world: hello.number, capacity: 128 + hello.document.count)
        writer.u16(hello.version)
        writer.shortText(hello.world)
        writer.u16(hello.number)
        writer.u8(hello.pace.rawValue)
        writer.u32(hello.incarnation)
        writer.u64(hello.tick)
        writer.flag(hello.resumes)
        Fork.encode(hello.fork, to: &writer)
        writer.blob(hello.document)
        writer.u8(0)
        return endFrame(&writer)
    }

    package static func encode(_ sessions: [HeldSession], world: UInt16) -> [UInt8] {
        var writer = beginFrame(FrameType.sessions, world: world, capacity: 16 + sessions.count * LinkLimits.sessionBytes)
        writer.u32(UInt32(sessions.count))
        for session in sessions {
            writer.u64(session.attachment)
            writer.u64(session.session)
            writer.entity(session.avatar)
            writer.u64(session.nextSequence)
        }
        return endFrame(&writer)
    }

    /// - Precondition: at most ``LinkLimits/textBytes`` bytes.
    package static func encode(refusedEdge why: String, world: UInt16) -> [UInt8] {
        var writer = beginFrame(FrameType.refusedEdge, world: world)
        writer.shortText(why)
        return endFrame(&writer)
    }
}

extension HostHello {
    fileprivate init(reading reader: inout ByteReader) throws(DecodeError) {
        let version = try reader.u16()
        guard version == LinkVersion.current else { throw DecodeError(.unknown(what: "link version", value: UInt64(version)), at: 1) }
        let world = try reader.shortText(limit: LinkLimits.worldNameBytes)
        let number = try reader.u16()
        let rawPace = try reader.u8()
        guard let pace = PaceKind(rawValue: rawPace) else { throw DecodeError(.unknown(what: "pace", value: UInt64(rawPace)), at: reader.offset - 1) }
        self.init(
            version: version, world: world, number: number, pace: pace, incarnation: try reader.u32(), tick: try reader.u64(), resumes: try reader.flag(),
            fork: try Fork.read(&reader), document: try reader.blob(limit: LinkLimits.documentBytes))
        guard fork == nil || !resumes else { throw DecodeError(.inconsistent("a hello that resumes another timeline"), at: reader.offset) }
        try reader.skipExtensions()
    }
}

extension ByteReader {
    fileprivate mutating func sessions() throws(DecodeError) -> [HeldSession] {
        var sessions: [HeldSession] = []
        for _ in 0..<(try count32(ofAtLeast: LinkLimits.sessionBytes)) {
            sessions.append(HeldSession(attachment: try u64(), session: try u64(), avatar: try entity(), nextSequence: try firstSequence()))
        }
        return sessions
    }
}
